"""Forenames of Britain as data: spellings of one name, and what a name is shortened to. Pure.

Collected here for this service. In each group the first word is the usual form; a word may stand
in several groups. A short form may belong to a brother's name as well, so it says less.
"""

SPELLINGS = """
aaron arron aron aran arran, abbie abby abbey abi abbi, abigail abigael abbigail abigayle
abegail, adele adelle, aidan aiden ayden aydan adan aaden, ailsa ailsah, aimee amy amie amee
aimie, alan allan allen alun, alexander alexandar aleksander aleksandr alexandre alexsander
alasdair alistair alastair, alexandra aleksandra alexandria, alfie alfi alphie, alice alys alis
alyce, alicia alisha alesha elisha aleesha aliesha, alison allison alyson, amelia emelia amilia
ameliah, anna ana annah, annabelle annabel anabelle, anne ann, anthony antony anthoney, aoife
eefa efa aofie, archie archy archi, arianna ariana aryana, arthur arther artur, bailey baylee
bayley bailee, beatrice beatrix beatriz, bethany bethanie bethan bethney, billie billy billi,
brendan brendon, brian bryan brien, bronwen bronwyn bronwin, brooke brook, caitlin caitlyn
katelyn kaitlyn kaitlin katelin catelyn caitlynn kaitlynn, caleb kaleb caylub, callum calum
calumn kallum, cameron camron kameron camren, caoimhe keeva kiva keva queeva, carys cerys kerys
karys caris carris, catherine katherine kathryn catharine cathryn katharine katheryn kathrin
catrin katrin, charlie charley charlee charli, chelsea chelsey chelsie, chloe khloe chloie cloe,
christopher kristopher cristopher, ciara keira kiera ciera keera, ciaran kieran kieron keiran
kieren, claire clare clair, codie cody kody kodi, conor connor conner konnor konor, courtney
kourtney courtnie, daisy daisie daisey, daniel danyal danial daniyal, daniella daniela danielle
danniella, darcy darcie darcey darci, darren daren darran, deborah debra debora, declan deklan,
demi demie demmi, dominic dominik domenic dominick, dylan dillon dillan dilan dyllan, edward
edwerd eduard, eilidh ailie aylee eiledh, eleanor elinor elenor ellenor eleonor, eliza elisa,
elizabeth elisabeth elizabethe elspeth, ellie elly elli, elliot elliott eliot eliott, ellis elis,
eloise elouise heloise, emilia emelie emilie, emily emilly emilee emiley, erin eryn erinn aerin,
ethan eathan ethen, evan euan ewan ewen iwan euen, evie evi eevie, faith fayth, faye fay fae,
felicity felicitie, ffion fion fionn, finley finlay finnley findlay finlee, fiona ffiona,
florence florance, freddie freddy fredi, freya freyja freja freyah, gabriella gabriela gabrielle,
gareth garath garreth, geoffrey jeffrey jeffery geoffery, georgia georja, georgina georgena,
gethin gethyn, gillian jillian, grace gracie gracey graice, graham graeme grahame, gruffydd
griffith gruffudd griffydd gruff, gwenllian gwenlian, hanna hannah hana, harley harlee harleigh
harly, harriet harriett harriette, harry harrie, harvey harvie, hayden haydn haiden haydon,
hayley haley hailey haylee halle, heather hether, henry henri, hollie holly holli, hugh huw
hughie, hugo hewgo, ieuan iwan ifan evan iuan ieuann, imogen imogene immogen, ioan iwan yoan,
isaac isaak issac izaak isac, isabella isabela izabella isobella, isabelle isabel isobel isabell
isobelle ysabel ishbel, isla islah, jack jac jak jacques, jackson jaxon jaxson jaxen, jacob
jakob, jade jayde jaide, james jaymes, jamie jaime jamey jaimie, jasmine jasmin yasmin yasmine
jazmin jasmyn yasmeen, jayden jaden jaydon jaiden jaidan jadon, jemima jemimah, jennifer jenifer
jenniffer, jessica jesica jessika, joel joell, john jon, jonathan johnathan jonathon johnathon,
jordan jorden jordyn jordon, joseph josef jozef, joshua josua joshuah, jude judd, julia yulia
yuliya giulia, kai kye ky cai, kayla kaila kaylah caila, kayleigh kaylee kayley kaley kaylie
kaleigh, keeley keely keeleigh, kelly kelley kellie, kenneth keneth, kerry kerrie keri kerri,
kian cian keane keean, kirsty kirstie kirstey, kyle kyal kile, kyra kira, lara larah, laura lora,
lauren lawren loren laurin, layla leila leyla laila laylah lailah leyli, leah lia leia lea leya,
leanne leeanne lianne leann, lee leigh, leighton layton leyton, lewis louis louie luis, lillian
lilian liliana lilyan, lily lilly lillie lili, lisa liza leesa, lloyd loyd llwyd, llywelyn
llewelyn llewellyn llewelin, logan logen, lola lolah, louise louisa, lucas lukas lukasz loukas,
lucy lucie luci, luke luc look, lydia lidia, mackenzie mckenzie makenzie mackensie, maddison
madison madisyn maddisen, madeleine madeline madelaine madelyn, maisie maisy maisey mazie mayzie,
malachy malachi malaki, marcus markus, margaret margret margarett, maria mariah, marie mari mair,
mark marc marek, martha marta, martin martyn, mathew matthew matheu mathieu, maya maia maja
mayah, megan meghan meagan meaghan megen, melissa mellissa, mia miah mya mea, michael micheal
mikael mikhail michal mical, millie milly milli, molly mollie molli, morgan morgen, myles miles,
naomi neomi, natalie nathalie natalee nataly, natasha natacha, nathan nathen naythan, nathaniel
nathanael nathanial, niall neil neal nial, niamh neve neave nieve niav neev, nicholas nicolas
nickolas nikolas, nicola nichola, nicole nikole, olive oliv, oliver olivier, olivia oliviah
alivia olivea, ollie olly oli, oscar oskar, owen owain owyn eoin, paige page payge, patrick
padraig patryk, penelope penellope, philip phillip phil, philippa phillipa, phoebe pheobe phebe
feebee, poppy poppie popi, rachel rachael rachelle, ralph rafe, raymond raymund, rebecca rebekah
rebeca, reece rhys rhis reese rees reis, regan reagan, rhian rhiann, rhianna rihanna rianna,
rhiannon rhianon riannon, riley ryley reilly rylee rileigh, robin robyn, roisin rosheen, ronan
ronin, rory ruairi ruaridh rauri, rosie rosy rosey, ross ros, rowan roan, ruben reuben rueben,
ruby rubie rubi, ryan rian ryon, samuel samual samuell, sapphire saffire, sarah sara sera, sean
shaun shawn shaan, sebastian sebastien, seren serren, shannon shanon, sharon sharron, sian sharn
shan shaan siane, sienna siena cienna, siobhan shivaun chevonne shavaun shevaun siobhain shivon
siobahn, sion shon shaun, skye sky skie, sofia sophia sofiya sofija zofia, sonia sonya, sophie
sofie sophy, stacey stacy stacie, stephanie stefanie stefany, stephen steven stefan steffan
stephan, stuart stewart, summer sommer, taylor tayler tailor, teagan tegan teigan, teddy teddie,
theo teo, theodore theodor teodor, theresa teresa, thomas tomas tomos, tilly tillie tilli, toby
tobie tobi, tracey tracy tracie, tyler tylor tyla, victoria viktoria, vincent vincient, violet
violette, vivienne vivien vivian, william willaim wiliam, zachary zachery zackary zachariah
zacharia, zak zac zach zack, zara zarah, zoe zoey zoie
"""

