"""A restricted incident is its group's alone: three people at each page, two to break the glass."""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.access.accounts import disable
from app.access.break_glass import BreakGlass
from app.access.models import Force
from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Desk, Policy
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.intake.suspects import SuspectLink, note
from app.wiring import Wiring
from notifications import receipts
from notifications.channels.call_sheet import open_line
from notifications.earlier import keep_counts
from notifications.models import AlertAbout, CallSheetLine, Notification
from schools.matching.models import Review
from tests.app.pages.test_lead_lists import found_pattern
from tests.factories.mornings import HALF_PAST_SIX, Morning
from tests.factories.notifications import FORCE, PERSON
from tests.factories.people import Browser, Person, move, signed_in
from tests.factories.restricted import colleague, name_group, restrict

ALL = (Role.FORCE_DESK, Role.REVIEWER, Role.LEAD)
WORK = (Role.FORCE_DESK, Role.REVIEWER)
DAY = "2026-11-20"
FILLED = {
    "answer": "in_school", "response": "seen_safe", "reason": "wrong_school", "why": "over_18",
    "result": "no_answer",
}  # fmt: skip
LISTS = (
    "/morning", "/morning/open", "/review", f"/reports/morning/{FORCE}/{DAY}",
    f"/reports/morning/{FORCE}/{DAY}.csv", f"/reports/quality/{FORCE}/{DAY}",
    f"/reports/decisions/{FORCE}/{DAY}", f"/reports/fairness/{FORCE}/{DAY}",
    f"/reports/patterns/{FORCE}", f"/reports/recipients/{FORCE}", "/restricted",
)  # fmt: skip


@dataclass
class Night:
    """A restricted message with an open line, a restricted review and child, and ordinary ones."""

    morning: Morning
    message: UUID
    line: UUID
    review: UUID
    awaited: UUID
    hidden: tuple[str, ...]
    ordinary: str
    member: Person
    second: Person
    outsider: Person
    stranger: Person

    def browser(self, person: Person) -> Browser:
        return signed_in(self.morning.wiring, person)

    @property
    def pages(self) -> list[str]:
        """The pages of the force about one thing of a restricted incident."""
        return [
            f"/timeline/{self.message}", f"/morning/recalls/new/{self.message}",
            f"/review/{self.review}", f"/morning/awaited/{self.awaited}",
        ]  # fmt: skip

    @property
    def acts(self) -> list[str]:
        """What somebody of the force could press about one."""
        line, review = f"/morning/calls/{self.line}", f"/review/{self.review}"
        return [
            *(f"{line}/{act}" for act in ("pass", "content", "record", "told-from-paper")),
            f"{line}/claim", f"/morning/recalls/new/{self.message}",
            f"/morning/open/{self.message}/attendance", f"/morning/open/{self.message}/response",
            f"/morning/awaited/{self.awaited}/end",
            *(f"{review}/{act}" for act in ("pass", "give-back", "settle", "undo", "none")),
            f"{review}/claim",
        ]  # fmt: skip


@pytest.fixture
def night(morning: Morning) -> Night:
    wiring = morning.wiring
    message, ordinary = morning.notification(), morning.notification()
    review, awaited = morning.unclear(minutes=150), morning.force.happened()
    morning.child_becomes(
        awaited.child_id, Outcome.DETAILS_AWAITED, due_at=HALF_PAST_SIX + timedelta(minutes=150),
        outcome_reason=OutcomeReason.CHILD_UNNAMED,
    )  # fmt: skip
    with wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=wiring.clock.now()))
        for one in (message, ordinary):
            open_line(session, session.get_one(Notification, one), now=wiring.clock.now())
        line = session.scalars(
            select(CallSheetLine.id).where(CallSheetLine.notification_id == message)
        ).one()
        in_review = session.get_one(Review, review).involved_child_id
        hidden = [
            session.get_one(Notification, message).incident_id,
            session.get_one(InvolvedChild, in_review).incident_id, awaited.incident_id,
        ]  # fmt: skip
        names = tuple(session.get_one(Incident, one).reference for one in hidden)
        plain = session.get_one(Incident, session.get_one(Notification, ordinary).incident_id)
    for one in hidden:
        restrict(wiring, one)
    member = colleague(wiring, "member@example.org", *ALL)
    second = colleague(wiring, "second@example.org", *WORK)
    outsider = colleague(wiring, "outsider@example.org", *ALL)
    stranger = colleague(wiring, "stranger-98@example.org", *ALL, force="98")
    name_group(wiring, [member, second])
    return Night(
        morning, message, line, review, awaited.child_id, names, plain.reference, member, second,
        outsider, stranger,
    )  # fmt: skip


