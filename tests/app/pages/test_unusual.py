"""Looks that stand out, for the auditor of the force alone: who, why, and nothing of a child."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import Force, ForceArea
from app.access.permissions import Role
from app.core import audit
from app.core.audit import Event
from app.core.ids import new_id
from app.core.policies import add_policy
from app.core.policy import Desk, Policy, Timing
from app.core.scope import PLATFORM
from app.intake.models import Incident
from schools.connected import Adult
from tests.app.pages.test_auditing import auditor_of, opened_by_priya, read
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, Person, add_person, signed_in
from tests.factories.restricted import colleague, name_group, restrict

# Friday 20 November 2026 is the morning; its week begins on the 16th.
WEEK = f"/audit/{FORCE}/unusual/2026-11-20"
NOBODY = "Nobody stands out"


@pytest.fixture
def auditor(morning: Morning) -> Browser:
    return signed_in(morning.wiring, auditor_of(morning.wiring))


def read_again(morning: Morning, person: Person, waiting: UUID, times: int) -> None:
    browser = signed_in(morning.wiring, person)
    for _ in range(times):
        assert browser.get(f"/notifications/{waiting}").status_code == 200


def looked(
    morning: Morning, person: Person, children: int, at: datetime,
    event: Event = Event.NOTIFICATION_READ,
) -> None:  # fmt: skip
    """Leave on the trail what looks at so many children leave there."""
    with morning.wiring.database.write(PLATFORM) as session:
        for _ in range(children):
            audit.record(
                session, event=event, actor=person.actor, force=FORCE,
                subject=f"notification:{new_id()}", now=at,
            )  # fmt: skip


def row_of(page: str, name: str) -> list[str]:
    """Return the cells of one person's row, without their markup."""
    (row,) = [one for one in re.findall(r"<tr .*?</tr>", page, re.DOTALL) if name in one]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


@pytest.mark.feature("SE9")
def test_who_looks_again_and_again_stands_out_and_a_colleague_does_not(
    morning: Morning, auditor: Browser
) -> None:
    waiting = opened_by_priya(morning)
    read_again(morning, morning.priya, waiting, 9)
    huw = signed_in(morning.wiring, morning.huw)
    huw.press(f"/notifications/{waiting}/first-step")
    huw.press(f"/notifications/{waiting}/open", {"on_roll": "yes", "knows_family": "no"})
    start = auditor.get("/audit").text
    (led,) = re.findall(rf'href="(/audit/{FORCE}/unusual/[^"]+)"', start)
    assert led == WEEK
    page = auditor.get(WEEK).text
    who, why, *numbers = row_of(page, "Priya")
    assert who == "Priya Nair Key adult"
    assert why == "The same child again and again"
    # The opening and nine readings, right after the first alert.
    assert numbers == ["1", "–", "–", "0", "10", "0", "0"]
    assert "Huw" not in page
    assert "2 people acted" in page
    for content in ("Asha", "Khan", str(waiting)):
        assert content not in page
    acts = auditor.get(f"/audit/{FORCE}/people/{morning.priya.account_id}")
    assert f'href="/audit/{FORCE}/people/{morning.priya.account_id}"' in page
    assert acts.status_code == 200
    assert "audit:unusual:2026-11-16" in read(morning)


@pytest.mark.parametrize(
    ("role", "relation"),
    [
        (Role.FORCE_DESK, {"force": FORCE}), (Role.LEAD, {"force": FORCE}),
        (Role.KEY_ADULT, {"urn": URN}), (Role.AUDITOR, {"force": "98"}),
        (Role.PLATFORM_ADMIN, {}),
    ],
)  # fmt: skip
def test_nobody_else_reads_it(morning: Morning, role: Role, relation: dict[str, Any]) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherby", added_at=morning.wiring.clock.now()))
    other = add_person(morning.wiring, "other@example.org", role, **relation)
    assert signed_in(morning.wiring, other).get(WEEK).status_code == 404
    assert read(morning) == []


