"""What the police push in a simulated world: bodies drawn by their keys, so that they come again.

What the world knows of an incident besides, whom it names and whom it is closed to, is drawn by
the same keys: it needs no memory and holds for every life of the process.
"""

from datetime import datetime, timedelta
from typing import Any

from app.intake.words import EducationStatus, Protection
from app.simulation.world import World

_FORENAMES = ("Aderyn", "Bramwell", "Cassia", "Doran", "Elowen", "Fenwick")
# Of so many: what an incident says besides its children.
_RESTRICTED, _NAMES_A_KEY_ADULT, _HELD, _MORE_SEEN = 0.12, 0.15, 0.08, 0.1
# Of so many children: their school is not among those there are; at no school; protected; of age.
_AT_NOBODYS, _AT_NO_SCHOOL, _PROTECTED, _OF_AGE = 0.15, 0.2, 0.25, 0.29
_MOVED = 0.2


def body(world: World, reference: str, version: int) -> dict[str, Any]:
    """Return a body that is the same whenever this version is pushed at one instant."""
    draw = world.chance.of_key("incident", reference, version)
    count = 1 + int(draw * 3)
    seen = count + 1 if _drawn(world, "seen", reference, version) < _MORE_SEEN else count
    return {
        "reference": reference, "version": version,
        "occurred_from": (world.now - timedelta(hours=1)).isoformat(),
        "children": [_child(world, reference, version, number) for number in range(count)],
        "children_seen": seen, "children_complete": seen == count,
        "restricted_access": is_restricted(world, reference, version),
        "involved_adults": [
            {"forename": "Morgan", "surname": "Simulacrum", "email": email}
            for email in sorted(named_in(world, reference, version))
        ],
        **_hold(world, reference, version),
    }  # fmt: skip


def is_restricted(world: World, reference: str, version: int) -> bool:
    """Return whether only the force's group may know of it, from its first or a later version."""
    from_version = 1 + int(_drawn(world, "restricted from", reference) * 2)
    return _drawn(world, "restricted", reference) < _RESTRICTED and version >= from_version


def named_in(world: World, reference: str, version: int) -> frozenset[str]:
    """Return the e-mail address of a key adult who is party to the incident, of most of nobody's.

    Another version may name somebody else, or nobody any more.
    """
    if _drawn(world, "names", reference, version) >= _NAMES_A_KEY_ADULT:
        return frozenset()
    everybody = [email for school in world.county.schools for email in school.key_adults]
    return frozenset({everybody[int(_drawn(world, "named", reference) * len(everybody))]})


def _drawn(world: World, *key: object) -> float:
    return world.chance.of_key(*key)


def _hold(world: World, reference: str, version: int) -> dict[str, Any]:
    """A hold for up to twenty hours; each version's is another person's."""
    if _drawn(world, "held", reference, version) >= _HELD:
        return {}
    until: datetime = world.now + timedelta(hours=20 * _drawn(world, "until", reference, version))
    return {
        "hold": {
            "reason_code": "court_order", "account": f"Inspector {version}",
            "until": until.isoformat(),
        }
    }  # fmt: skip


def _child(world: World, reference: str, version: int, number: int) -> dict[str, Any]:
    draw = _drawn(world, "child", reference, number)
    kind = _drawn(world, "kind of child", reference, number)
    born = 2000 if _PROTECTED <= kind < _OF_AGE else 2015 + int(draw * 5)
    return {
        "ref": f"c{number}", "forename": _FORENAMES[int(draw * 97) % len(_FORENAMES)],
        "surname": f"Simulacrum-{reference[4:]}-{number}",
        "date_of_birth": f"{born}-03-0{1 + number}",
        "relation": "child_of_both", "presence": "heard",
        "education": _education(world, reference, version, number),
        "protected": [Protection.REFUGE] if _AT_NO_SCHOOL <= kind < _PROTECTED else [],
        "residences": [{"postcode": "ZZ99 3VZ", "authority": "999"}],
    }  # fmt: skip


def _education(world: World, reference: str, version: int, number: int) -> dict[str, Any]:
    """What the officer was told of the school; a later version may name another."""
    draw = _drawn(world, "child", reference, number)
    kind = _drawn(world, "kind of child", reference, number)
    schools = world.county.schools
    school = schools[int(draw * len(schools))]
    if _drawn(world, "moved", reference, version, number) < _MOVED:
        school = schools[(schools.index(school) + version) % len(schools)]
    if kind < _AT_NOBODYS:
        return {"school_name": "St Nobody’s", "town": "Otherby"}
    if kind < _AT_NO_SCHOOL:
        return {"status": EducationStatus.HOME_EDUCATED}
    return {"school_name": school.name, "town": school.town}
