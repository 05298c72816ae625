"""Pages after telling: attendance, recall with its questions, timeline, export; and who may not."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.access.models import Force
from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Policy, Receipts
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from notifications.asking import due_after_telling, take_steps_after_telling
from notifications.channels.call_sheet import open_line
from notifications.models import Alert, CallSheetLine, Notification, Receipt
from notifications.receipt_models import Attendance, Breach, Recall
from notifications.receipt_states import AttendanceAnswer, BreachDecision, Said
from notifications.states import NotificationState, ReceiptKind
from schools.connected import Adult
from schools.officers import Duty, Officer, add_officer
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Browser, Person, add_person, move, signed_in

SCHOOL_FILE = Path(__file__).parents[3] / "docs" / "school-file.md"
ON_ROLL = {"on_roll": "yes", "knows_family": "no"}


@pytest.fixture
def waiting(morning: Morning) -> UUID:
    return morning.notification()


@pytest.fixture
def desk(morning: Morning) -> Person:
    return add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Dana Desk", force=FORCE
    )


@pytest.fixture
def reader(morning: Morning, waiting: UUID) -> Browser:
    """Priya's browser with the message open."""
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(f"/notifications/{waiting}/first-step")
    assert browser.press(f"/notifications/{waiting}/open", ON_ROLL).status_code == 303
    return browser


def ask(morning: Morning, **later: float) -> None:
    """Move the clock and take the steps after telling that are due."""
    move(morning.wiring, **later)
    now = morning.wiring.clock.now()
    with morning.wiring.database.read(PLATFORM) as session:
        due = due_after_telling(session, now=now, limit=10)
    for one in due:
        with morning.wiring.database.write(PLATFORM) as session:
            take_steps_after_telling(
                session, morning.wiring.cipher, notification_id=one, now=now, actor="job:test"
            )


def strangers(morning: Morning) -> Iterator[Browser]:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherby", added_at=morning.wiring.clock.now()))
    other = add_person(morning.wiring, "other@example.org", Role.FORCE_DESK, force="98")
    for person in (morning.stranger, other):
        yield signed_in(morning.wiring, person)


