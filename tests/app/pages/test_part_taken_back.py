"""One of several incidents of a message is taken back: its readers answer for that one."""

import re
from uuid import UUID

import pytest

from app.access.permissions import Role
from app.core.scope import PLATFORM
from notifications.models import Occurrence, Receipt
from notifications.recall import recall_incident
from notifications.receipt_models import Recall
from notifications.states import NotificationState, ReceiptKind
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, PERSON
from tests.factories.people import Browser, Person, add_person, move, signed_in

ON_ROLL = {"on_roll": "yes", "knows_family": "no"}
PART, WHOLE = "Part of a message was taken back", "A message was taken back"
NOTHING_KEPT = "I keep nothing of it"


@pytest.fixture
def joined(morning: Morning) -> UUID:
    """One message that tells of three incidents."""
    first = morning.notification(person_digest=PERSON)
    for _ in range(2):
        assert morning.notification(person_digest=PERSON) == first
    return first


@pytest.fixture
def reader(morning: Morning, joined: UUID) -> Browser:
    return opened_by(morning, morning.priya, joined)


def opened_by(morning: Morning, person: Person, notification_id: UUID) -> Browser:
    browser = signed_in(morning.wiring, person)
    browser.press(f"/notifications/{notification_id}/first-step")
    answer = browser.press(f"/notifications/{notification_id}/open", ON_ROLL)
    assert answer.status_code == 303
    move(morning.wiring, seconds=1)
    return browser


def take_one_back(morning: Morning, notification_id: UUID) -> None:
    """Withdraw the first incident that the message still tells of."""
    move(morning.wiring, seconds=1)
    one, *_ = morning.force.rows(Occurrence, notification_id=notification_id)
    with morning.wiring.database.write(PLATFORM) as session:
        recall_incident(
            session, incident_ids=[one.incident_id], reason_code="recorded_in_error",
            actor="client:police", now=morning.wiring.clock.now(),
        )  # fmt: skip
    move(morning.wiring, seconds=1)


def destroyed(morning: Morning) -> list[str]:
    return [one.actor for one in morning.force.rows(Receipt, kind=ReceiptKind.DESTROYED)]


def test_a_reader_finds_it_and_says_that_nothing_is_kept(
    morning: Morning, joined: UUID, reader: Browser
) -> None:
    here = f"/notifications/{joined}"
    assert reader.press(f"{here}/destroyed").status_code == 409
    take_one_back(morning, joined)
    assert morning.read(joined).state is NotificationState.OPENED
    inbox = reader.get("/inbox").text
    assert PART in inbox
    assert WHOLE not in inbox
    page = reader.get(here).text
    assert NOTHING_KEPT in page
    assert "Asha Example-Khan" in page
    assert reader.press(f"{here}/destroyed").status_code == 303
    assert destroyed(morning) == [morning.priya.actor]
    assert PART not in reader.get("/inbox").text
    assert NOTHING_KEPT not in reader.get(here).text


def test_an_open_page_that_shows_one_incident_too_many_is_loaded_again(
    morning: Morning, joined: UUID, reader: Browser
) -> None:
    def watched() -> str:
        found = re.search(r'data-watch="([^"]+)"', reader.get(f"/notifications/{joined}").text)
        assert found is not None
        return found[1]

    open_page = watched()
    assert reader.get(open_page).status_code == 204
    take_one_back(morning, joined)
    assert reader.get(open_page).status_code == 404
    assert reader.get(watched()).status_code == 204


def test_the_answer_for_one_is_none_for_what_is_taken_back_later(
    morning: Morning, joined: UUID, reader: Browser
) -> None:
    here = f"/notifications/{joined}"
    for _ in range(2):
        take_one_back(morning, joined)
        assert reader.get("/inbox").text.count(PART) == 1
        reader.press(f"{here}/destroyed")
        assert reader.press(f"{here}/destroyed").status_code == 303
    take_one_back(morning, joined)
    assert morning.read(joined).state is NotificationState.RECALLED
    assert WHOLE in reader.get("/inbox").text
    reader.press(f"{here}/destroyed")
    assert WHOLE not in reader.get("/inbox").text
    assert destroyed(morning) == [morning.priya.actor] * 3


def test_two_taken_back_before_an_answer_are_asked_about_once(
    morning: Morning, joined: UUID, reader: Browser
) -> None:
    take_one_back(morning, joined)
    take_one_back(morning, joined)
    assert reader.get("/inbox").text.count(PART) == 1
    reader.press(f"/notifications/{joined}/destroyed")
    assert PART not in reader.get("/inbox").text
    assert len(destroyed(morning)) == 1


def test_only_who_had_read_it_before_is_asked_and_named(
    morning: Morning, joined: UUID, reader: Browser
) -> None:
    take_one_back(morning, joined)
    colleague = opened_by(morning, morning.huw, joined)
    assert PART not in colleague.get("/inbox").text
    assert NOTHING_KEPT not in colleague.get(f"/notifications/{joined}").text
    stranger = signed_in(morning.wiring, morning.stranger)
    assert PART not in stranger.get("/inbox").text
    assert stranger.press(f"/notifications/{joined}/destroyed").status_code == 404
    desk = signed_in(
        morning.wiring, add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)
    )
    (case,) = morning.force.rows(Recall)
    page = f"/morning/recalls/{case.id}"
    desk.press(f"{page}/protecting", {"said": "no"})
    assert "Priya Nair" in desk.get(page).text
    assert "Huw Price" not in desk.get(page).text
    assert "Says that nothing of it is kept" not in desk.get(page).text
    assert reader.press(f"/notifications/{joined}/destroyed").status_code == 303
    assert destroyed(morning) == [morning.priya.actor]
    assert "Says that nothing of it is kept" in desk.get(page).text


def test_a_message_closed_since_still_asks(morning: Morning, joined: UUID, reader: Browser) -> None:
    take_one_back(morning, joined)
    reader.press(f"/notifications/{joined}/not-our-pupil", {"why": "never_on_roll"})
    page = reader.get(f"/notifications/{joined}").text
    assert "Asha" not in page
    assert NOTHING_KEPT in page
