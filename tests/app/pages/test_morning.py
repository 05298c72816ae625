"""The board, the call sheet and the morning report."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from notifications.channels.call_sheet import open_line
from notifications.models import CallSheetLine, Notification, Receipt
from notifications.states import CallResult, ReceiptKind, ToldHow
from tests.factories.mornings import HALF_PAST_SIX, Morning
from tests.factories.notifications import DUE, FACTS, FORCE, PERSON, URN
from tests.factories.people import Browser, Person, add_person, move, signed_in


@pytest.fixture
def desk(morning: Morning) -> Person:
    return add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE
    )


@pytest.fixture
def line_id(morning: Morning) -> UUID:
    """One notification still unopened an hour before its deadline: its call-sheet line."""
    notification_id = morning.notification()
    (child,) = morning.force.rows(InvolvedChild)
    morning.child_becomes(child.id, child.outcome, due_at=DUE)
    move(morning.wiring, minutes=86)
    morning.force.chase()
    (line,) = morning.force.rows(CallSheetLine, notification_id=notification_id)
    assert isinstance(line.id, UUID)
    return line.id


def claimed(morning: Morning, person: Person, line_id: UUID) -> Browser:
    browser = signed_in(morning.wiring, person)
    assert browser.press(f"/morning/calls/{line_id}/claim").status_code == 303
    return browser


def events(morning: Morning, person: Person) -> list[str]:
    with morning.wiring.database.read(PLATFORM) as session:
        mine = select(AuditEntry.event).where(AuditEntry.actor == person.actor)
        return list(session.scalars(mine.order_by(AuditEntry.chain, AuditEntry.seq)))


def test_the_board_says_who_is_not_told_and_who_has_it(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    page = signed_in(morning.wiring, desk).get("/morning").text
    assert "Friday 20 November 2026" in page
    assert "1 child not told" in page
    assert "All children told" not in page
    assert "Call sheet: Sam Ward" in page
    assert "58 minutes left" in page
    assert "Asha" not in page


def test_the_board_loads_itself_anew_without_a_script_until_it_is_paused(
    morning: Morning, desk: Person
) -> None:
    browser = signed_in(morning.wiring, desk)
    refresh = '<noscript><meta http-equiv="refresh" content="30"></noscript>'
    assert refresh in browser.get("/morning").text
    assert refresh not in browser.get("/morning?paused=yes").text


@pytest.mark.feature("ES10")
def test_the_call_sheet_holds_no_child(morning: Morning, desk: Person, line_id: UUID) -> None:
    page = signed_in(morning.wiring, desk).get("/morning").text
    assert "Schools to ring" in page
    assert f"School {URN}" in page
    assert "Ask for Key Adult 1" in page
    assert "I will ring" in page
    for secret in ("Asha", "Example-Khan", "2016"):
        assert secret not in page


@pytest.mark.feature("ES10")
def test_the_script_and_the_number_come_before_the_child(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    browser = claimed(morning, desk, line_id)
    page = browser.get(f"/morning/calls/{line_id}").text
    for words in ("Never say police, abuse", "Leave no voicemail", "Ring back on the number"):
        assert words in page
    assert "Asha" not in page
    page = browser.press(f"/morning/calls/{line_id}/content").text
    assert "Asha Example-Khan" in page
    assert "Heard it" in page
    browser.press(f"/morning/calls/{line_id}/content")
    assert events(morning, desk).count("call_sheet:content:shown") == 2


ORDER, CONCERN = "There is a court order about who may see", "There is a concern about going home"


def read_out(morning: Morning, desk: Person) -> str:
    """Let the call come due, take it, and return what is to be told."""
    move(morning.wiring, minutes=86)
    morning.force.chase()
    (line,) = morning.force.rows(CallSheetLine)
    page = claimed(morning, desk, line.id).press(f"/morning/calls/{line.id}/content").text
    return page.partition("Tell them")[2]


@pytest.mark.parametrize(("level", "words"), [("concern", CONCERN), ("order_in_force", ORDER)])
def test_danger_on_the_way_home_is_what_is_told_first(
    morning: Morning, desk: Person, level: str, words: str
) -> None:
    morning.notification(facts=replace(FACTS, going_home=level))
    said = read_out(morning, desk)
    assert -1 < said.index(words) < said.index("Asha Example-Khan") < said.index("Heard it")
    assert "to agree who collects" in said


def test_the_caller_is_told_that_the_call_about_going_home_is_compulsory(
    morning: Morning, desk: Person
) -> None:
    notification_id = morning.notification(facts=replace(FACTS, going_home="concern"))
    with morning.wiring.database.write(PLATFORM) as session:
        open_line(session, session.get_one(Notification, notification_id), now=HALF_PAST_SIX)
    (line,) = morning.force.rows(CallSheetLine)
    board = signed_in(morning.wiring, desk).get("/morning").text
    assert "Compulsory call" in board
    assert "overdue" not in board
    assert "going home" not in board
    call = claimed(morning, desk, line.id).get(f"/morning/calls/{line.id}").text
    assert "This call is compulsory: it is about going home." in call
    assert "may have read the message already" in call
    assert "by voice alone" in call
    assert "It was to be made by" not in call
    move(morning.wiring, minutes=146)
    browser = signed_in(morning.wiring, desk)
    assert "Compulsory call, overdue" in browser.get("/morning").text
    assert "Compulsory call not made" in browser.get("/morning/open").text
    assert "It was to be made by" in claimed(morning, desk, line.id).get(
        f"/morning/calls/{line.id}"
    ).text  # fmt: skip


def test_a_call_about_nothing_of_the_kind_is_not_said_to_be_compulsory(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    assert "ompulsory" not in signed_in(morning.wiring, desk).get("/morning").text
    page = claimed(morning, desk, line_id).get(f"/morning/calls/{line_id}").text
    assert "ompulsory" not in page


def test_without_danger_none_is_told(morning: Morning, desk: Person) -> None:
    morning.notification()
    assert "going home" not in read_out(morning, desk)


def test_every_joined_incident_is_told_and_the_gravest_danger(
    morning: Morning, desk: Person
) -> None:
    morning.notification(
        person_digest=PERSON, facts=replace(FACTS, going_home="order_in_force", presence="saw")
    )
    morning.notification(person_digest=PERSON, facts=replace(FACTS, going_home="concern"))
    said = read_out(morning, desk)
    assert "Heard it" in said
    assert "Another incident" in said
    assert "Saw it" in said
    assert ORDER in said
    assert CONCERN not in said


@pytest.mark.feature("AK8")
@pytest.mark.parametrize(
    ("result", "how"),
    [("told_key_adult", ToldHow.BY_PHONE), ("told_other", ToldHow.BY_PHONE_UNTRAINED)],
)
def test_told_by_phone_is_a_receipt_and_closes_the_line(
    morning: Morning, desk: Person, line_id: UUID, result: str, how: ToldHow
) -> None:
    browser = claimed(morning, desk, line_id)
    unseen = browser.press(f"/morning/calls/{line_id}/record", {"result": result})
    assert unseen.status_code == 409
    assert browser.press(f"/morning/calls/{line_id}/content").status_code == 200
    assert browser.press(f"/morning/calls/{line_id}/record", {"result": result}).status_code == 303
    (line,) = morning.force.rows(CallSheetLine)
    told = morning.read(line.notification_id)
    assert (told.told_how, told.told_by) == (how, desk.actor)
    assert line.closed_at is not None
    kinds = {row.kind for row in morning.force.rows(Receipt)}
    assert kinds == {ReceiptKind.SHOWN_TO_CALLER, ReceiptKind.TOLD_BY_PHONE}
    assert "All children told" in browser.get("/morning").text


@pytest.mark.parametrize("result", ["no_answer", "ring_back", "wrong_number"])
def test_anything_but_told_keeps_the_line_open(
    morning: Morning, desk: Person, line_id: UUID, result: str
) -> None:
    browser = claimed(morning, desk, line_id)
    browser.press(f"/morning/calls/{line_id}/record", {"result": result})
    (line,) = morning.force.rows(CallSheetLine)
    assert (line.result, line.attempts, line.closed_at) == (CallResult(result), 1, None)
    assert line.claimed_by is None
    assert "I will ring" in browser.get("/morning").text


def test_a_call_without_a_result_is_asked_again(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    browser = claimed(morning, desk, line_id)
    for form in ({}, {"result": "stood_down"}):
        answer = browser.press(f"/morning/calls/{line_id}/record", form)
        assert answer.status_code == 400
        assert "Choose what came of the call" in answer.text


def test_a_colleague_neither_takes_nor_reads_a_claimed_call(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    claimed(morning, desk, line_id)
    other = add_person(morning.wiring, "al@example.org", Role.FORCE_DESK, force=FORCE)
    browser = signed_in(morning.wiring, other)
    assert "Sam Ward has it" in browser.get("/morning").text
    assert browser.get(f"/morning/calls/{line_id}").status_code == 409
    for step in ("claim", "content", "record"):
        answer = browser.press(f"/morning/calls/{line_id}/{step}", {"result": "told_key_adult"})
        assert answer.status_code == 409
        assert "Asha" not in answer.text


@pytest.mark.parametrize("role", [Role.KEY_ADULT, Role.LEAD, Role.REVIEWER, Role.COUNCIL_OFFICER])
def test_nobody_but_the_desk_of_the_force_makes_a_call(
    morning: Morning, line_id: UUID, role: Role
) -> None:
    relation: dict[str, Any] = {"force": FORCE}
    if role is Role.KEY_ADULT:
        relation = {"urn": URN}
    if role is Role.COUNCIL_OFFICER:
        relation = {"council": "999"}
    browser = signed_in(
        morning.wiring, add_person(morning.wiring, "other@example.org", role, **relation)
    )
    assert browser.get(f"/morning/calls/{line_id}").status_code == 404
    for step in ("claim", "content", "record"):
        answer = browser.press(f"/morning/calls/{line_id}/{step}", {"result": "told_key_adult"})
        assert answer.status_code == 404
    assert browser.get("/morning").status_code == (200 if role is Role.LEAD else 404)


def test_the_desk_never_opens_as_a_school_would(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    (line,) = morning.force.rows(CallSheetLine)
    browser = signed_in(morning.wiring, desk)
    assert browser.get(f"/notifications/{line.notification_id}").status_code == 404
    assert browser.get("/inbox").status_code == 404


def test_a_school_that_is_not_the_childs_is_not_rung(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    (line,) = morning.force.rows(CallSheetLine)
    priya = signed_in(morning.wiring, morning.priya)
    priya.press(f"/notifications/{line.notification_id}/first-step")
    priya.press(f"/notifications/{line.notification_id}/not-our-pupil")
    assert "Schools to ring" not in signed_in(morning.wiring, desk).get("/morning").text


@pytest.fixture
def lead(morning: Morning) -> Person:
    return add_person(morning.wiring, "lead@example.org", Role.LEAD, force=FORCE)


def test_the_report_of_the_morning_is_a_page_and_a_file(
    morning: Morning, lead: Person, line_id: UUID
) -> None:
    browser = signed_in(morning.wiring, lead)
    assert browser.get("/reports").headers["location"] == "/reports/morning/99/2026-11-20"
    page = browser.get("/reports/morning/99/2026-11-20").text
    assert "1 child not told" in page
    assert "Asha" not in page
    answer = browser.get("/reports/morning/99/2026-11-20.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert 'filename="morning-2026-11-20.csv"' in answer.headers["content-disposition"]
    assert answer.text.count("\r\n") == 2
    assert "report:morning:exported" in events(morning, lead)


def test_a_report_of_another_force_or_no_date_is_not_there(
    morning: Morning, lead: Person, desk: Person
) -> None:
    browser = signed_in(morning.wiring, lead)
    for path in ("98/2026-11-20", "98/2026-11-20.csv", "99/yesterday", "99/2026-13-40"):
        assert browser.get(f"/reports/morning/{path}").status_code == 404
    assert signed_in(morning.wiring, desk).get("/reports/morning/99/2026-11-20").status_code == 404


def test_an_id_that_was_never_given_out_is_not_there(morning: Morning, desk: Person) -> None:
    assert signed_in(morning.wiring, desk).get(f"/morning/calls/{uuid4()}").status_code == 404