def test_the_question_comes_when_the_register_closes_and_absent_tells_the_police(
    morning: Morning, waiting: UUID, desk: Person
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        for owner, duty, email in (
            (f"force:{FORCE}", Duty.DUTY_OFFICER, "duty@force.test"),
            ("council:999", Duty.COUNCIL_LEAD, "lead@council.test"),
        ):
            verified(session, morning, owner, duty, email)
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(f"/notifications/{waiting}/first-step")
    browser.press(f"/notifications/{waiting}/open", ON_ROLL)
    here = f"/notifications/{waiting}"
    assert "Is this child in school today?" not in browser.get(here).text
    assert browser.press(f"{here}/attendance", {"answer": "absent"}).status_code == 409
    browser = later(morning, hours=3, minutes=20)
    assert "Is this child in school today?" in browser.get(here).text
    assert "tells the police" in browser.get(here).text
    assert browser.press(f"{here}/attendance", {"answer": "absent"}).status_code == 303
    (row,) = morning.force.rows(Attendance)
    assert (row.answer, row.answered_by) == (AttendanceAnswer.ABSENT, morning.priya.actor)
    about = {one.about for one in morning.force.rows(Alert) if one.officer_id is not None}
    assert about == {f"absence:{waiting}"}
    board = signed_in(morning.wiring, desk)
    assert "1 matter is" in board.get("/morning").text
    shown = board.get("/morning/open").text
    assert "Absent, and nobody knows why" in shown
    assert "Asha" not in shown
    move(morning.wiring, seconds=1)
    press = f"/morning/open/{waiting}/response"
    assert board.press(press, {"response": "seen_safe"}).status_code == 303
    assert "Nothing is open" in board.get("/morning/open").text


@pytest.mark.parametrize("lead_is_free", [True, False])
def test_an_absence_goes_past_officers_of_the_family_to_the_next_duty_of_the_force(
    morning: Morning, waiting: UUID, reader: Browser, lead_is_free: bool
) -> None:
    emails = {"duty@force.test", "lead@council.test"} | (set() if lead_is_free else {"lead@f.test"})
    connect(
        morning.wiring, morning.read(waiting).incident_id, *(Adult(email=one) for one in emails)
    )
    with morning.wiring.database.write(PLATFORM) as session:
        verified(session, morning, f"force:{FORCE}", Duty.DUTY_OFFICER, "duty@force.test")
        verified(session, morning, "council:999", Duty.COUNCIL_LEAD, "lead@council.test")
        verified(session, morning, f"force:{FORCE}", Duty.FORCE_LEAD, "lead@f.test")
    browser = later(morning, hours=3, minutes=20)
    press = f"/notifications/{waiting}/attendance"
    assert browser.press(press, {"answer": "absent"}).status_code == 303
    asked = {one.officer_id for one in morning.force.rows(Alert) if one.officer_id is not None}
    leads = {one.id for one in morning.force.rows(Officer) if one.duty is Duty.FORCE_LEAD}
    assert asked == (leads if lead_is_free else set())
    noted = [
        one.detail for one in morning.force.rows(AuditEntry)
        if one.event == Event.ATTENDANCE_ANSWERED
    ]  # fmt: skip
    assert [(one["desk"], one["council"]) for one in noted] == [("connected", "connected")]


def later(morning: Morning, **by: float) -> Browser:
    """Come back at register-close: the sign-in of the morning has ended."""
    ask(morning, **by)
    return signed_in(morning.wiring, morning.priya)


def verified(session: Any, morning: Morning, owner: str, duty: Duty, email: str) -> None:
    now = morning.wiring.clock.now()
    add_officer(
        session, morning.wiring.cipher, owner=owner, duty=duty, name="Kit Named", email=email,
        telephone=None, position=1, account_id=None, now=now, verified=True,
    )  # fmt: skip


@pytest.mark.feature("FU4")
def test_a_question_nobody_answers_is_on_the_board_from_half_past_ten(
    morning: Morning, reader: Browser, waiting: UUID, desk: Person
) -> None:
    ask(morning, hours=3, minutes=20)
    assert "Nothing is open" in signed_in(morning.wiring, desk).get("/morning/open").text
    ask(morning, minutes=45)
    board = signed_in(morning.wiring, desk)
    assert "Not answered" in board.get("/morning/open").text
    said = {"answer": "in_school"}
    assert board.press(f"/morning/open/{waiting}/attendance", said).status_code == 303
    (row,) = morning.force.rows(Attendance)
    assert (row.answer, row.source) == (AttendanceAnswer.IN_SCHOOL, "phone")


def test_only_a_reader_of_the_school_answers_and_only_the_desk_responds(
    morning: Morning, reader: Browser, waiting: UUID, desk: Person
) -> None:
    ask(morning, hours=3, minutes=20)
    answer = {"answer": "in_school"}
    colleague = signed_in(morning.wiring, morning.huw)
    assert colleague.press(f"/notifications/{waiting}/attendance", answer).status_code == 409
    for stranger in strangers(morning):
        assert stranger.press(f"/notifications/{waiting}/attendance", answer).status_code == 404
        path = f"/morning/open/{waiting}/attendance"
        assert stranger.press(path, answer).status_code == 404
        assert stranger.get(f"/timeline/{waiting}").status_code == 404
        assert stranger.get(f"/morning/recalls/new/{waiting}").status_code == 404


@pytest.mark.feature("DL11")
def test_a_recall_asks_who_needs_protecting_first_and_starts_the_clock(
    morning: Morning, reader: Browser, waiting: UUID, desk: Person
) -> None:
    board = signed_in(morning.wiring, desk)
    new = f"/morning/recalls/new/{waiting}"
    assert "Priya Nair" in board.get(new).text
    assert board.press(new, {"reason": ""}).status_code == 400
    answer = board.press(new, {"reason": "wrong_school"})
    recalled_at = morning.wiring.clock.now()
    here = answer.headers["location"]
    assert morning.read(waiting).state is NotificationState.RECALLED
    (child,) = morning.force.rows(InvolvedChild)
    assert child.outcome is Outcome.IN_REVIEW
    shown = board.get(here).text
    assert "Does anyone need protecting today?" in shown
    assert "Did a wrong person see it?" not in shown
    early = board.press(f"{here}/disclosed", {"said": "yes"})
    assert early.status_code == 409
    board.press(f"{here}/protecting", {"said": "no"})
    assert "Did a wrong person see it?" in board.get(here).text
    board.press(f"{here}/disclosed", {"said": "unsure"})
    (breach,) = morning.force.rows(Breach)
    assert (breach.aware_at, breach.certainty) == (recalled_at, Said.UNSURE)
    assert breach.report_by - breach.aware_at == timedelta(hours=72)
    assert breach.dpo_told_at is None
    assert "Nobody here is registered as data protection officer" in board.get(here).text
    board.press(f"{here}/dpo")
    assert board.press(f"{here}/decision", {"decision": "reported"}).status_code == 404
    lead = signed_in(
        morning.wiring, add_person(morning.wiring, "lead@example.org", Role.LEAD, force=FORCE)
    )
    assert lead.press(f"{here}/decision", {"decision": "reported"}).status_code == 303
    (breach,) = morning.force.rows(Breach)
    assert (breach.dpo_told_by, breach.decision) == (desk.actor, BreachDecision.REPORTED)
    gone = reader.get(f"/notifications/{waiting}").text
    assert "I keep nothing of it" in gone
    assert "Asha" not in gone
    assert "A message was taken back" in reader.get("/inbox").text
    assert reader.press(f"/notifications/{waiting}/destroyed").status_code == 303
    assert "A message was taken back" not in reader.get("/inbox").text
    assert ReceiptKind.DESTROYED in {row.kind for row in morning.force.rows(Receipt)}


def test_nobody_who_had_seen_nothing_is_asked_anything_after_a_recall(
    morning: Morning, waiting: UUID, desk: Person
) -> None:
    board = signed_in(morning.wiring, desk)
    answer = board.press(f"/morning/recalls/new/{waiting}", {"reason": "wrong_child"})
    assert answer.headers["location"] == "/morning"
    assert morning.force.rows(Recall) == []


def test_what_a_caller_had_on_the_screen_may_have_been_read_to_a_wrong_school(
    morning: Morning, waiting: UUID, desk: Person
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        open_line(session, session.get_one(Notification, waiting), now=morning.wiring.clock.now())
    (line,) = morning.force.rows(CallSheetLine)
    board = signed_in(morning.wiring, desk)
    board.press(f"/morning/calls/{line.id}/claim")
    assert board.press(f"/morning/calls/{line.id}/content").status_code == 200
    answer = board.press(f"/morning/recalls/new/{waiting}", {"reason": "wrong_school"})
    here = answer.headers["location"]
    board.press(f"{here}/protecting", {"said": "no"})
    shown = board.get(here).text
    assert "Dana Desk: had it on the screen to ring the school" in shown
    assert "Did a wrong person see it?" in shown


def test_nobody_answers_for_a_child_whose_message_was_taken_back(
    morning: Morning, reader: Browser, waiting: UUID, desk: Person
) -> None:
    reader = later(morning, hours=3, minutes=20)
    signed_in(morning.wiring, desk).press(
        f"/morning/recalls/new/{waiting}", {"reason": "wrong_school"}
    )
    answer = reader.press(f"/notifications/{waiting}/attendance", {"answer": "absent"})
    assert answer.status_code == 404
    (row,) = morning.force.rows(Attendance)
    assert row.answer is None


def test_an_open_page_learns_that_it_may_show_no_more_and_stays_signed_in_no_longer(
    morning: Morning, reader: Browser, waiting: UUID, desk: Person
) -> None:
    asked = f"/notifications/{waiting}/still-shown/1/1"
    assert reader.get(asked).status_code == 204
    assert reader.get(f"/notifications/{waiting}/still-shown/2/1").status_code == 404
    stranger = signed_in(morning.wiring, morning.stranger)
    assert stranger.get(asked).status_code == 404
    colleague = signed_in(morning.wiring, morning.huw)
    assert colleague.get(asked).status_code == 404
    with morning.wiring.database.write(PLATFORM) as session:
        session.get_one(Notification, waiting).state = NotificationState.HELD
    assert reader.get(asked).status_code == 404
    for _ in range(4):
        move(morning.wiring, minutes=5)
        reader.get(asked)
    assert reader.get(asked).status_code != 204
    assert "/sign-in" in reader.get("/inbox").headers["location"]


@pytest.mark.feature("FU5")
def test_a_message_goes_to_the_schools_own_file_and_that_is_on_the_trail(
    morning: Morning, reader: Browser, waiting: UUID
) -> None:
    answer = reader.press(f"/notifications/{waiting}/export")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "Asha" not in answer.headers["content-disposition"]
    header, line, *rest = answer.text.split("\r\n")
    assert header.startswith('"Forename","Surname"')
    assert line.startswith('"Asha","Example-Khan","2016-03-02"')
    assert rest == [""]
    assert ReceiptKind.EXPORTED in {row.kind for row in morning.force.rows(Receipt)}
    colleague = signed_in(morning.wiring, morning.huw)
    assert colleague.press(f"/notifications/{waiting}/export").status_code == 409
    stranger = signed_in(morning.wiring, morning.stranger)
    assert stranger.press(f"/notifications/{waiting}/export").status_code == 404


@pytest.mark.feature("FU5")
def test_the_same_goes_as_json_with_a_code_for_each_line(
    morning: Morning, reader: Browser, waiting: UUID
) -> None:
    answer = reader.press(f"/notifications/{waiting}/export", {"kind": "json"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].endswith('.json"')
    body = answer.json()
    assert body["format"] == "encompass-message/1"
    assert body["recorded_at"].startswith("2026-11-20T06:3")
    assert body["child"] == {
        "forename": "Asha", "surname": "Example-Khan", "date_of_birth": "2016-03-02",
    }  # fmt: skip
    (incident,) = body["incidents"]
    assert incident["occurred_at"].endswith("+00:00")
    codes = [line["code"] for line in incident["lines"]]
    assert codes[0] == "occurred_at"
    assert "born" not in codes
    assert all(line["label"] and line["text"] for line in incident["lines"])
    assert set(codes) <= set(re.findall(r"`(\w+)`", SCHOOL_FILE.read_text(encoding="utf-8")))
    assert ReceiptKind.EXPORTED in {row.kind for row in morning.force.rows(Receipt)}


def test_paper_is_for_forces_that_allow_it_and_says_who_printed(
    morning: Morning, reader: Browser, waiting: UUID
) -> None:
    path = f"/notifications/{waiting}/print"
    assert reader.press(path).status_code == 404
    with morning.wiring.database.write(PLATFORM) as session:
        now = morning.wiring.clock.now()
        body = Policy(receipts=Receipts(printing=True))
        add_policy(session, FORCE, body=body, valid_from=now, approved_by="account:dpo", now=now)
    printed = reader.press(path).text
    assert "Printed by Priya Nair" in printed
    assert f'content="50; url=/notifications/{waiting}/covered"' in printed
    assert ReceiptKind.PRINTED in {row.kind for row in morning.force.rows(Receipt)}


@pytest.mark.feature("AU7")
def test_the_timeline_tells_everything_in_order_and_names_nobody(
    morning: Morning, reader: Browser, waiting: UUID, desk: Person
) -> None:
    reader.press(f"/notifications/{waiting}/acknowledge")
    reader.press(f"/notifications/{waiting}/follow-up", {"codes": "silent_support"})
    auditor = add_person(
        morning.wiring, "audit@example.org", Role.AUDITOR, name="Ali Auditor", force=FORCE
    )
    for person in (desk, auditor):
        shown = signed_in(morning.wiring, person).get(f"/timeline/{waiting}")
        assert shown.status_code == 200
        text = shown.text
        order = [
            text.index(word)
            for word in ("The message was written", "was opened", "has it in hand",
                         "said what it has done")
        ]  # fmt: skip
        assert order == sorted(order)
        assert "key adult A" in text
        assert "Step skipped: second key adult" in text
        assert "silent support" in text
        assert not {"Asha", "Example-Khan", "Priya", "Nair"} & set(text.replace("<", " ").split())


@pytest.mark.feature("AK6")
def test_why_it_is_not_our_pupil_is_kept_as_a_code(morning: Morning, waiting: UUID) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(f"/notifications/{waiting}/first-step")
    assert "The child has left us" in browser.get(f"/notifications/{waiting}/not-our-pupil").text
    browser.press(f"/notifications/{waiting}/not-our-pupil", {"why": "left"})
    said = {row.kind: row.reason_code for row in morning.force.rows(Receipt)}
    assert said[ReceiptKind.NOT_OUR_PUPIL] == "left"
    assert morning.force.rows(Recall) == []
    browser.press(f"/notifications/{waiting}/undo")
    browser.press(f"/notifications/{waiting}/not-our-pupil", {"why": "<anything>"})
    codes = [row.reason_code for row in morning.force.rows(Receipt, kind="not_our_pupil")]
    assert sorted(codes, key=str) == [None, "left"]
