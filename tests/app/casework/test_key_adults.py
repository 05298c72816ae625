"""Keeping key adults: order, training, cover, leaving; and who may."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from app.access.forces import set_area
from app.access.models import AccountRole, SignInSession
from app.access.permissions import Grant, Role
from app.access.sessions import create
from app.casework import key_adults
from app.casework.inbox import inbox
from app.casework.key_adults import Days
from app.casework.register_view import schools_view
from app.casework.school_people import one_of_them, school_people
from app.core.errors import Conflict, Invalid, NotFound
from app.core.models import AuditEntry
from app.core.scope import PLATFORM, Scope
from notifications.models import Alert
from notifications.states import AlertState
from schools.drills import begin, schools_of
from schools.key_adult_requests import Training
from schools.models import KeyAdult, KeyAdultAbsence
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, LATER_URN, TODAY, URN
from tests.factories.people import Person, move
from tests.factories.register import Keepers, keepers

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def people(morning: Morning) -> Keepers:
    return keepers(morning)


def entry(people: Keepers, person: Person, urn: int = URN) -> KeyAdult:
    row: KeyAdult = people.rows(KeyAdult, account_id=person.account_id, urn=urn)[0]
    return row


def order(people: Keepers, viewer: Person) -> list[str]:
    return [line.email for line in people.act(viewer, school_people, urn=URN).adults]


def drilled(people: Keepers) -> None:
    """Let the first school have answered a drill of its force this morning."""
    now = people.wiring.clock.now()
    with people.wiring.database.write(PLATFORM) as session:
        drill = begin(
            session, force=FORCE, schools=[(URN, "999")], council=None, actor="operator:test",
            now=now,
        )  # fmt: skip
        (row,) = schools_of(session, drill.id)
        row.asked_at, row.acknowledged_at, row.acknowledged_by = now, now, "account:test"


ACTS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (key_adults.move_key_adult, {"earlier": True}),
    (key_adults.record_training, {"training": Training("Level 3", date(2026, 9, 1), None)}),
    (key_adults.record_absence, {"days": Days(TODAY, TOMORROW)}),
    (key_adults.end_absence, {"first_on": TODAY}),
    (key_adults.set_holiday_cover, {"days": Days(TODAY, TOMORROW)}),
    (key_adults.end_holiday_cover, {"first_on": TODAY}),
    (key_adults.record_leaving, {"left_on": TOMORROW}),
]


@pytest.mark.feature("RE12")
@pytest.mark.parametrize(("act", "options"), ACTS, ids=lambda one: getattr(one, "__name__", ""))
def test_only_the_school_its_council_and_the_register_change_an_entry(
    morning: Morning, people: Keepers, act: Callable[..., Any], options: dict[str, Any]
) -> None:
    huw = entry(people, morning.huw)
    for stranger in (morning.stranger, people.elsewhere):
        with pytest.raises(NotFound):
            people.act(stranger, act, key_adult_id=huw.id, **options)
        with pytest.raises(NotFound):
            people.act(stranger, one_of_them, key_adult_id=huw.id)
    for keeper in (morning.huw, morning.priya, people.officer, people.lead, people.admin):
        people.act(keeper, act, key_adult_id=huw.id, **options)


@pytest.mark.feature("RE4")
def test_who_is_asked_first_can_be_changed(morning: Morning, people: Keepers) -> None:
    assert order(people, morning.priya) == ["priya@example.org", "huw@example.org"]
    huw = entry(people, morning.huw)
    people.act(morning.priya, key_adults.move_key_adult, key_adult_id=huw.id, earlier=True)
    assert order(people, morning.priya) == ["huw@example.org", "priya@example.org"]
    people.act(morning.priya, key_adults.move_key_adult, key_adult_id=huw.id, earlier=True)
    assert order(people, morning.priya) == ["huw@example.org", "priya@example.org"]
    people.act(people.officer, key_adults.move_key_adult, key_adult_id=huw.id, earlier=False)
    assert order(people, people.admin) == ["priya@example.org", "huw@example.org"]


@pytest.mark.feature("RE5")
def test_training_is_recorded_with_its_course_and_decides_who_can_receive(
    morning: Morning, people: Keepers
) -> None:
    huw = entry(people, morning.huw)
    lapsed = Training("Designated lead", date(2024, 9, 1), TODAY - timedelta(days=30))
    over = Training("Designated lead", date(2024, 9, 1), TODAY - timedelta(days=31))
    for training, reason, late in ((lapsed, None, True), (over, "training_expired", False)):
        people.act(
            morning.priya, key_adults.record_training, key_adult_id=huw.id, training=training
        )
        line = people.act(morning.priya, one_of_them, key_adult_id=huw.id)
        assert (line.reason_code, line.lapsed, line.course) == (reason, late, "Designated lead")
    for wrong in (Training("x", TOMORROW), Training("x", TODAY, date(2020, 1, 1))):
        with pytest.raises(Invalid):
            people.act(
                morning.priya, key_adults.record_training, key_adult_id=huw.id, training=wrong
            )


@pytest.mark.feature("RE9")
def test_the_next_in_order_is_asked_at_once_when_somebody_is_off(
    morning: Morning, people: Keepers
) -> None:
    waiting = morning.notification()
    move(people.wiring, minutes=26)
    morning.force.chase()
    asked = morning.force.rows(Alert)
    priya, huw = entry(people, morning.priya), entry(people, morning.huw)
    assert [alert.key_adult_id for alert in asked] == [priya.id]
    days = Days(TODAY, TODAY + timedelta(days=3))
    people.act(
        people.officer, key_adults.record_absence, key_adult_id=priya.id, days=days,
        auto_reply=True,
    )  # fmt: skip
    morning.force.chase()
    assert {alert.key_adult_id for alert in morning.force.rows(Alert)} == {priya.id, huw.id}
    assert morning.read(waiting).told_at is None
    (held,) = people.rows(KeyAdultAbsence)
    assert held.source == "auto_reply"
    people.act(morning.priya, key_adults.end_absence, key_adult_id=priya.id, first_on=TODAY)
    assert people.rows(KeyAdultAbsence) == []


def test_who_says_that_somebody_is_away_is_kept(morning: Morning, people: Keepers) -> None:
    huw, days = entry(people, morning.huw), Days(TOMORROW, TOMORROW)
    people.act(morning.huw, key_adults.record_absence, key_adult_id=huw.id, days=days)
    assert [row.source for row in people.rows(KeyAdultAbsence)] == ["own"]
    people.act(morning.priya, key_adults.record_absence, key_adult_id=huw.id, days=days)
    assert [row.source for row in people.rows(KeyAdultAbsence)] == ["colleague"]
    for first, last in ((TOMORROW, TODAY), (date(2026, 1, 1), date(2026, 1, 2)),
                        (TODAY, date(2029, 1, 1))):  # fmt: skip
        with pytest.raises(Invalid):
            people.act(
                morning.huw, key_adults.record_absence, key_adult_id=huw.id,
                days=Days(first, last),
            )  # fmt: skip


@pytest.mark.feature("RE9")
def test_a_leaver_is_out_at_once_and_the_next_is_asked(morning: Morning, people: Keepers) -> None:
    waiting = morning.notification()
    move(people.wiring, minutes=26)
    morning.force.chase()
    priya = entry(people, morning.priya)
    now = people.wiring.clock.now()
    with people.wiring.database.write() as session:
        create(session, account_id=morning.priya.account_id, now=now)
    people.act(morning.huw, key_adults.record_leaving, key_adult_id=priya.id, left_on=TODAY)
    sessions = people.rows(SignInSession, account_id=morning.priya.account_id)
    assert [one.ended_at for one in sessions] == [now]
    (role,) = people.rows(AccountRole, account_id=morning.priya.account_id)
    assert role.ended_at == now
    assert people.acting(morning.priya).actor.grants == ()
    with pytest.raises(NotFound):
        people.act(morning.priya, inbox)
    states = {one.key_adult_id: one.state for one in morning.force.rows(Alert)}
    assert states == {priya.id: AlertState.NOT_NEEDED}
    morning.force.chase()
    huw = entry(people, morning.huw)
    assert {alert.key_adult_id for alert in morning.force.rows(Alert)} == {priya.id, huw.id}
    assert morning.read(waiting).told_at is None
    with pytest.raises(Conflict):
        people.act(people.lead, key_adults.record_leaving, key_adult_id=priya.id, left_on=None)
    assert people.rows(AuditEntry, event="register:key_adult:left")[0].actor == morning.huw.actor


@pytest.mark.feature("RE9")
def test_a_leaver_of_one_school_keeps_the_other(morning: Morning, people: Keepers) -> None:
    with people.wiring.database.write(PLATFORM) as session:
        session.get_one(
            KeyAdult, entry(people, morning.stranger, LATER_URN).id
        ).account_id = morning.priya.account_id
        session.add(
            AccountRole(
                id=people.lead.account_id, account_id=morning.priya.account_id,
                role=Role.KEY_ADULT, urn=LATER_URN, granted_at=people.wiring.clock.now(),
            )
        )  # fmt: skip
    priya = entry(people, morning.priya)
    people.act(people.lead, key_adults.record_leaving, key_adult_id=priya.id, left_on=TODAY)
    assert people.acting(morning.priya).actor.grants == (Grant(Role.KEY_ADULT, urn=LATER_URN),)


@pytest.mark.feature("RE9")
def test_the_last_one_may_leave_and_the_school_shows_as_not_ready(
    morning: Morning, people: Keepers
) -> None:
    stranger = entry(people, morning.stranger, LATER_URN)
    with people.wiring.database.read(Scope()) as session:
        acting = people.acting(morning.stranger)
        assert key_adults.only_one_left(session, acting, stranger)
        priya = entry(people, morning.priya)
        assert not key_adults.only_one_left(session, people.acting(morning.huw), priya)
    people.act(morning.stranger, key_adults.record_leaving, key_adult_id=stranger.id, left_on=TODAY)
    view = people.act(people.lead, schools_view)
    assert {line.urn: line.reason_code for line in view.lines} == {
        LATER_URN: "no_key_adult", URN: None,
    }  # fmt: skip


def test_somebody_who_leaves_on_a_day_to_come_stays_until_then(
    morning: Morning, people: Keepers
) -> None:
    priya = entry(people, morning.priya)
    people.act(morning.priya, key_adults.record_leaving, key_adult_id=priya.id, left_on=TOMORROW)
    assert people.acting(morning.priya).actor.grants
    people.act(morning.priya, key_adults.record_leaving, key_adult_id=priya.id, left_on=None)
    people.act(morning.priya, key_adults.record_leaving, key_adult_id=priya.id, left_on=TOMORROW)
    move(people.wiring, days=1)
    assert people.acting(morning.priya).actor.grants == ()


@pytest.mark.feature("RE13")
def test_each_sees_the_schools_of_their_own_area(morning: Morning, people: Keepers) -> None:
    def seen(*grants: Grant) -> set[int]:
        acting = people.with_grants(people.lead, *grants)
        with people.wiring.database.read(Scope()) as session:
            return {line.urn for line in schools_view(session, acting).lines}

    both = {URN, LATER_URN}
    assert seen(Grant(Role.LEAD, council="999")) == both
    assert seen(Grant(Role.COUNCIL_OFFICER, council="999")) == both
    assert seen(Grant(Role.LEAD, council="998")) == set()
    assert seen(Grant(Role.KEY_ADULT, urn=URN)) == {URN}
    assert seen(Grant(Role.KEY_ADULT, urn=URN), Grant(Role.KEY_ADULT, urn=LATER_URN)) == both
    assert seen(Grant(Role.LEAD, force=FORCE)) == set()
    with people.wiring.database.write() as session:
        set_area(
            session, code=FORCE, councils=["999"], now=people.wiring.clock.now(), actor="operator:t"
        )
    assert seen(Grant(Role.LEAD, force=FORCE)) == both
    assert seen(Grant(Role.REGISTER_ADMIN)) == set()
    with pytest.raises(NotFound):
        seen(Grant(Role.FORCE_DESK, force=FORCE))


@pytest.mark.feature("RE13")
def test_a_view_is_filtered_by_reason_and_by_council(morning: Morning, people: Keepers) -> None:
    stranger = entry(people, morning.stranger, LATER_URN)
    people.act(
        people.lead, key_adults.record_absence, key_adult_id=stranger.id, days=Days(TODAY, TODAY)
    )
    view = people.act(people.lead, schools_view)
    assert view.counts == {"away": 1, "ready": 1, "not_assured": 2}
    assert [line.urn for line in people.act(people.lead, schools_view, chosen="away").lines] == [
        LATER_URN
    ]
    whole = people.act(people.admin, schools_view)
    assert (whole.lines, whole.councils) == ((), {"999": "Exampleshire"})
    assert len(people.act(people.admin, schools_view, council="999").lines) == 2
    assert people.act(people.lead, schools_view, council="998").total == 2


@pytest.mark.feature("RE13")
def test_a_forces_lead_sees_and_does_not_change(morning: Morning, people: Keepers) -> None:
    now = people.wiring.clock.now()
    with people.wiring.database.write() as session:
        set_area(session, code=FORCE, councils=["999"], now=now, actor="operator:test")
    lead = people.with_grants(people.elsewhere, Grant(Role.LEAD, force=FORCE))
    admin = people.with_grants(people.elsewhere, Grant(Role.REGISTER_ADMIN, force=FORCE))
    huw = entry(people, morning.huw)
    with people.wiring.database.write(Scope()) as session:
        found = school_people(session, lead, urn=URN)
        assert len(found.adults) == 2
        assert (found.may_manage, found.may_request, found.may_approve) == (False,) * 3
        with pytest.raises(NotFound):
            key_adults.move_key_adult(session, lead, key_adult_id=huw.id, earlier=True)
        assert school_people(session, admin, urn=URN).may_approve
        key_adults.move_key_adult(session, admin, key_adult_id=huw.id, earlier=True)


def test_what_assurance_lacks_is_listed_and_never_stands_in_the_way(
    morning: Morning, people: Keepers
) -> None:
    found = people.act(morning.priya, school_people, urn=URN)
    assert [part.value for part in found.missing] == [
        "protocol", "parents_statement", "holiday_contact", "drill",
    ]  # fmt: skip
    assert found.able == 2
    people.act(
        morning.priya, key_adults.record_dates, urn=URN, protocol_on=date(2026, 9, 1),
        statement_on=date(2026, 9, 2),
    )  # fmt: skip
    huw = entry(people, morning.huw)
    days = Days(date(2026, 12, 19), date(2027, 1, 4))
    people.act(morning.priya, key_adults.set_holiday_cover, key_adult_id=huw.id, days=days)
    found = people.act(morning.priya, school_people, urn=URN)
    assert [part.value for part in found.missing] == ["drill"]
    drilled(people)
    for viewer in (morning.priya, people.lead, people.admin):
        assert people.act(viewer, school_people, urn=URN).missing == ()
    assert people.act(people.lead, schools_view).counts["assured"] == 1
    assert found.adults[1].holidays[0].last_on == date(2027, 1, 4)
    with pytest.raises(Invalid):
        people.act(
            morning.priya, key_adults.record_dates, urn=URN, protocol_on=TOMORROW,
            statement_on=None,
        )  # fmt: skip
    with pytest.raises(NotFound):
        people.act(
            morning.stranger, key_adults.record_dates, urn=URN, protocol_on=None, statement_on=None
        )