def test_a_member_finds_every_page_and_nobody_else_any(night: Night) -> None:
    member = night.browser(night.member)
    for page in night.pages:
        assert member.get(page).status_code == 200, page
    for person in (night.outsider, night.stranger):
        browser = night.browser(person)
        for page in night.pages:
            assert browser.get(page).status_code == 404, page
        for act in night.acts:
            assert browser.press(act, FILLED, page="/account").status_code == 404, act
    assert member.press(f"/review/{night.review}/claim", page="/account").status_code == 303
    assert member.press(f"/morning/calls/{night.line}/claim", page="/account").status_code == 303
    assert member.get(f"/morning/calls/{night.line}").status_code == 200


def test_no_list_count_or_export_holds_one_for_anybody_else(night: Night) -> None:
    member, outsider = night.browser(night.member), night.browser(night.outsider)
    seen = "".join(member.get(one).text for one in LISTS)
    assert all(name in seen for name in (*night.hidden, night.ordinary))
    for one in LISTS:
        page = outsider.get(one)
        assert page.status_code == 200
        assert not [name for name in night.hidden if name in page.text], one
        assert str(night.message) not in page.text
    assert night.ordinary in outsider.get("/morning").text
    assert rows(member.get(f"/reports/morning/{FORCE}/{DAY}.csv").text) == 4
    assert rows(outsider.get(f"/reports/morning/{FORCE}/{DAY}.csv").text) == 1
    assert "Nothing waits" in outsider.get("/review").text


def rows(csv: str) -> int:
    return len(csv.strip().splitlines()) - 1


def test_the_key_adult_is_told_as_always(night: Night) -> None:
    priya = night.browser(night.morning.priya)
    assert str(night.message) in priya.get("/inbox").text
    assert priya.get(f"/notifications/{night.message}").status_code == 200


def test_a_desk_that_is_also_key_adult_there_finds_it_as_key_adult_alone(night: Night) -> None:
    email = "priya@example.org"
    both = colleague(night.morning.wiring, email, Role.FORCE_DESK)
    assert both.account_id == night.morning.priya.account_id
    browser = night.browser(both)
    assert browser.get(f"/notifications/{night.message}").status_code == 200
    assert browser.get("/morning").status_code == 200
    assert night.hidden[0] not in browser.get("/morning").text
    assert browser.get(f"/timeline/{night.message}").status_code == 404
    assert browser.press(f"/morning/calls/{night.line}/claim").status_code == 404


def test_who_leaves_the_group_has_nothing_from_the_next_request_on(night: Night) -> None:
    second = night.browser(night.second)
    assert second.get(f"/timeline/{night.message}").status_code == 200
    name_group(night.morning.wiring, [night.member])
    assert second.get(f"/timeline/{night.message}").status_code == 404
    assert second.get("/restricted").status_code == 200


@pytest.mark.parametrize("left", ["nobody_named", "nobody_able"])
def test_without_anybody_who_can_act_the_leads_stand_in(night: Night, left: str) -> None:
    wiring, outsider = night.morning.wiring, night.browser(night.outsider)
    desk = night.browser(colleague(wiring, "desk@example.org", *WORK))
    timeline = f"/timeline/{night.message}"
    assert outsider.get(timeline).status_code == 404
    if left == "nobody_named":
        name_group(wiring, [])
    else:
        name_group(wiring, [disabled(wiring)])
    assert outsider.get(timeline).status_code == 200
    assert desk.get(timeline).status_code == 404


def disabled(wiring: Wiring) -> Person:
    gone = colleague(wiring, "gone@example.org", *WORK)
    with wiring.database.write(PLATFORM) as session:
        disable(session, gone.account_id, now=wiring.clock.now(), actor="operator:test")
    return gone


# Breaking the glass.
WAITS = "waits for a second person. Ring a force lead where it cannot wait"


def ask(browser: Browser, reference: str, reason: str = "caller_waits", force: str = FORCE) -> str:
    form = {"force": force, "reference": reference, "reason": reason}
    answer = browser.press("/restricted/ask", form, page="/restricted")
    assert answer.headers["location"] == "/restricted"
    return browser.get("/restricted").text


def asked(night: Night) -> BreakGlass:
    with night.morning.wiring.database.read(PLATFORM) as session:
        newest = select(BreakGlass).order_by(BreakGlass.asked_at.desc()).limit(1)
        row = session.scalars(newest).one()
        session.expunge(row)
        return row


