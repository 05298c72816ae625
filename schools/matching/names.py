"""Names as data: British short forms, spellings that mislead, and how common a name is. Pure.

The shares are rough, from published counts of names in England and Wales; only their size matters
to a weight. A name outside the lists counts as rare.
"""

_SHORT_FORMS = """
abigail abbie abby
alexander alex alec xander sandy
alexandra lexi alexa
alfred alfie alf
amelia millie milly
andrew andy drew
anthony tony antony
archibald archie
benjamin ben benji benny
bethany beth
catherine kate katie cathy katherine kathryn kat
charles charlie chas
charlotte lottie
christopher chris kit
daniel dan danny
david dave dai dafydd
dominic dom
edward ed eddie ted teddy ned
eleanor ellie elinor nell
elizabeth lizzie beth liz eliza betty libby
emily em emmie
evelyn evie
florence flo florrie
francesca fran frankie
frederick fred freddie freddy
gabriel gabe
george georgie
georgina georgie
grace gracie
harold harry
henry harry hal
isabella izzy bella isabel isabelle
isaac ike
jack jackie
jacob jake
james jim jimmy jamie
jasmine jas
jennifer jen jenny
jessica jess jessie
john johnny jon
jonathan jon jonny
joseph joe joey
joshua josh
leonard leo len lenny
lillian lily lilly
louis louie lewis
lucas luke
madeleine maddie maddy
margaret maggie meg peggy
matilda tilly tillie
matthew matt matty
michael mike mikey mick
mohammed mohammad muhammad mohamed mohamad muhammed mo md
nathaniel nathan nate
nicholas nick nicky
oliver ollie olly
olivia liv livvy
patrick pat paddy
peter pete
philip phil phillip
phoebe pheebs
rebecca becky becca
reginald reggie
richard rick ricky dick richie
robert rob bob bobby robbie
rosemary rosie
samantha sam sammy
samuel sam sammy
siobhan shivaun chevonne
sophia sophie sofia
stephen steve steven stevie
susan sue susie
theodore theo teddy
thomas tom tommy
victoria vicky tori
william will bill billy liam wills
yusuf yousef youssef yousuf josef
zachary zac zach zak
"""


def _roots() -> dict[str, frozenset[str]]:
    """Map each form to the full names it may stand for: Harry to Harold and to Henry."""
    found: dict[str, set[str]] = {}
    for line in _SHORT_FORMS.strip().split("\n"):
        forms = line.split()
        for form in forms:
            found.setdefault(form, set()).add(forms[0])
    return {form: frozenset(full) for form, full in found.items()}


NICKNAMES = _roots()

# Metaphone hears these differently from how they are said.
SOUNDS_OTHERWISE = {
    "siobhan": "shivaun", "chevonne": "shivaun", "niamh": "neev", "neve": "neev",
    "caoimhe": "keeva", "saoirse": "seersha", "aoife": "eefa", "sean": "shaun", "shawn": "shaun",
    "sian": "sharn", "dafydd": "david", "ioan": "yoan", "ieuan": "yaian", "llywelyn": "lewelin",
    "llewelyn": "lewelin", "lloyd": "loyd", "geraint": "gerynt", "hugh": "hew", "huw": "hew",
    "yusuf": "yusef", "yousef": "yusef", "youssef": "yusef",
}  # fmt: skip

COMMON_SURNAMES = {
    "smith": 0.0115, "jones": 0.0090, "williams": 0.0065, "taylor": 0.0058, "brown": 0.0056,
    "davies": 0.0052, "evans": 0.0040, "wilson": 0.0039, "thomas": 0.0038, "johnson": 0.0037,
    "roberts": 0.0037, "khan": 0.0036, "robinson": 0.0030, "wright": 0.0030, "thompson": 0.0030,
    "ahmed": 0.0029, "patel": 0.0029, "ali": 0.0028, "hussain": 0.0028, "walker": 0.0028,
    "white": 0.0028, "edwards": 0.0027, "hughes": 0.0027, "green": 0.0026, "hall": 0.0026,
    "lewis": 0.0025, "singh": 0.0025, "harris": 0.0024, "clarke": 0.0024, "jackson": 0.0024,
    "wood": 0.0023, "turner": 0.0023, "martin": 0.0023, "begum": 0.0022, "cooper": 0.0022,
    "hill": 0.0021, "ward": 0.0021, "morris": 0.0020, "moore": 0.0020, "clark": 0.0020,
    "kaur": 0.0020, "lee": 0.0020, "baker": 0.0019, "harrison": 0.0019, "king": 0.0019,
    "morgan": 0.0019, "allen": 0.0018, "james": 0.0018, "scott": 0.0017, "phillips": 0.0017,
}  # fmt: skip

COMMON_FORENAMES = {
    "mohammed": 0.0180, "oliver": 0.0110, "george": 0.0100, "harold": 0.0110, "noah": 0.0090,
    "jack": 0.0100, "leonard": 0.0080, "arthur": 0.0060, "oscar": 0.0060, "theodore": 0.0070,
    "amelia": 0.0110, "olivia": 0.0110, "isla": 0.0080, "ava": 0.0080, "lillian": 0.0080,
    "florence": 0.0060, "grace": 0.0070, "sophia": 0.0090, "evelyn": 0.0060, "emily": 0.0080,
    "jacob": 0.0080, "charles": 0.0110, "thomas": 0.0090, "james": 0.0090, "william": 0.0090,
    "joshua": 0.0080, "alfred": 0.0070, "frederick": 0.0060, "ethan": 0.0060, "daniel": 0.0060,
    "joseph": 0.0070, "samuel": 0.0060, "archibald": 0.0060, "alexander": 0.0070,
    "jessica": 0.0070, "eleanor": 0.0070, "isabella": 0.0090, "mia": 0.0070, "poppy": 0.0060,
    "ruby": 0.0050, "charlotte": 0.0050, "freya": 0.0060, "daisy": 0.0050, "phoebe": 0.0050,
}  # fmt: skip