@pytest.mark.parametrize(
    ("roles", "at", "out"),
    [
        ([Role.KEY_ADULT], "06:41", 0),
        ([Role.KEY_ADULT], "06:29", 6),
        ([Role.COUNCIL_OFFICER], "06:41", 0),
        ([Role.COUNCIL_OFFICER, Role.KEY_ADULT], "18:00", 6),
        ([Role.FORCE_DESK], "06:41", 6),
        ([Role.FORCE_DESK], "07:00", 0),
        ([Role.KEY_ADULT, Role.LEAD], "06:41", 6),
    ],
)
def test_the_day_of_who_only_receives_begins_with_the_forces_first_alert(
    morning: Morning, auditor: Browser, roles: list[Role], at: str, out: int
) -> None:
    relations: dict[Role, dict[str, Any]] = {
        Role.KEY_ADULT: {"urn": URN}, Role.COUNCIL_OFFICER: {"council": "999"},
    }  # fmt: skip
    person, *_ = [
        add_person(
            morning.wiring, "one@example.org", role, name="Jo One",
            **relations.get(role, {"force": FORCE}),
        )
        for role in roles
    ]  # fmt: skip
    when = datetime.fromisoformat(f"2026-11-18T{at}:00+00:00")
    looked(morning, person, 6, when)
    page = auditor.get(WEEK).text
    assert "before 07:00, of people who are only key adults or council officers before 06:30" in (
        " ".join(page.split())
    )
    assert ("Jo One" in page) is (out > 0)
    if out:
        assert row_of(page, "Jo One")[-4] == str(out)
    # With another policy the day begins with its first alert.
    earlier = Policy(timing=Timing(first_alert=time(6)), desk=Desk(telephone="01632 960001"))
    with morning.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=earlier, valid_from=when, approved_by="operator:test", now=when
        )
    page = auditor.get(WEEK).text
    assert ("Jo One" in page) is (out > 0 and (at, roles) != ("06:29", [Role.KEY_ADULT]))


def test_many_children_are_many_against_own_weeks_and_against_colleagues(
    morning: Morning, auditor: Browser
) -> None:
    noon = datetime.fromisoformat("2026-11-18T12:00:00+00:00")
    looked(morning, morning.priya, 12, noon)
    for back in (1, 3):
        looked(morning, morning.priya, 2 * back, noon - timedelta(weeks=back))
    looked(morning, morning.huw, 1, noon)
    assert NOBODY not in auditor.get(WEEK).text
    _, why, *numbers = row_of(auditor.get(WEEK).text, "Priya")
    assert why == "Many more children than in own earlier weeks"
    assert numbers == ["12", "4.0", "–", "0", "1", "0", "0"]
    # With a second colleague it can be said what is usual among them.
    looked(morning, morning.stranger, 3, noon)
    _, why, *numbers = row_of(auditor.get(WEEK).text, "Priya")
    assert why.endswith("Many more children than colleagues")
    assert numbers[:3] == ["12", "4.0", "2.0"]
    for other in (date(2026, 11, 13), date(2026, 11, 27)):
        assert NOBODY in auditor.get(f"/audit/{FORCE}/unusual/{other}").text


def test_whoever_is_refused_again_and_again_or_takes_much_away_stands_out(
    morning: Morning, auditor: Browser
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(ForceArea(force=FORCE, council="999"))
    waiting = morning.notification()
    curious = signed_in(morning.wiring, morning.stranger)
    for _ in range(5):
        assert curious.get(f"/notifications/{waiting}").status_code == 404
    noon = datetime.fromisoformat("2026-11-18T12:00:00+00:00")
    looked(morning, morning.huw, 5, noon, Event.NOTIFICATION_PRINTED)
    page = auditor.get(WEEK).text
    stranger = f"/audit/{FORCE}/people/{morning.stranger.account_id}"
    _, why, *numbers = row_of(page, stranger)
    assert (why, numbers[-2:]) == ("Refused again and again", ["5", "0"])
    huw = f"/audit/{FORCE}/people/{morning.huw.account_id}"
    _, why, *numbers = row_of(page, huw)
    assert (why, numbers[-2:]) == ("Took much away", ["0", "5"])
    assert str(morning.priya.account_id) not in page


def test_what_does_not_exist_for_the_auditor_is_in_no_count(
    morning: Morning, auditor: Browser
) -> None:
    """First for a member of the family, then for one who is not of the group."""
    waiting = opened_by_priya(morning)
    read_again(morning, morning.priya, waiting, 9)
    with morning.wiring.database.read(PLATFORM) as session:
        incident = session.scalars(select(Incident.id)).one()
    tied = signed_in(morning.wiring, auditor_of(morning.wiring, email="tied@example.org"))
    connect(morning.wiring, incident, Adult(email="tied@example.org"))
    assert NOBODY in tied.get(WEEK).text
    assert "Priya" in auditor.get(WEEK).text
    people = [
        colleague(morning.wiring, "desk.member@example.org", Role.FORCE_DESK, Role.REVIEWER),
        colleague(morning.wiring, "other.member@example.org", Role.FORCE_DESK),
    ]
    name_group(morning.wiring, people)
    restrict(morning.wiring, incident)
    page = auditor.get(WEEK).text
    assert NOBODY in page
    assert "0 people acted" in page