@pytest.mark.feature("SE9")
def test_a_second_person_lets_somebody_see_one_incident_for_an_hour(night: Night) -> None:
    outsider, member = night.browser(night.outsider), night.browser(night.member)
    assert "waits for a second person" in ask(outsider, night.hidden[0])
    timeline = f"/timeline/{night.message}"
    assert outsider.get(timeline).status_code == 404
    row = asked(night)
    assert "Outsider" in member.get("/restricted").text
    granted = member.press(f"/restricted/{row.id}/grant", page="/restricted")
    assert granted.headers["location"] == "/restricted"
    assert outsider.get(timeline).status_code == 200
    board = outsider.get("/morning").text
    assert night.hidden[0] in board
    # the one that was asked for, and no other
    assert night.hidden[1] not in outsider.get("/review").text
    assert night.hidden[2] not in board
    other = night.browser(colleague(night.morning.wiring, "desk@example.org", *WORK))
    assert other.get(timeline).status_code == 404
    move(night.morning.wiring, minutes=55)
    outsider, member = night.browser(night.outsider), night.browser(night.member)
    assert outsider.get(timeline).status_code == 200
    move(night.morning.wiring, minutes=5)
    assert outsider.get(timeline).status_code == 404
    assert member.get(timeline).status_code == 200
    with night.morning.wiring.database.read(PLATFORM) as session:
        trail = session.execute(
            select(AuditEntry.event, AuditEntry.actor, AuditEntry.reason_code)
            .where(AuditEntry.subject == f"break_glass:{row.id}")
            .order_by(AuditEntry.seq)
        ).all()
    assert [tuple(one) for one in trail] == [
        (Event.RESTRICTED_ASKED, night.outsider.actor, "caller_waits"),
        (Event.RESTRICTED_GRANTED, night.member.actor, "caller_waits"),
    ]


def test_the_answer_is_the_same_whether_or_not_there_is_such_an_incident(night: Night) -> None:
    outsider = night.browser(night.outsider)
    pages = []
    for reference in (night.hidden[0], night.ordinary, "99-NO-SUCH-ONE"):
        page = ask(outsider, reference)
        pages.append(re.sub(r'name="form_token" value="[^"]+"', "", page))
        said = re.findall(rf"{re.escape(reference)}</span>, [0-9:apm ]+: ([^<]+)", pages[-1])
        (words,) = said
        assert words.strip() == WAITS
    with night.morning.wiring.database.read(PLATFORM) as session:
        alerted = session.execute(
            select(AlertAbout.about, func.count())
            .where(AlertAbout.about.like("restricted:%"))
            .group_by(AlertAbout.about)
        ).all()
    assert len(alerted) == 3
    assert len({count for _, count in alerted}) == 1


def test_nobody_grants_their_own_and_nobody_outside_grants(night: Night) -> None:
    wiring = night.morning.wiring
    with wiring.database.write(PLATFORM) as session:
        now = wiring.clock.now()
        add_policy(
            session, FORCE, body=Policy(desk=Desk(size=1)), valid_from=now, approved_by="test",
            now=now,
        )  # fmt: skip
    desk = colleague(wiring, "desk@example.org", *WORK)
    asker = night.browser(night.outsider)
    ask(asker, night.hidden[0])
    row = asked(night)
    for person in (night.outsider, desk, night.stranger, night.morning.priya):
        browser = night.browser(person)
        for act in ("grant", "refuse"):
            answer = browser.press(f"/restricted/{row.id}/{act}", page="/account")
            assert answer.status_code == 404
    assert asker.get(f"/timeline/{night.message}").status_code == 404
    priya = night.browser(night.morning.priya)
    assert priya.get("/restricted").status_code == 404
    form = {"force": FORCE, "reference": night.hidden[0], "reason": "caller_waits"}
    assert priya.press("/restricted/ask", form, page="/account").status_code == 404
    stranger = night.browser(night.stranger)
    assert stranger.press("/restricted/ask", form, page="/restricted").status_code == 404


def test_a_force_lead_outside_the_group_may_let_a_colleague_see(night: Night) -> None:
    colleague_of_desk = colleague(night.morning.wiring, "desk@example.org", *WORK)
    desk = night.browser(colleague_of_desk)
    ask(desk, night.hidden[0])
    row = asked(night)
    lead = night.browser(night.outsider)
    # the group hears of it first
    assert night.hidden[0] not in lead.get("/restricted").text
    early = lead.press(f"/restricted/{row.id}/grant", page="/restricted")
    assert (early.status_code, desk.get(f"/timeline/{night.message}").status_code) == (404, 404)
    move(night.morning.wiring, minutes=15)
    lead, desk = night.browser(night.outsider), night.browser(colleague_of_desk)
    lead.press(f"/restricted/{row.id}/grant", page="/restricted")
    assert desk.get(f"/timeline/{night.message}").status_code == 200
    assert lead.get(f"/timeline/{night.message}").status_code == 404


