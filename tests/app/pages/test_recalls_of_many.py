"""Many messages are taken back by two people: who asks, who agrees, and what stays."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.access.models import Force
from app.access.permissions import Role
from app.casework import recalling_many
from app.casework.acting import Acting
from app.casework.connections import declare
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Policy, Recalls
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from notifications.models import AlertAbout, Notification
from notifications.recalls_of_many import RecallOfMany
from notifications.receipt_models import Recall
from notifications.states import NotificationState
from schools.matching.models import Review
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, LATER_URN, URN
from tests.factories.people import Browser, Person, add_person, move, signed_in
from tests.factories.restricted import colleague, name_group, restrict

HERE = "/morning/recalls-of-many"
ALL = (Role.FORCE_DESK, Role.REVIEWER, Role.LEAD)


@pytest.fixture
def desk(morning: Morning) -> Person:
    return add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Dana Desk", force=FORCE
    )


@pytest.fixture
def lead(morning: Morning) -> Person:
    return colleague(morning.wiring, "lead@example.org", Role.LEAD)


def ask(browser: Browser, **changes: Any) -> int:
    form = {"force": FORCE, "recipient": f"urn:{URN}", "since": "today", "reason": "wrong_school"}
    return browser.press(HERE, {**form, **changes}).status_code


def question(morning: Morning) -> RecallOfMany:
    row: RecallOfMany
    (row,) = morning.force.rows(RecallOfMany)
    return row


def state(morning: Morning, message: UUID) -> NotificationState:
    return morning.read(message).state


def trail(morning: Morning) -> list[tuple[str, dict[str, int] | None]]:
    with morning.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject.startswith("recall_of_many:"))
            .order_by(AuditEntry.seq)
        ).all()
        assert morning.wiring.chain.verify(session, FORCE) is None
        return [(row.event, row.detail) for row in rows]


@pytest.mark.feature("AD4")
def test_a_second_person_takes_back_all_that_one_school_was_sent(
    morning: Morning, desk: Person, lead: Person
) -> None:
    sent = [morning.notification() for _ in range(3)]
    elsewhere = morning.notification(urn=LATER_URN)
    reader = signed_in(morning.wiring, morning.priya)
    reader.press(f"/notifications/{sent[0]}/first-step")
    reader.press(f"/notifications/{sent[0]}/open", {"on_roll": "yes", "knows_family": "no"})
    assert "Asha" in reader.get(f"/notifications/{sent[0]}").text
    first, second = (signed_in(morning.wiring, one) for one in (desk, lead))
    assert "3 messages in 30 days" in first.get(HERE).text
    assert ask(first) == 303
    assert [state(morning, one) for one in sent] == [
        NotificationState.OPENED, NotificationState.READY, NotificationState.READY,
    ]  # fmt: skip
    assert [row.about for row in morning.force.rows(AlertAbout)] == [
        f"recalls:{question(morning).id}"
    ]
    assert "A second person has to agree" in second.get("/morning").text
    assert "A second person has to agree" not in first.get("/morning").text
    page = second.get(HERE).text
    assert "<strong>3 messages</strong>" in page
    assert "Dana Desk asked at" in page
    agree = f"{HERE}/{question(morning).id}/agree"
    assert first.press(agree).status_code == 409
    assert second.press(agree).status_code == 303
    assert {state(morning, one) for one in sent} == {NotificationState.RECALLED}
    assert state(morning, elsewhere) is NotificationState.READY
    assert "Asha" not in reader.get(f"/notifications/{sent[0]}").text
    assert [row.notification_id for row in morning.force.rows(Recall)] == [sent[0]]
    children = {morning.read(one).involved_child_id for one in sent}
    in_review = {row.involved_child_id: row.due_at for row in morning.force.rows(Review)}
    assert in_review == dict.fromkeys(children, morning.read(sent[0]).due_at)
    with morning.wiring.database.read(PLATFORM) as session:
        outcomes = {session.get_one(InvolvedChild, one).outcome for one in children}
    assert outcomes == {Outcome.IN_REVIEW}
    assert ": taken back at 6:31am" in first.get(HERE).text
    assert second.press(agree).status_code == 409
    assert trail(morning) == [
        ("notification:recall_of_many:asked", None),
        ("notification:recall_of_many:agreed", {"messages": 3}),
    ]


def test_a_stranger_and_a_school_find_nothing_to_ask_or_to_agree(
    morning: Morning, desk: Person
) -> None:
    message = morning.notification()
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=morning.force.now))
    stranger = signed_in(
        morning.wiring, add_person(morning.wiring, "there@example.org", Role.LEAD, force="98")
    )
    school = signed_in(morning.wiring, morning.priya)
    assert ask(signed_in(morning.wiring, desk)) == 303
    here = f"{HERE}/{question(morning).id}"
    for nobody in (stranger, school):
        assert ask(nobody) == 404
        assert nobody.press(f"{here}/agree").status_code == 404
        assert nobody.press(f"{here}/leave").status_code == 404
    assert "Dana Desk" not in stranger.get(HERE).text
    assert school.get(HERE).status_code == 404
    assert state(morning, message) is NotificationState.READY


def test_what_is_left_or_not_answered_in_half_an_hour_stays(
    morning: Morning, desk: Person, lead: Person
) -> None:
    message = morning.notification()
    first, second = (signed_in(morning.wiring, one) for one in (desk, lead))
    ask(first)
    left = question(morning)
    assert second.press(f"{HERE}/{left.id}/leave").status_code == 303
    assert second.press(f"{HERE}/{left.id}/agree").status_code == 409
    assert "left as they are" in first.get(HERE).text
    assert ask(first) == 303
    (late,) = (row for row in morning.force.rows(RecallOfMany) if row.id != left.id)
    move(morning.wiring, minutes=30)
    second = signed_in(morning.wiring, lead)
    assert "A second person has to agree" not in second.get("/morning").text
    assert second.press(f"{HERE}/{late.id}/agree").status_code == 409
    assert "nobody answered in time" in signed_in(morning.wiring, desk).get(HERE).text
    assert state(morning, message) is NotificationState.READY
    assert [event for event, _ in trail(morning)] == [
        "notification:recall_of_many:asked", "notification:recall_of_many:left",
        "notification:recall_of_many:asked",
    ]  # fmt: skip


@pytest.mark.feature("AD4")
def test_one_person_alone_takes_back_a_few_in_an_hour_and_a_colleague_goes_on(
    morning: Morning, desk: Person, lead: Person
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(recalls=Recalls(alone_an_hour=2)),
            valid_from=morning.force.now, approved_by="account:lead", now=morning.force.now,
        )  # fmt: skip
    sent = [morning.notification() for _ in range(5)]
    for _ in range(3):
        morning.notification(urn=LATER_URN)
    ask(signed_in(morning.wiring, lead), recipient=f"urn:{LATER_URN}")
    agreeing = signed_in(morning.wiring, desk)
    agreeing.press(f"{HERE}/{question(morning).id}/agree")
    assert question(morning).recalled == 3

    def take_back(browser: Browser, message: UUID) -> int:
        return browser.press(
            f"/morning/recalls/new/{message}", {"reason": "wrong_school"}
        ).status_code

    board = signed_in(morning.wiring, desk)
    assert [take_back(board, one) for one in sent[:3]] == [303, 303, 409]
    assert state(morning, sent[2]) is NotificationState.READY
    assert take_back(signed_in(morning.wiring, lead), sent[2]) == 303
    move(morning.wiring, minutes=61)
    assert take_back(signed_in(morning.wiring, desk), sent[3]) == 303


def test_a_restricted_incident_stays_where_who_agrees_may_not_know_of_it(morning: Morning) -> None:
    ordinary, hidden = morning.notification(), morning.notification()
    restrict(morning.wiring, morning.read(hidden).incident_id)
    member, second = (colleague(morning.wiring, f"{one}@example.org", *ALL) for one in "ms")
    outsider, other = (colleague(morning.wiring, f"{one}@example.org", *ALL) for one in "op")
    name_group(morning.wiring, [member, second])
    asks, agrees = (signed_in(morning.wiring, one) for one in (outsider, other))
    assert "1 message in 30 days" in asks.get(HERE).text
    assert "2 messages in 30 days" in signed_in(morning.wiring, member).get(HERE).text
    assert ask(asks) == 303
    assert agrees.press(f"{HERE}/{question(morning).id}/agree").status_code == 303
    assert state(morning, ordinary) is NotificationState.RECALLED
    assert state(morning, hidden) is NotificationState.READY
    assert "taken back at" in asks.get(HERE).text
    assert ask(asks) == 400
    assert ask(signed_in(morning.wiring, member)) == 303


def test_what_came_to_tell_of_ones_own_family_between_looking_and_holding_stays(
    morning: Morning, desk: Person, lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, sent = morning.notification(), morning.notification()
    assert ask(signed_in(morning.wiring, desk)) == 303
    looked = recalling_many._meant

    def then_tied(session: Session, acting: Acting, *what: Any) -> list[Any]:
        found = looked(session, acting, *what)
        declare(
            session, acting, about="review:of-the-test", force=FORCE,
            incident_id=session.get_one(Notification, kept).incident_id,
        )  # fmt: skip
        return found

    monkeypatch.setattr(recalling_many, "_meant", then_tied)
    agreeing = signed_in(morning.wiring, lead)
    assert agreeing.press(f"{HERE}/{question(morning).id}/agree").status_code == 303
    assert state(morning, sent) is NotificationState.RECALLED
    assert state(morning, kept) is not NotificationState.RECALLED


def test_who_asked_is_not_told_how_many_went_where_who_agreed_may_know_of_more(
    morning: Morning,
) -> None:
    ordinary, hidden = morning.notification(), morning.notification()
    restrict(morning.wiring, morning.read(hidden).incident_id)
    member, second = (colleague(morning.wiring, f"{one}@example.org", *ALL) for one in "ms")
    outsider = colleague(morning.wiring, "o@example.org", *ALL)
    name_group(morning.wiring, [member, second])
    asks = signed_in(morning.wiring, outsider)
    assert ask(asks) == 303
    agree = f"{HERE}/{question(morning).id}/agree"
    assert signed_in(morning.wiring, member).press(agree).status_code == 303
    assert {state(morning, one) for one in (ordinary, hidden)} == {NotificationState.RECALLED}
    shown = asks.get(HERE).text
    assert "taken back at" in shown
    assert "2 messages" not in shown


def test_where_a_protected_child_goes_to_school_is_not_told_by_a_count(
    morning: Morning, desk: Person, lead: Person
) -> None:
    protected = morning.notification(shown_only_to="nobody")
    first = signed_in(morning.wiring, desk)
    assert "in 30 days" not in first.get(HERE).text
    assert ask(first) == 400
    plain = morning.notification()
    assert "1 message in 30 days" in first.get(HERE).text
    assert ask(first, recipient="all") == 303
    second = signed_in(morning.wiring, lead)
    assert "<strong>2 messages</strong>" in second.get(HERE).text
    assert second.press(f"{HERE}/{question(morning).id}/agree").status_code == 303
    assert {state(morning, one) for one in (protected, plain)} == {NotificationState.RECALLED}


def test_only_what_was_due_since_the_day_that_was_chosen_goes(
    morning: Morning, desk: Person, lead: Person
) -> None:
    old, new = morning.notification(), morning.notification()
    with morning.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Notification)
            .where(Notification.id == old)
            .values(due_at=morning.read(old).due_at - timedelta(days=5))
        )
    first, second = (signed_in(morning.wiring, one) for one in (desk, lead))
    ask(first)
    assert ask(first) == 409
    assert ask(first, since="week") == 303
    short, long = sorted(morning.force.rows(RecallOfMany), key=lambda one: one.since, reverse=True)
    second.press(f"{HERE}/{short.id}/agree")
    assert state(morning, new) is NotificationState.RECALLED
    assert state(morning, old) is NotificationState.READY
    second.press(f"{HERE}/{long.id}/agree")
    assert state(morning, old) is NotificationState.RECALLED


@pytest.mark.parametrize(
    ("field", "value"),
    [("recipient", ""), ("recipient", "urn:990999"), ("since", "ever"), ("reason", "because")],
)
def test_what_is_missing_is_said_beside_its_field_and_nobody_is_asked(
    morning: Morning, desk: Person, field: str, value: str
) -> None:
    morning.notification()
    browser = signed_in(morning.wiring, desk)
    assert ask(browser, **{field: value}) == 400
    assert morning.force.rows(RecallOfMany) == []
