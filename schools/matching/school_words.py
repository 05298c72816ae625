"""Words of schools' names: kinds, faiths and the spellings of both, as data. Pure."""

KINDS = frozenset(
    {
        "primary", "infant", "junior", "nursery", "first", "middle", "lower", "upper", "high",
        "secondary", "comprehensive", "grammar", "sixthform", "special", "prep", "pru", "utc",
        "studio",
    }
)  # fmt: skip
FAITHS = frozenset({"ce", "ciw", "rc", "methodist", "jewish", "muslim", "hindu", "sikh", "quaker"})
GENDERS = frozenset({"boys", "girls"})
EMPTY = frozenset(
    {
        "school", "academy", "college", "the", "of", "and", "for", "at", "in", "a", "an", "with",
        "community", "va", "vc", "trust", "foundation", "free", "mixed", "centre", "technology",
        "specialist", "welsh", "unit", "education", "to", "y", "yr", "sir", "on",
        "upon", "near", "c",
    }
)  # fmt: skip

# One spelling → canonical words; the longest phrase wins.
SPELLINGS = {
    "church of england": "ce", "c of e": "ce", "cofe": "ce",
    "cof e": "ce", "c ofe": "ce", "co e": "ce",
    "coe": "ce", "c e": "ce",
    "church in wales": "ciw", "c in w": "ciw", "cinw": "ciw", "cinwales": "ciw",
    "yr eglwys yng nghymru": "ciw",
    "roman catholic": "rc", "r c": "rc", "catholic": "rc", "cath": "rc", "gatholig": "rc",
    "catholig": "rc", "pabyddol": "rc", "islamic": "muslim",
    "voluntary aided": "va", "aided": "va", "v a": "va", "voluntary controlled": "vc",
    "controlled": "vc", "v c": "vc", "voluntary": "va",
    "saint": "st", "ss": "st", "s s": "st", "sts": "st", "sant": "st", "santes": "st",
    "prim": "primary", "pri": "primary", "prmy": "primary", "gynradd": "primary",
    "cynradd": "primary", "p s": "primary school", "ps": "primary school",
    "infants": "infant", "inf": "infant", "infts": "infant", "babanod": "infant",
    "jnr": "junior", "jun": "junior", "jr": "junior", "jnrs": "junior", "juniors": "junior",
    "iau": "junior", "jmi": "junior infant", "jm and i": "junior infant",
    "jm i": "junior infant", "j m i": "junior infant",
    "ji": "junior infant", "j i": "junior infant", "j and i": "junior infant",
    "nurs": "nursery", "nur": "nursery", "meithrin": "nursery",
    "sec": "secondary", "uwchradd": "secondary", "gyfun": "comprehensive",
    "cyfun": "comprehensive", "comp": "comprehensive", "gram": "grammar", "hs": "high school",
    "6th form": "sixthform", "sixth form": "sixthform", "6th": "sixthform", "sixth": "sixthform",
    "preparatory": "prep", "pre prep": "prep", "pupil referral unit": "pru",
    "university technical college": "utc",
    "sch": "school", "schl": "school", "scl": "school", "schools": "school", "ysgol": "school",
    "acad": "academy", "acdmy": "academy", "academies": "academy", "coll": "college",
    "coleg": "college", "comm": "community", "com": "community", "cmty": "community",
    "gymunedol": "community", "gymraeg": "welsh", "tech": "technology", "ctr": "centre",
    "center": "centre", "boy": "boys", "bechgyn": "boys", "girl": "girls", "merched": "girls",
    "mt": "mount", "rd": "road", "ln": "lane", "gt": "great", "pk": "park", "grn": "green",
    "hse": "house", "ave": "avenue", "nth": "north", "sth": "south", "hth": "heath",
    "jc": "", "junior mixed and infant": "junior infant", "junior mixed infant": "junior infant",
}  # fmt: skip
# One spelling of a name that is written in several ways, mostly of saints.
SAME_NAME = {
    "theresa": "teresa", "therese": "teresa", "katherine": "catherine", "katharine": "catherine",
    "kathryn": "catherine", "catharine": "catherine", "laurence": "lawrence", "ann": "anne",
    "steven": "stephen", "stephens": "stephen", "phillip": "philip", "phillips": "philip",
    "brigid": "bridget", "edmond": "edmund", "wilfred": "wilfrid", "wilfreds": "wilfrid",
    "frances": "francis", "nicolas": "nicholas", "aiden": "aidan", "aidens": "aidan",
    "bartholemew": "bartholomew", "elisabeth": "elizabeth", "micheal": "michael",
    "matthews": "matthew", "mathew": "matthew", "mathews": "matthew", "marks": "mark",
    "maries": "mary", "marie": "mary",
}  # fmt: skip
# What people call a saint's school.
SHORT_SAINTS = {
    "joe": "joseph", "joes": "joseph", "tom": "thomas", "toms": "thomas", "mike": "michael",
    "mikes": "michael", "barts": "bartholomew", "bart": "bartholomew", "nick": "nicholas",
    "nicks": "nicholas", "pat": "patrick", "pats": "patrick", "phil": "philip", "phils": "philip",
    "andy": "andrew", "andys": "andrew", "cuths": "cuthbert", "will": "william",
    "wills": "william", "gregs": "gregory", "greg": "gregory", "theo": "theodore",
    "benet": "benedict", "bens": "benedict", "matts": "matthew", "matt": "matthew",
    "maggies": "margaret", "kates": "catherine", "annes": "anne", "anns": "anne",
}  # fmt: skip
# Words of a kind that one slip may have bent where no school bears the word as it stands.
BENDABLE = (
    "primary",
    "prim",
    "infants",
    "infant",
    "juniors",
    "junior",
    "nursery",
    "nurs",
    "school",
    "sch",
    "academy",
    "acad",
    "college",
    "coll",
    "high",
    "church",
    "england",
    "catholic",
    "roman",
    "cofe",
    "cath",
    "grammar",
    "gram",
    "comp",
    "comprehensive",
    "secondary",
    "girls",
    "boys",
    "lower",
    "upper",
    "middle",
    "first",
    "prep",
    "preparatory",
    "community",
    "special",
    "sixth",
    "form",
    "methodist",
    "controlled",
    "aided",
    "voluntary",
    "specialist",
    "technology",
    "science",
    "foundation",
    "studio",
    "referral",
    "independent",
    "saint",
)
# Words of a kind that are misspelt often; others are too short or too near to real names.
MISSPELT = ("primary", "infant", "junior", "nursery", "secondary", "academy", "school", "catholic",
             "grammar", "comprehensive", "college", "community", "england", "church")  # fmt: skip
LONG = frozenset({"primary", "secondary", "catholic", "comprehensive", "community"})
# Kinds only where the name goes on as a school's does: High School, not High Street.
KIND_BEFORE = frozenset({"first", "middle", "lower", "upper", "high", "special", "studio"})


STREETS = {
    "rd": "road", "st": "street", "ln": "lane", "ave": "avenue", "cres": "crescent",
    "dr": "drive", "cl": "close", "gdns": "gardens", "pk": "park", "tce": "terrace", "sq": "square",
}  # fmt: skip
UNSPOKEN = frozenset({"the", "of", "and", "for", "at", "in", "a", "s"})
SOMETIMES_SPOKEN = frozenset(
    {"church", "england", "roman", "catholic", "community", "voluntary", "aided", "controlled",
     "cofe", "ce", "rc", "c", "e", "academy", "foundation", "va", "vc"}
)  # fmt: skip
