"""Who is connected sees nothing, a name asks first, and one role of the force reads the reason."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from notifications.models import CallSheetLine, Occurrence, Receipt
from notifications.states import ReceiptKind
from schools.connected import Adult
from schools.connected_models import ChangeReason, RecipientChange
from schools.matching.models import Review, ReviewState
from schools.officers import Duty, add_officer
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, Person, add_person, move, signed_in

pytestmark = pytest.mark.feature("RE11")

OPEN = {"on_roll": "yes", "knows_family": "no"}
IS_PRIYA = Adult(email="Priya@example.org")
LIKE_PRIYA = Adult("Priya", "Nair")
QUESTION = "Are you related to or involved with this family?"


@pytest.fixture
def waiting(morning: Morning) -> UUID:
    return morning.notification()


def incident_of(morning: Morning, notification_id: UUID) -> UUID:
    (row,) = morning.force.rows(Occurrence, notification_id=notification_id)
    incident_id: UUID = row.incident_id
    return incident_id


def tie(morning: Morning, notification_id: UUID, *adults: Adult) -> None:
    connect(morning.wiring, incident_of(morning, notification_id), *adults)


def path(notification_id: UUID, step: str = "") -> str:
    return f"/notifications/{notification_id}{step}"


def test_for_who_is_identified_the_message_does_not_exist(morning: Morning, waiting: UUID) -> None:
    other = morning.notification()
    tie(morning, waiting, IS_PRIYA)
    browser = signed_in(morning.wiring, morning.priya)
    inbox = browser.get("/inbox").text
    assert (str(waiting) in inbox, str(other) in inbox) == (False, True)
    assert browser.get(path(waiting)).status_code == 404
    for step in ("/first-step", "/open", "/acknowledge", "/not-our-pupil", "/follow-up"):
        assert browser.press(path(waiting, step), OPEN).status_code == 404
    assert morning.force.rows(Receipt) == []


def test_a_colleague_opens_it_and_a_stranger_finds_nothing(morning: Morning, waiting: UUID) -> None:
    tie(morning, waiting, IS_PRIYA)
    colleague = signed_in(morning.wiring, morning.huw)
    colleague.press(path(waiting, "/first-step"))
    assert QUESTION not in colleague.get(path(waiting)).text
    colleague.press(path(waiting, "/open"), OPEN)
    assert "Example-Khan" in colleague.get(path(waiting)).text
    stranger = signed_in(morning.wiring, morning.stranger)
    assert stranger.get(path(waiting)).status_code == 404


def test_who_opened_it_before_a_second_incident_said_more_sees_nothing_either(
    morning: Morning, waiting: UUID
) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(path(waiting, "/first-step"))
    browser.press(path(waiting, "/open"), OPEN)
    assert "Example-Khan" in browser.get(path(waiting)).text
    tie(morning, waiting, IS_PRIYA)
    assert browser.get(path(waiting)).status_code == 404


def asked(morning: Morning, waiting: UUID) -> Browser:
    tie(morning, waiting, LIKE_PRIYA)
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(path(waiting, "/first-step"))
    assert QUESTION in browser.get(path(waiting)).text
    return browser


def test_a_name_alone_is_asked_about_and_a_no_opens(morning: Morning, waiting: UUID) -> None:
    browser = asked(morning, waiting)
    answer = browser.press(path(waiting, "/open"), OPEN)
    assert answer.status_code == 400
    assert "Say whether you are related to or involved with this family" in answer.text
    assert "Example-Khan" not in answer.text
    answer = browser.press(path(waiting, "/open"), {**OPEN, "tied": "no"})
    assert answer.headers["location"] == path(waiting)
    assert "Example-Khan" in browser.get(path(waiting)).text


def test_a_yes_leads_to_a_colleague_for_good(morning: Morning, waiting: UUID) -> None:
    browser = asked(morning, waiting)
    answer = browser.press(path(waiting, "/open"), {**OPEN, "tied": "yes"})
    assert answer.headers["location"] == path(waiting, "/for-a-colleague")
    answer = browser.press(path(waiting, "/open"), {**OPEN, "tied": "no"})
    assert answer.headers["location"] == path(waiting, "/for-a-colleague")
    assert "Example-Khan" not in browser.get(path(waiting)).text
    (receipt,) = morning.force.rows(Receipt, kind=ReceiptKind.WITHHELD)
    assert receipt.actor == morning.priya.actor


@pytest.fixture
def lead(morning: Morning) -> Person:
    return add_person(morning.wiring, "lead@example.org", Role.LEAD, name="Lee Lead", force=FORCE)


def test_the_force_lead_alone_reads_who_and_why(
    morning: Morning, waiting: UUID, lead: Person
) -> None:
    asked(morning, waiting).press(path(waiting, "/open"), {**OPEN, "tied": "yes"})
    address = f"/reports/recipients/{FORCE}"
    page = signed_in(morning.wiring, lead).get(address).text
    assert "Priya Nair" in page
    assert "Said that they are related to or involved with the family" in page
    council_lead = add_person(morning.wiring, "cl@example.org", Role.LEAD, council="999")
    desk = add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)
    for person in (desk, council_lead, morning.priya):
        assert signed_in(morning.wiring, person).get(address).status_code == 404
    other_force = signed_in(morning.wiring, lead).get("/reports/recipients/98")
    assert other_force.status_code == 404


def test_the_desk_sees_that_it_changed_and_not_who(morning: Morning, waiting: UUID) -> None:
    tie(morning, waiting, IS_PRIYA)
    morning.force.later(90)
    morning.force.chase()
    desk = add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Dee Desk", force=FORCE
    )
    browser = signed_in(morning.wiring, desk)
    board = browser.get("/morning").text
    assert "Recipient changed" in board
    (line,) = morning.force.rows(CallSheetLine)
    browser.press(f"/morning/calls/{line.id}/claim")
    page = browser.get(f"/morning/calls/{line.id}").text
    assert "Recipient changed" in page
    for shown in (board, page):
        assert "Priya" not in shown
        assert "Key Adult 1" not in shown


def rung(morning: Morning, waiting: UUID, *adults: Adult) -> tuple[Browser, UUID]:
    """A call about the message, and a caller called Cal Desk."""
    tie(morning, waiting, *adults)
    morning.force.later(90)
    morning.force.chase()
    desk = add_person(
        morning.wiring, "cal@example.org", Role.FORCE_DESK, name="Cal Desk", force=FORCE
    )
    (line,) = morning.force.rows(CallSheetLine)
    return signed_in(morning.wiring, desk), line.id


def test_a_caller_who_is_identified_finds_no_call_and_no_school(
    morning: Morning, waiting: UUID
) -> None:
    browser, line_id = rung(morning, waiting, Adult(email="cal@example.org"))
    board = browser.get("/morning").text
    assert str(line_id) not in board
    assert f"School {URN}" not in board
    assert "1 child not told" in board
    assert browser.press(f"/morning/calls/{line_id}/claim").status_code == 404


def test_a_caller_of_the_same_name_is_asked_before_anything_opens(
    morning: Morning, waiting: UUID
) -> None:
    browser, line_id = rung(morning, waiting, Adult("Cal", "Desk"))
    here = f"/morning/calls/{line_id}"
    browser.press(f"{here}/claim")
    assert QUESTION in browser.get(here).text
    assert browser.press(f"{here}/content").status_code == 409
    assert "Example-Khan" in browser.press(f"{here}/content", {"untied": "yes"}).text
    assert browser.press(f"{here}/pass").headers["location"] == "/morning"
    assert browser.get(here).status_code == 404
    (line,) = morning.force.rows(CallSheetLine)
    assert line.claimed_by is None


@pytest.fixture
def reviewer(morning: Morning) -> Person:
    return add_person(morning.wiring, "jo@example.org", Role.REVIEWER, name="Jo Lee", force=FORCE)


def unclear(morning: Morning, *adults: Adult) -> UUID:
    review_id = morning.unclear(minutes=75)
    with morning.wiring.database.read(PLATFORM) as session:
        review = session.get_one(Review, review_id)
        incident_id = session.get_one(InvolvedChild, review.involved_child_id).incident_id
    connect(morning.wiring, incident_id, *adults)
    return review_id


def test_a_connected_reviewer_may_not_claim_and_a_colleague_may(
    morning: Morning, reviewer: Person
) -> None:
    review_id = unclear(morning, Adult(email="jo@example.org"))
    browser = signed_in(morning.wiring, reviewer)
    assert str(review_id) not in browser.get("/review").text
    assert browser.get(f"/review/{review_id}").status_code == 404
    for step in ("claim", "search", "settle"):
        assert browser.press(f"/review/{review_id}/{step}").status_code == 404
    colleague = add_person(morning.wiring, "al@example.org", Role.REVIEWER, name="Al", force=FORCE)
    other = signed_in(morning.wiring, colleague)
    assert other.press(f"/review/{review_id}/claim").status_code == 303


def test_a_reviewer_is_known_by_the_telephone_of_their_duty(
    morning: Morning, reviewer: Person
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        add_officer(
            session, morning.wiring.cipher, owner=f"force:{FORCE}", duty=Duty.REVIEWER, position=1,
            name="Jo Lee", email="jo@example.org", telephone="07700 900321",
            account_id=reviewer.account_id, now=morning.force.now,
        )  # fmt: skip
    review_id = unclear(morning, Adult(phone="+44 7700 900321"))
    assert signed_in(morning.wiring, reviewer).get(f"/review/{review_id}").status_code == 404


def test_a_reviewer_of_the_same_name_is_asked_first(morning: Morning, reviewer: Person) -> None:
    review_id = unclear(morning, Adult("Jo", "Lee"))
    browser = signed_in(morning.wiring, reviewer)
    page = browser.get(f"/review/{review_id}").text
    assert QUESTION in page
    assert browser.press(f"/review/{review_id}/claim").status_code == 409
    answer = browser.press(f"/review/{review_id}/claim", {"untied": "yes"})
    assert answer.status_code == 303
    assert "Asha" in browser.get(f"/review/{review_id}").text


def test_a_reviewer_who_says_yes_never_sees_it_again(morning: Morning, reviewer: Person) -> None:
    review_id = unclear(morning, Adult("Jo", "Lee"))
    browser = signed_in(morning.wiring, reviewer)
    assert browser.press(f"/review/{review_id}/pass").headers["location"] == "/review"
    assert browser.get(f"/review/{review_id}").status_code == 404
    assert str(review_id) not in browser.get("/review").text
    move(morning.wiring, minutes=1)
    with morning.wiring.database.read(PLATFORM) as session:
        assert session.scalars(select(Review.state)).all() == [ReviewState.OPEN]


def test_only_who_may_settle_or_call_can_pass_on(morning: Morning, waiting: UUID) -> None:
    review_id = unclear(morning, Adult("Jo", "Lee"))
    browser = signed_in(morning.wiring, morning.priya)
    assert browser.press(f"/review/{review_id}/pass").status_code == 404
    morning.force.later(90)
    morning.force.chase()
    (line,) = morning.force.rows(CallSheetLine)
    browser = signed_in(morning.wiring, morning.priya)
    assert browser.press(f"/morning/calls/{line.id}/pass").status_code == 404


def test_a_lead_who_is_connected_reads_nothing_of_it(
    morning: Morning, waiting: UUID, lead: Person
) -> None:
    tie(morning, waiting, IS_PRIYA, Adult(email="lead@example.org"))
    morning.force.later(30)
    morning.force.chase()
    page = signed_in(morning.wiring, lead).get(f"/reports/recipients/{FORCE}").text
    assert "Nobody was left out" in page


def test_the_board_counts_nothing_open_that_does_not_exist_for_its_reader(
    morning: Morning, waiting: UUID
) -> None:
    desk = add_person(morning.wiring, "own@example.org", Role.FORCE_DESK, force=FORCE)
    reader = signed_in(morning.wiring, morning.huw)
    reader.press(path(waiting, "/first-step"))
    reader.press(path(waiting, "/open"), OPEN)
    board = signed_in(morning.wiring, desk)
    board.press(f"/morning/recalls/new/{waiting}", {"reason": "wrong_school"})
    assert "1 matter is" in board.get("/morning").text
    tie(morning, waiting, Adult(email="own@example.org"))
    assert "matter is" not in board.get("/morning").text
    assert "Nothing is open" in board.get("/morning/open").text


def test_the_timeline_says_who_was_passed_over_and_why_to_the_lead_alone(
    morning: Morning, waiting: UUID
) -> None:
    reader = signed_in(morning.wiring, morning.priya)
    reader.press(path(waiting, "/first-step"))
    reader.press(path(waiting, "/open"), {"on_roll": "yes", "knows_family": "yes"})
    tie(morning, waiting, Adult(email="huw@example.org"))
    # Found as he looks, and passed over by the ladder.
    assert signed_in(morning.wiring, morning.huw).get(path(waiting)).status_code == 404
    move(morning.wiring, minutes=71)
    morning.force.chase()
    told = {}
    for role in (Role.FORCE_DESK, Role.AUDITOR, Role.LEAD):
        person = add_person(morning.wiring, f"{role.value}@example.org", role, force=FORCE)
        told[role] = signed_in(morning.wiring, person).get(f"/timeline/{waiting}").text
    for role in (Role.FORCE_DESK, Role.AUDITOR):
        assert "The recipient was changed" in told[role]
        assert "recipient changed" in told[role]
        for secret in ("connected", "close to the family", "knows the family", "key adult B"):
            assert secret not in told[role], (role, secret)
    for reason in ("connected", "close to the family", "knows the family", "key adult B"):
        assert reason in told[Role.LEAD]


def test_who_is_found_connected_while_the_page_is_open_is_noted_once_and_loses_it(
    morning: Morning, waiting: UUID
) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(path(waiting, "/first-step"))
    browser.press(path(waiting, "/open"), OPEN)
    asked = path(waiting, "/still-shown/1/1")
    assert browser.get(asked).status_code == 204
    assert morning.force.rows(RecipientChange) == []
    tie(morning, waiting, IS_PRIYA)
    for _ in range(2):
        assert browser.get(asked).status_code == 404
    (noted,) = morning.force.rows(RecipientChange)
    assert (noted.about, noted.reason) == (f"notification:{waiting}", ChangeReason.IDENTITY)
    colleague = signed_in(morning.wiring, morning.huw)
    assert colleague.get(asked).status_code == 404
    assert len(morning.force.rows(RecipientChange)) == 1
