"""The marker of the board moves with what a person's board shows, and with nothing else."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.access.models import Force
from app.access.permissions import Role
from app.core.audit import Event, record
from app.core.scope import PLATFORM
from app.core.settings import Settings
from notifications.alerting import Addressee, cover, plan_alert
from notifications.models import Notification
from schools.connected import Adult
from schools.models import KeyAdult
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, add_person, signed_in
from tests.factories.restricted import colleague, name_group, restrict

WORK = (Role.FORCE_DESK, Role.REVIEWER)
_SEEN = re.compile(r"/morning/live\?seen=(\w+)")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"live_seconds": 1})


@pytest.fixture
def boards(morning: Morning) -> dict[str, Browser]:
    """A member of the group for restricted incidents, somebody of the desk, and a stranger."""
    wiring = morning.wiring
    with wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=morning.force.now))
    group = [colleague(wiring, f"{one}@example.org", *WORK) for one in ("member", "second")]
    name_group(wiring, group)
    others = {
        "desk": add_person(wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE),
        "stranger": add_person(wiring, "stranger-98@example.org", Role.FORCE_DESK, force="98"),
    }
    return {who: signed_in(wiring, one) for who, one in {"member": group[0], **others}.items()}


def marker(board: Browser) -> str:
    """Return the marker of the board as this person has it on the screen."""
    found = _SEEN.search(board.get("/morning").text)
    assert found
    return found[1]


def woken(boards: dict[str, Browser], act: Callable[[], object]) -> set[str]:
    """Return whose board an act changes the marker of; looking alone changes nobody's."""
    before = {who: marker(board) for who, board in boards.items()}
    assert before == {who: marker(board) for who, board in boards.items()}
    act()
    after = {who: marker(board) for who, board in boards.items()}
    for who, board in boards.items():
        stream = board.get(f"/morning/live?seen={before[who]}").text
        assert ("event: changed" in stream) == (after[who] != before[who]), who
    return {who for who, seen in after.items() if seen != before[who]}


def opens(school: Browser, message: UUID) -> None:
    page = f"/notifications/{message}"
    school.press(f"{page}/first-step", page=page)
    opened = school.press(f"{page}/open", {"on_roll": "yes", "knows_family": "no"}, page=page)
    assert opened.status_code == 303


def alert_arrives(morning: Morning, message: UUID) -> None:
    now = morning.wiring.clock.now()
    (key_adult,) = morning.force.rows(KeyAdult, urn=URN, position=1)
    with morning.wiring.database.write(PLATFORM) as session:
        to = Addressee(FORCE, urn=URN, key_adult_id=key_adult.id)
        alert = plan_alert(session, to, due_at=now + timedelta(hours=1), now=now)
        cover(session, alert, session.get_one(Notification, message))
        record(
            session, event=Event.ALERT_REACHED, actor="job:test", force=FORCE,
            subject=f"alert:{alert.id}", now=now,
        )  # fmt: skip


def test_who_may_not_know_of_an_incident_does_not_hear_that_anything_of_it_changed(
    morning: Morning, boards: dict[str, Browser]
) -> None:
    school = signed_in(morning.wiring, morning.priya)
    ordinary, closed = morning.notification(), morning.notification()
    restrict(morning.wiring, morning.read(closed).incident_id)
    assert woken(boards, lambda: alert_arrives(morning, closed)) == {"member"}
    assert woken(boards, lambda: opens(school, closed)) == {"member"}
    assert woken(boards, lambda: opens(school, ordinary)) == {"member", "desk"}


def test_an_alert_of_an_ordinary_message_is_on_everybodys_board(
    morning: Morning, boards: dict[str, Browser]
) -> None:
    ordinary = morning.notification()
    assert woken(boards, lambda: alert_arrives(morning, ordinary)) == {"member", "desk"}


def test_who_is_of_the_family_does_not_hear_that_anything_of_it_changed(
    morning: Morning, boards: dict[str, Browser]
) -> None:
    school = signed_in(morning.wiring, morning.priya)
    ordinary, own = morning.notification(), morning.notification()
    connect(morning.wiring, morning.read(own).incident_id, Adult(email="desk@example.org"))
    assert woken(boards, lambda: opens(school, own)) == {"member"}
    assert woken(boards, lambda: opens(school, ordinary)) == {"member", "desk"}


def test_many_acts_that_somebody_may_not_know_of_hide_none_that_they_may(
    morning: Morning, boards: dict[str, Browser]
) -> None:
    ordinary, closed = morning.notification(), morning.notification()
    restrict(morning.wiring, morning.read(closed).incident_id)

    def one_and_then_many() -> None:
        for message in (ordinary, *[closed] * 25):
            alert_arrives(morning, message)

    assert woken(boards, one_and_then_many) == {"member", "desk"}
