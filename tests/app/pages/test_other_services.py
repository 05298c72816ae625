"""The page on which the desk records which other service was told of a child."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import Force
from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.reports.morning import board
from app.reports.told import Told
from notifications.models import ServiceTold
from tests.factories.mornings import Morning
from tests.factories.notifications import DUE, FORCE, TODAY
from tests.factories.people import Browser, add_person, signed_in

SAID = {"service": "midwife", "means": "telephone", "told_time": "06:10", "reference": "MW/77"}


@pytest.fixture
def here(morning: Morning) -> str:
    happened = morning.force.happened()
    morning.child_becomes(
        happened.child_id, Outcome.NOT_NOTIFIED, due_at=DUE, outcome_reason=OutcomeReason.UNBORN
    )
    morning.seal_child(happened)
    return f"/morning/services/{happened.child_id}"


def browser(morning: Morning, role: Role, *, force: str = FORCE) -> Browser:
    email = f"{role.value}-{force}@example.org"
    return signed_in(
        morning.wiring, add_person(morning.wiring, email, role, name="Sam Ward", force=force)
    )


def told(morning: Morning) -> tuple[Told, str]:
    wiring = morning.wiring
    with wiring.database.read(PLATFORM) as session:
        found = board(session, wiring.cipher, force=FORCE, on=TODAY, now=wiring.clock.now())
    (row,) = found.rows
    return row.told, row.held_by


@pytest.mark.feature("RP3")
def test_the_child_is_not_told_until_the_desk_says_which_service_was(
    morning: Morning, here: str
) -> None:
    desk = browser(morning, Role.FORCE_DESK)
    assert told(morning) == (Told.NOT_TOLD, "Desk: Sam Ward, other service to be told")
    listed = desk.get("/morning").text
    assert here in listed
    assert "All children told" not in listed
    assert "not born yet" in desk.get(here).text
    assert desk.press(here, SAID, page=here).headers["location"] == "/morning"
    assert told(morning) == (Told.NOT_NEEDED, "")
    assert "All children told" in desk.get("/morning").text
    (kept,) = morning.force.rows(ServiceTold)
    assert (kept.service, kept.means, kept.reason_code, kept.reference) == (
        "midwife", "telephone", "unborn", "MW/77",
    )  # fmt: skip
    with morning.wiring.database.read(PLATFORM) as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.event == Event.CHILD_SERVICE_TOLD)
        ).one()
    child_id = UUID(here.rpartition("/")[2])
    assert (entry.subject, entry.reason_code) == (f"involved_child:{child_id}", "unborn")
    assert entry.detail == {"service": "midwife", "means": "telephone"}
    assert desk.press(here, SAID, page="/account").status_code == 409


@pytest.mark.parametrize(
    ("part", "typed", "says"),
    [
        ("service", "", "Say which other service was told"),
        ("means", "", "Say how it was told"),
        ("told_time", "9 or so", "Give the day and the time"),
        ("told_time", "23:59", "Give the day and the time"),
        ("told_on", "1/1/2020", "Give the day and the time"),
        ("told_on", "yesterday", "Enter a date"),
        ("reference", "Asha’s midwife, Mrs Jones", "no names"),
    ],
)
def test_what_is_left_out_is_asked_for(
    morning: Morning, here: str, part: str, typed: str, says: str
) -> None:
    desk = browser(morning, Role.FORCE_DESK)
    answer = desk.press(here, SAID | {part: typed}, page=here)
    assert answer.status_code == 400
    assert says in answer.text
    assert told(morning)[0] is Told.NOT_TOLD


def test_a_lead_a_reviewer_and_another_desk_find_nothing(morning: Morning, here: str) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=morning.force.now))
    others = (
        browser(morning, Role.LEAD), browser(morning, Role.REVIEWER),
        browser(morning, Role.FORCE_DESK, force="98"), signed_in(morning.wiring, morning.priya),
    )  # fmt: skip
    for other in others:
        assert other.get(here).status_code == 404
        assert other.press(here, SAID).status_code == 404
    assert morning.force.rows(ServiceTold) == []


def test_a_child_for_whom_nobody_has_to_be_told_has_no_such_page(morning: Morning) -> None:
    happened = morning.force.happened()
    morning.child_becomes(
        happened.child_id, Outcome.NOT_NOTIFIED, due_at=DUE, outcome_reason=OutcomeReason.OVER_18
    )
    desk = browser(morning, Role.FORCE_DESK)
    here = f"/morning/services/{happened.child_id}"
    assert desk.get(here).status_code == 409
    assert here not in desk.get("/morning").text


def test_a_child_whose_school_is_abroad_is_on_a_list_of_its_own_with_who_has_it(
    morning: Morning,
) -> None:
    review_id = morning.unclear(minutes=75)
    desk, lead = browser(morning, Role.FORCE_DESK), browser(morning, Role.LEAD)
    reviewer = browser(morning, Role.REVIEWER)
    heading = "Schools outside England and Wales"
    assert heading not in desk.get("/morning").text
    (child,) = morning.force.rows(InvolvedChild)
    abroad = OutcomeReason.OTHER_JURISDICTION
    morning.child_becomes(child.id, Outcome.IN_REVIEW, outcome_reason=abroad)
    for who in (desk, lead):
        page = who.get("/morning").text
        assert heading in page
        assert "Desk: Sam Ward, school abroad to be found; Reviewers: Sam Ward" in page
    here = f"/morning/services/{child.id}"
    assert desk.get(here).status_code == 409
    reviewer.press(f"/review/{review_id}/claim")
    assert "Desk: Sam Ward, school abroad to be found; Reviewer: Sam Ward" in told(morning)[1]
    morning.child_becomes(child.id, Outcome.NOT_NOTIFIED, outcome_reason=abroad)
    assert here in desk.get("/morning").text
    said = SAID | {"service": "school_abroad"}
    assert desk.press(here, said, page=here).status_code == 303
    assert heading not in desk.get("/morning").text
    assert reviewer.get("/morning").status_code == 404


def test_a_service_told_for_one_reason_is_not_told_for_another(morning: Morning, here: str) -> None:
    desk = browser(morning, Role.FORCE_DESK)
    assert desk.press(here, SAID, page=here).status_code == 303
    assert told(morning)[0] is Told.NOT_NEEDED
    child_id = UUID(here.rpartition("/")[2])
    abroad = OutcomeReason.OTHER_JURISDICTION
    morning.child_becomes(child_id, Outcome.NOT_NOTIFIED, outcome_reason=abroad)
    assert told(morning)[0] is Told.NOT_TOLD
    assert here in desk.get("/morning").text
    again = SAID | {"service": "school_abroad", "reference": "SC/12"}
    assert desk.press(here, again, page=here).status_code == 303
    assert told(morning)[0] is Told.NOT_NEEDED
    assert [one.reason_code for one in morning.force.rows(ServiceTold)] == ["unborn", abroad.value]
