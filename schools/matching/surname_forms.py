"""Surnames as data: spellings of one name, words that belong to none, and endings. Pure.

Collected here for this service. In each group the first word is the usual form. Names that differ
by a doubled or a silent letter are near enough without a list and do not stand here.
"""

SPELLINGS = """
ahmed ahmad ahmet axmed ahamed achmed, akhtar akter akther akhter aktar, ali aly cali,
allen allan alan allin, anwar anwer, asghar asgar, ashraf ashref, aslam islam, awan awaan,
bailey bayley baillie, begum begam beghum baigum, bhatti bhatty bhati, bose basu,
brown browne braun, butt bhatt bat, chatterjee chattopadhyay, clarke clark clerk,
choudhury chowdhury chaudhry chaudhary choudhry chaudhuri chowdhry chaudary choudhary,
cooke cook, davies davis davys davie, dhillon dhillan dhilon, dubois duboys, edwards edwardes,
evans ifans, farah faarax faarah, fernandes fernandez, ferreira ferrera, gill gil,
gomes gomez, goncalves gonsalves gonzalves, gonzalez gonzales, grey gray, green greene,
griffiths griffith griffiths gruffydd gruffudd, gutierrez guterres, hassan hasan xasan hassen,
henriques henriquez, hernandez hernandes, howells howell, hughes hughs hews,
hussain hussein husain husein hossain hossein hosein xuseen husayn, hutchinson hutchison,
huynh hoang, iqbal eqbal ikbal, jamal jamaal jamaale, jenkins jenkyns, johnston johnstone,
kaur kour, khan khaan, khatun khatoon khatum, kelly kelley, lewis louis, lloyd loyd llwyd,
llewellyn llewelyn llywelyn llewelin, lopez lopes, mahmood mahmoud mahmud mehmood,
malik malek maalik, martin martyn, martinez martins, matthews mathews, meredith meredydd,
miah mia miya mya meah, mohammed muhammad mohamed mohammad mohamud muhammed maxamed mohamad,
moore moor more, morgan morgans, morris maurice morys, mukherjee mukhopadhyay, nasir naseer,
nguyen nguyễn, nicholls nichols nicholl nicol, noor nur nuur, nunes nunez, omar umar cumar omer,
osman usman othman cusmaan, owen owens owain, parveen parvin perveen, patterson paterson,
pearce pierce peirce pearse, pereira perera, perez peres, phillips philips phillip philip,
price pryce prys, quraishi qureshi koreshi quereshi, rahman rehman rahmaan rachman, rana raana,
reed reid read reade, rees reese rhys reece, roberts robert, rodriguez rodrigues,
rogers rodgers, saeed said sayeed, sandhu sandoo, sharma sarma, shaw shawe,
sheikh shaikh shaik shekh sheik, shepherd sheppard shephard sheperd shepard,
siddiqui siddiqi siddique sidiqi siddiquee, silva sylva, singh sing, smith smyth smythe,
stephens stevens steevens, stephenson stevenson, stewart stuart steward, taylor tayler tailor,
thompson thomson tomson tompson, tran trần, turner turnor, uddin udin oddin, vaughan vaughn,
walsh walshe welsh, warsame warsama, watkins watkyns, watts watt, white whyte, williams william,
wong huang, wright write, yousaf yusuf yousef yousuf yusaf, zaman zamaan
"""

_PARTICLES = """
al el ad ar as ash az ur ul ud abu ait ben da das de del della den der des di do dos du e i la las
le les lo los of san santa st saint ter ten van von vande vander y zu
"""
_PATRONYMICS = "ab ap ferch verch vch uch bin bint binti ibn ibnu binte ould wald"
_SHARED_BY_MANY = """
singh kaur begum bibi khatun khatoon khanum sultana akhtar parveen mohammed muhammad ahmed ali
khan hussain bano banu devi kumar kumari
"""
# Small words before a family name, that one record has and another leaves out.
PARTICLES = frozenset(_PARTICLES.split())
# A son's or daughter's word before a parent's name stands for no family.
PATRONYMICS = frozenset(_PATRONYMICS.split())
# Said of women, of men, or of all of a faith: nearly everybody's, so as one half it says little.
SHARED_BY_MANY = frozenset(_SHARED_BY_MANY.split())
# A daughter's ending, and other ways to write a son's, for the usual one; the longest first.
GENDERED = (
    ("skaya", "ski"), ("skaia", "ski"), ("skyi", "ski"), ("skiy", "ski"), ("ska", "ski"),
    ("sky", "ski"), ("dzka", "dzki"), ("cka", "cki"), ("cky", "cki"), ("ova", ""), ("ov", ""),
    ("eva", ""), ("ev", ""), ("iene", "as"), ("aite", "as"), ("yte", "is"), ("poulou", "poulos"),
    ("idou", "idis"), ("akou", "akos"),
)  # fmt: skip