SHORT_FORMS = """
abigail abbie abs gail, ada addie adelaide, adam ad ads, alan al, albert bert bertie al alby
albie, alexander alex alec xander sandy ali lex sasha alexi, alexandra alex lexi lexie alexa
sandra sasha allie lexy, alfred alfie alf fred freddie, alice ali allie, alison ali, amanda
mandy, amelia millie mila mille amy mimi, andrew andy drew andi, angela angie ange, angharad hari
haz, anna annie anya nan, annabelle bella annie belle, anthony tony ant, antonia toni, archibald
archie arch baldie, arthur art artie, augustus gus, aurora rory, barbara babs barb, barnaby
barney, bartholomew bart, beatrice bea bee trixie betty, benjamin ben benji benny benj benjy,
bernadette bernie, bernard bernie, bethany beth bethie, bradley brad, bridget bridie, bronwen
bron, callum cal, cameron cam cammy, caroline carrie caz caro, cassandra cassie cass, catherine
kate katie cathy kat kathy katy kitty kay cat cati cadi cath kath cate, charles charlie chas chaz
chuck, charlotte charlie lottie lotte lotty charl, christian chris, christina chris chrissie
tina, christine chris chrissie, christopher chris kit topher, clementine clemmie clem, clifford
cliff, cordelia delia, cynthia cindy, daniel dan danny, daniella dani ella, david dave davey
davie dai dafydd dewi taffy, deborah deb debbie debs, dominic dom, donald don donny, dorothy dot
dottie dolly, douglas doug dougie, edmund ed eddie ned ted, edward ed eddie ted teddy ned eddy,
edwin ed eddie, eleanor ellie nell elle nellie ella nora, elijah eli, eliza liza, elizabeth
lizzie beth liz betty bess libby eliza lisa betsy elsie lizzy bessie ellie lilibet lib, emily em
emmie millie emmy, emma em emmie, ernest ernie, esther essie, eugene gene, evan ev, evangeline
evie eva angie, eve evie, evelyn evie eve eva ev, ezekiel zeke, felicity flick fliss, finley fin
finn, florence flo florrie flossie flora, frances fran frankie fanny, francesca fran frankie
chess cesca, francis frank frankie, franklin frank, frederick fred freddie freddy, gabriel gabe,
gabriella gabby gabi ella, geoffrey geoff jeff, george georgie geordie, georgia georgie george,
georgina georgie gina, gerald gerry jerry, gerard gerry, gilbert gil bert, gillian gill jill
gilly, grace gracie, gregory greg, gruffydd guto griff, gwendolyn gwen wendy, gwenllian gwen,
harold harry hal haz, harriet hattie harry harri hatty, harrison harry, harvey harv, helen nell
nellie ellen, henrietta etta hettie hetty harry, henry harry hal hank, herbert bert bertie
herbie, hubert bert hugh, humphrey humph, ieuan iwan ianto, isaac ike zac zak, isabella izzy
bella issy izzie ella belle, isabelle izzy bella belle issy izzie, isadora izzy dora, ivan van,
jack jackie, jacob jake jay cob jakey, jacqueline jackie jacqui, james jim jimmy jamie jem jimbo,
jane janey jenny, janet jan, jasmine jas jazz jaz mina, jean jeanie, jeffrey jeff, jemima jem
mima, jennifer jen jenny jenna jennie, jeremiah jerry jem, jeremy jez jerry, jessica jess jessie
jessi, joan joanie, joanna jo joanne, john johnny jack johnnie, jonathan jon jonny jonty jono,
jordan jordie jord, joseph joe joey jo jos, josephine josie jo, joshua josh, judith judy jude,
julia jules, julian jules, juliet jules, katrina trina kat, kayleigh kay, kenneth ken kenny,
kimberley kim kimmy kimberly, lachlan lachie, laura laurie, lauren laurie loz, lawrence larry
laurie loz laurence lawrie, leonard leo len lenny, leonardo leo, leopold leo, levi lev, lewis lew
louie, lillian lily lil lilly, lily lil, louis lou louie, louise lou lulu, lucas luke luca luc,
lucinda lucy cindy, lucy lu luce, mackenzie mac mack kenzie, maddison maddie maddy, madeleine
maddie maddy mads, magdalena lena magda, malcolm mal, marcus marc mark, margaret maggie meg peggy
margie greta daisy rita madge mags, margot maggie, marianne mary anne, marjorie marj, martha
marty mattie, martin marty, mary molly polly mae maisie, matilda tilly mattie tilda tillie,
matthew matt matty mat, maurice mo, maximilian max maxi, maximus max, maxwell max, megan meg
megs, melanie mel, melissa mel lissa, meredith merry, michael mike mikey mick micky mickey,
michelle shell chelle, mildred millie, millicent millie, mohammed mo, montgomery monty, morgan
mog, nancy nan, natalie nat tally, natasha tasha tash nat, nathan nat nate, nathaniel nathan nate
nat, neil neily, nicholas nick nicky nico, nicola nicky nic, nicole nicky nic nikki, noah noey,
norman norm, octavia tavi, olive ollie livvy, oliver ollie noll, olivia liv livvy livi livvie
olive via, ophelia phee lia, orlando lando, oscar ozzie oz, oswald ozzie os, owen owie, pamela
pam, patricia pat trish tricia patsy paddy, patrick pat paddy packie, paul paulie, penelope penny
pen nell, persephone percy persie seph, peter pete, philip phil pip, philippa pippa pip phil,
phoebe pheebs bee, pollyanna polly, primrose rosie prim, prudence prue, rachel rach rae, ralph
ralphie, randolph randy, raphael raff raffi rafe, raymond ray, rebecca becky becca bex beck,
reginald reggie reg, reuben ben rube, rhiannon rhi non, richard rick ricky dick richie dickie
rich, robert rob bob bobby robbie bobbie bert robby, roberta bobbie robbie, robin rob robbie,
rodney rod, roger rodge, roland rolly roly, ronald ron ronnie, rosalind ros roz rosie, rosamund
ros rosie, rosanna rosie, rose rosie, rosemary rosie rose rosy romy, rowena row, rupert rupe ru,
russell russ, ruth ruthie, samantha sam sammy sammie, samson sam sammy, samuel sam sammy sammie,
sarah sally sadie, saskia sass, sebastian seb bas baz, sidney sid, simeon sim, simon si, sion
shoni, solomon sol solly, sophie soph, spencer spence, stanley stan, stella stell, stephanie
steph stevie, stephen steve stevie ste, stuart stu, susan sue susie suzy, susannah susie sue suzy
zannah, tabitha tabby tab, tamara tammy tam, tamsin tam tammy, terence terry tel, teresa terry
tess tessa tessie, thaddeus tad thad, theodora theo dora teddy, theodore theo teddy ted ned,
thomas tom tommy twm, timothy tim timmy, tobias toby tobi, tomos tom twm, tristan tris, tyrone
ty, ursula ursie, valentine val, valerie val, vanessa nessa ness, veronica ronnie vera, victor
vic, victoria vicky tori vicki vick vikki, vincent vin vinnie vince, violet vi lettie, virginia
ginny ginger, vivienne viv, walter wally walt, wilfred wilf fred wilfie, william will bill billy
liam wills willy wil gwilym, winifred winnie freda, winston win, xavier xav, yvonne eve, zachary
zac zak zachy
"""

