"""One night of sixty incidents as a force pushes them: the edge cases, and ordinary ones between.

Pure and seeded: it makes messages of the police API, and says what must come of each child.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from app.core.clock import at_london, london_date
from app.demo.cases import CASES, FRESH_CASES, HELD, SCHOOL, Case, Told
from app.demo.cast import FAMILIES, FRESH, Child
from app.demo.county import FORCE, SEED, County, Pupil, homes
from app.demo.schools import BY_URN

INCIDENTS = 60
# Schools with a roll and a key adult who comes to read: the ordinary incidents are theirs.
_ORDINARY_SCHOOLS = (
    990001, 990004, 990005, 990006, 990007, 990008, 990010, 990011, 990014, 990018, 990019, 990020,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """What must have become of a child by the end, whoever was asked on the way.

    `settle` is the school a reviewer decides on in the morning.
    """

    reference: str
    child_ref: str
    outcome: str
    reason: str | None
    urn: int | None
    settle: int | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """One message and when the force sends it."""

    at: datetime
    title: str
    body: dict[str, Any]
    family: str | None
    expected: tuple[Expected, ...]

    @property
    def reference(self) -> str:
        return str(self.body["reference"])


def make(county: County, *, seed: int = SEED) -> tuple[Push, ...]:
    """Return every message of the night in the order in which it is sent."""
    pushes = [_case(case, county) for case in CASES]
    known = {push.reference for push in pushes}
    pushes += _ordinary(county, Random(f"{seed}:night"), INCIDENTS - len(known))
    return tuple(sorted(pushes, key=lambda push: (push.at, push.reference)))


def make_fresh(now: datetime) -> list[dict[str, Any]]:
    """Return messages of the hour before `now` about children a reviewer has to decide on."""
    day = london_date(now)
    return [
        _incident(
            _reference(day, 900 + place), 1, now - timedelta(minutes=30 + 10 * place),
            [_child(family, FRESH[family], told, day, "c1")], {},
        )
        for place, (family, told) in enumerate(FRESH_CASES)
    ]  # fmt: skip


def references(pushes: tuple[Push, ...], family: str) -> list[str]:
    """Return the references under which a family of the cast was pushed."""
    return [push.reference for push in pushes if push.family == family]


def moment(day: date, clock_time: str) -> datetime:
    """Return a London time of the night that ends on the morning of `day`."""
    at = time.fromisoformat(clock_time)
    return at_london(day - timedelta(days=1) if at.hour >= 12 else day, at)


def _case(case: Case, county: County) -> Push:
    at = moment(county.day, case.at)
    cast = FAMILIES[case.family]
    reference = _reference(county.day, _number(case))
    children, expected = [], []
    for place, told in enumerate(case.children):
        child = cast[place] if place < len(cast) else None
        body = _child(case.family, child, told, county.day, f"c{place + 1}")
        children.append(body)
        expected.append(_expected(reference, body["ref"], told))
    incident = dict(case.incident)
    if any(told.outcome == HELD for told in case.children):
        incident["hold"] = {
            "reason_code": "live_operation", "account": "duty-inspector",
            "until": (at + timedelta(hours=14)).isoformat(),
        }  # fmt: skip
    body = _incident(reference, case.version, at - timedelta(minutes=case.ago), children, incident)
    return Push(at, case.title, body, case.family, tuple(expected))


def _expected(reference: str, ref: str, told: Told) -> Expected:
    if told.settle is None:
        return Expected(reference, ref, told.outcome, told.reason, told.urn)
    return Expected(reference, ref, SCHOOL, None, told.settle, settle=told.settle)


def _number(case: Case) -> int:
    """Number the cases in the order of the table; versions share a number, `twice` does not."""
    same = [c for c in CASES if c.family == case.family and c.version == 1]
    first = CASES.index(same[0] if case.version > 1 else case)
    return 100 + first


def _reference(day: date, number: int) -> str:
    return f"{FORCE}-{day.year}-{day.timetuple().tm_yday:03}{number:04}"


def _incident(
    reference: str, version: int, occurred: datetime, children: list[dict[str, Any]],
    more: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    return {
        "reference": reference, "version": version, "occurred_from": occurred.isoformat(),
        "location_kind": "home", "crime": True,
        "risk": {"tool": "DASH", "grade": "standard"},
        "children": children, **more,
    }  # fmt: skip


def _child(family: str, child: Child | None, told: Told, day: date, ref: str) -> dict[str, Any]:
    fields = dict(told.fields)
    swap, going_home = fields.pop("swap", False), fields.get("going_home")
    body: dict[str, Any] = {"ref": ref}
    if child is not None:
        body |= _known(child, family, day)
    if swap:
        body["forename"], body["surname"] = body["surname"], body["forename"]
    if going_home == "order":
        until = at_london(day, time(23, 59))
        fields["going_home"] = {"level": "order_in_force", "valid_until": until.isoformat()}
    body |= fields
    return {key: value for key, value in body.items() if value is not None}


def _known(child: Child, family: str, day: date) -> dict[str, Any]:
    body: dict[str, Any] = {
        "forename": child.forename, "surname": child.surname, "sex": child.sex,
        "date_of_birth": child.born_on(day).isoformat(),
        "residences": [{"postcode": homes(family), "authority": "999", "kind": "main"}],
        "relation": "child_of_both", "lives_with": "both", "presence": "heard",
        "voice": {"spoken_with": "officer_alone", "demeanour": "upset", "seen_safe": True},
        "social_care_told": True, "victim_told_about_notice": True,
    }  # fmt: skip
    if child.urn is not None:
        place = BY_URN[child.urn]
        body["education"] = {"school_name": place.name, "town": place.town}
    return body


def _ordinary(county: County, random: Random, count: int) -> Iterator[Push]:
    taken: set[str] = {c.surname for children in FAMILIES.values() for c in children}
    for number in range(count):
        urn = random.choice(_ORDINARY_SCHOOLS)
        family = _family(county, urn, random, taken)
        taken |= {pupil.surname for pupil in family}
        # Evening first, most before midnight: the force sends these in one batch.
        at = moment(county.day, "19:00") + timedelta(minutes=random.randrange(0, 260))
        reference = _reference(county.day, 200 + number)
        children = [_pupil(pupil, random, f"c{place}") for place, pupil in enumerate(family, 1)]
        body = _incident(
            reference, 1, at - timedelta(minutes=random.randrange(20, 180)), children,
            {"risk": {"tool": "DASH", "grade": random.choice(("standard", "medium", "high"))}},
        )  # fmt: skip
        expected = tuple(Expected(reference, c["ref"], SCHOOL, None, urn) for c in children)
        yield Push(at, "An ordinary incident", body, None, expected)


def _family(county: County, urn: int, random: Random, taken: set[str]) -> list[Pupil]:
    """Return one or two pupils of a household that is not in the night yet."""
    pupils = [p for p in county.pupils_of(urn) if p.surname not in taken and p.left_on is None]
    first = random.choice(pupils)
    home = [p for p in pupils if p.postcode == first.postcode and p.surname == first.surname]
    return home[:2]


def _pupil(pupil: Pupil, random: Random, ref: str) -> dict[str, Any]:
    place = BY_URN[pupil.urn]
    spoken = random.choice(("officer_alone", "with_victim", "observed_only", "not_spoken_to"))
    body: dict[str, Any] = {
        "ref": ref, "forename": pupil.forename, "surname": pupil.surname, "sex": pupil.sex,
        "date_of_birth": pupil.born_on.isoformat(),
        "residences": [{"postcode": pupil.postcode, "authority": "999", "kind": "main"}],
        "relation": random.choice(("child_of_both", "child_of_victim", "child_of_suspect")),
        "lives_with": "both",
        "presence": random.choice(("saw", "heard", "elsewhere_in_home", "not_present")),
        "voice": {
            "spoken_with": spoken, "seen_safe": True,
            "demeanour": random.choice(("calm", "upset", "frightened", "asleep")),
        },
        "education": {"school_name": place.name, "town": place.town},
    }  # fmt: skip
    if random.random() < 0.3:
        body["education"] = {"urn": pupil.urn}
    if random.random() < 0.2:
        body["upn"] = pupil.upn
    return body
