"""Names as tables: spellings, short forms, placeholders, sounds, how common a name is. Pure.

The shares are rough, from published counts of names in England and Wales; only their size matters
to a weight. A name outside the lists counts as rare.
"""

import re

from anyascii import anyascii

from schools.matching import forenames_british, forenames_world, surname_forms


def _groups(*tables: str) -> list[list[str]]:
    """Return the groups of names, folded to plain letters; the first of each is the usual form."""
    groups = [group.split() for table in tables for group in table.split(",")]
    return [[_plain(word) for word in group] for group in groups]


def _plain(word: str) -> str:
    return _NOT_LETTER.sub("", anyascii(word).lower())


def _by_form(groups: list[list[str]]) -> dict[str, frozenset[str]]:
    """Map each form to the usual forms of its groups: Harry to Harold and to Henry."""
    found: dict[str, set[str]] = {}
    for group in groups:
        for form in group:
            found.setdefault(form, set()).add(group[0])
    return {form: frozenset(usual) for form, usual in found.items()}


_NOT_LETTER = re.compile(r"[^a-z]")
# Each spelling to the usual one: Siobhan, Shivaun and Chevonne are one name.
FORENAME_SPELLINGS = _by_form(_groups(forenames_british.SPELLINGS, forenames_world.SPELLINGS))
SURNAME_SPELLINGS = _by_form(_groups(surname_forms.SPELLINGS))
_SHORT = _groups(
    forenames_british.SHORT_FORMS, forenames_world.SHORT_FORMS, forenames_world.ENGLISH_FORMS
)
_FULL = _by_form([group for group in _SHORT if len(group) > 1])


def _usual(form: str) -> frozenset[str]:
    return FORENAME_SPELLINGS.get(form) or frozenset({form})


def _all_forms() -> frozenset[str]:
    return frozenset(FORENAME_SPELLINGS) | frozenset(_FULL)


def _roots() -> dict[str, frozenset[str]]:
    """Map each form to itself as usually spelt, and to the full names it may be short for."""
    return {
        form: frozenset(
            usual
            for spelt in _usual(form)
            for full in (spelt, *_FULL.get(spelt, ()), *_FULL.get(form, ()))
            for usual in _usual(full)
        )
        for form in _all_forms()
    }


NICKNAMES = _roots()
# All that is known to be a forename, so that a slip is not made of it.
KNOWN_FORENAMES = frozenset(NICKNAMES) | frozenset(forenames_british.SHORT_NAMES.split())


def _shortened() -> dict[str, frozenset[str]]:
    """Map each full name, as usually spelt, to what it is shortened to, as usually spelt."""
    found: dict[str, set[str]] = {}
    for group in _SHORT:
        for full in _usual(group[0]):
            found.setdefault(full, set()).update(
                usual for short in group[1:] for usual in _usual(short)
            )
    return {full: frozenset(short) for full, short in found.items()}


SHORTENED = _shortened()

_NOBODYS_NAME = """
unknown unk unnamed noname notknown notgiven notstated none null nil na nk tbc tba test testing
dummy anonymous anon x xx xxx
"""
_NO_FORENAME = """
baby babyboy babygirl babyof newborn infant boy girl child male female son daughter brother sister
sibling twin twinone twintwo firsttwin secondtwin triplet juvenile minor youth kid fnu forename
firstname name person victim dependant dependent foetus fetus unborn
"""
# Said where no name is known; as a forename never a person's own.
FORENAME_PLACEHOLDERS = frozenset((_NOBODYS_NAME + _NO_FORENAME).split())
# Child, Male and Boy are families too: a surname is missing only where it says so.
SURNAME_PLACEHOLDERS = frozenset((_NOBODYS_NAME + "nosurname lnu surname lastname").split())

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