def test_what_is_refused_or_not_answered_in_an_hour_opens_nothing(night: Night) -> None:
    asker = night.browser(night.outsider)
    ask(asker, night.hidden[0])
    first = asked(night)
    member = night.browser(night.member)
    member.press(f"/restricted/{first.id}/refuse", page="/restricted")
    assert "refused" in asker.get("/restricted").text
    assert member.press(f"/restricted/{first.id}/grant", page="/account").status_code == 409
    move(night.morning.wiring, minutes=1)
    ask(asker, night.hidden[0])
    late = asked(night)
    move(night.morning.wiring, minutes=61)
    member = night.browser(night.member)
    assert member.press(f"/restricted/{late.id}/grant", page="/account").status_code == 409
    assert night.browser(night.outsider).get(f"/timeline/{night.message}").status_code == 404


def test_who_asks_says_which_and_why_and_not_too_often(night: Night) -> None:
    asker = night.browser(night.outsider)
    for form, words in (
        ({"reference": night.hidden[0], "reason": ""}, "Say why you have to see it"),
        ({"reference": "Asha Example", "reason": "caller_waits"}, "Give the police reference"),
    ):
        answer = asker.press("/restricted/ask", {"force": FORCE, **form}, page="/restricted")
        assert answer.status_code == 400
        assert words in answer.text
    for number in range(5):
        ask(asker, f"99-{number}")
    form = {"force": FORCE, "reference": night.hidden[0], "reason": "caller_waits"}
    assert asker.press("/restricted/ask", form, page="/restricted").status_code == 409


def patterns(browser: Browser) -> str:
    """Return the main part of the page of patterns as somebody has it."""
    page = browser.get(f"/reports/patterns/{FORCE}")
    assert page.status_code == 200
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r'name="form_token" value="[^"]+"', "", main)


def test_what_is_left_of_an_erased_incident_is_in_no_number_of_anybody_else(night: Night) -> None:
    morning, stranger = night.morning, night.browser(night.stranger)
    told = []
    for _ in range(3):
        told.append(morning.notification(person_digest=PERSON))
        morning.force.act(told[-1], receipts.opened, actor=morning.priya.actor)
    erased = morning.read(told[0]).incident_id
    restrict(morning.wiring, erased)
    repeated = "Several in 90 days"
    member, outsider = night.browser(night.member), night.browser(night.outsider)
    assert repeated in patterns(member)
    before = patterns(outsider)
    with morning.wiring.database.write(PLATFORM) as session:
        keep_counts(session, incident_id=erased, restricted=True)
    assert repeated in patterns(member)
    assert repeated not in patterns(outsider)
    assert patterns(outsider) == before
    assert stranger.get(f"/reports/patterns/{FORCE}").status_code == 404


def test_a_pattern_that_was_decided_is_not_opened_again_by_what_others_may_not_know_of(
    night: Night,
) -> None:
    morning, outsider = night.morning, night.browser(night.outsider)
    pattern = found_pattern(morning)
    decide = f"/reports/patterns/{pattern}/decide"
    assert outsider.press(decide, {"verdict": "confirmed"}).status_code == 303
    before = patterns(outsider)
    assert "It is one person" not in before
    restricted = one_more(morning, b"c" * 32, closed=True)
    assert patterns(outsider) == before
    assert restricted in patterns(night.browser(night.member))
    ordinary = one_more(morning, b"d" * 32, closed=False)
    assert "It is one person" in patterns(outsider)
    assert ordinary in patterns(outsider)
    assert restricted not in patterns(outsider)


def one_more(morning: Morning, person: bytes, *, closed: bool) -> str:
    """Let the suspect of the pattern come in once more; returns the incident's reference."""
    happened = morning.force.happened()
    with morning.wiring.database.write(PLATFORM) as session:
        session.get_one(InvolvedChild, happened.child_id).person_digest = person
        incident = session.get_one(Incident, happened.incident_id)
        incident.restricted_access = closed
        session.add(
            SuspectLink(
                force=FORCE, incident_id=incident.id, digest=b"s" * 32,
                involved_child_id=happened.child_id,
            )
        )  # fmt: skip
        session.flush()
        note(session, force=FORCE, digest=b"s" * 32, now=morning.force.now)
        return incident.reference