# Short names that people have: one letter apart, they are two names and no slip (Tia and Nia).
SHORT_NAMES = """
abe abi abu ace ada add ade ady aga ahn aia aj aja aki al ala ale ali alp ama ami amy an ana ani
ann ant ara ari art asa ash asi ava ave avi aya ayo aza bea bee bel ben bet bev bex bib bo bob bud
cai cal cam cas cat che cia cj coe dai dan dax deb dee del den des dev dex dia dj dom don dot dov
ebb ed eda ede edi edo efa ej ela eli ell em ema emi ena eni era eri esa esi eva eve evi ewa exa
eya ezi fae fay fen fia fin flo fox fra fre gab gae gai gia gil gio gus guy hal han has heb her hew
huw ian ida ido ike ila ilo ima ina ino ira isa ish isi isy ita iva ivi ivo ivy iza izz jac jad jai
jak jan jas jax jay jaz jeb jed jem jen jet jia jib jim jin jj jo job jod joe jon jos joy jud jun
kai kal kam kat kay kaz keb ken kes kev kia kid kim kip kit kyd kye lal lan lar lea lee lei len leo
les lev lex lez li lia lib lil lin lio liv liz lou lu lua luc lue lui luv lux luz lyn mac mae mai
mak mar mat max may med meg mel mia mie mik mim min mir mo moe mol mya nan nas nat naz ned nel neo
nev nia nic nik noa nob noe nol nor nox nye nyx oak obi oda ola ole oli om ona ora ori oya oz pam
pat paz peg pen per pia pip pol pru quy rab rae raf rai ram ran ras rav ray raz reg rei ren rex rey
ria ric rio rob rod roe roh ron ros row roy roz rue rui rut ryo sal sam san saz seb sen sha she sia
sid sim sky sol son stu sue sun suz sy syd syl tai taj tal tam tao tas taz ted teo tes tex thu tia
tim tj tod tom tor ty tye ugo ula uma ume una uri ute uzi val van vas ved vi vic vin viv von wes
wil win wu wyn xan xi xia yan yas yi yin yoo yu yul yun zac zaf zak zan zar zay zeb zed zee zen zev
zia zik zoa zoe zoi zuz zyn
"""
