"""Lifting a restriction takes two people who see the incident anyway and are not tied to it."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.access.accounts import disable
from app.access.models import AccountRole, Force
from app.access.permissions import Actor, Role
from app.access.roles import roles_of
from app.casework.acting import Acting
from app.casework.live import marker
from app.casework.restricted import close_to
from app.core.audit import Event
from app.core.clock import london_date
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.restrictions import RestrictionLift
from app.jobs.note_patterns import note_patterns
from app.jobs.purge_expired import erase
from app.jobs.runner import Runner
from notifications.models import Alert, AlertAbout, Notification
from schools.connected import Adult
from schools.connected_models import ChangeReason
from schools.officers import Officer, officer_details
from schools.recipient_changes import note_change
from tests.app.pages.test_lead_lists import found_pattern
from tests.app.pages.test_restricted import one_more, patterns
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Browser, Person, add_person, move, signed_in
from tests.factories.restricted import colleague, name_group, restrict

pytestmark = pytest.mark.feature("SE9")
HERE = "/restricted"
ALL = (Role.FORCE_DESK, Role.REVIEWER, Role.LEAD)
WORK = (Role.FORCE_DESK, Role.REVIEWER)
MISTAKE = "marked_by_mistake"
QUESTION = "A colleague would lift a restriction"


@dataclass
class Night:
    """One restricted message, two of the group that sees it, a colleague and a stranger."""

    morning: Morning
    message: UUID
    incident: UUID
    reference: str
    member: Person
    second: Person
    outsider: Person
    stranger: Person

    def browser(self, person: Person) -> Browser:
        return signed_in(self.morning.wiring, person)

    def sees(self, person: Person) -> bool:
        browser = self.browser(person)
        found = self.reference in browser.get("/morning").text
        assert (browser.get(f"/timeline/{self.message}").status_code == 200) is found
        return found


@pytest.fixture
def night(morning: Morning) -> Night:
    wiring = morning.wiring
    message = morning.notification()
    with wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=wiring.clock.now()))
        incident_id = session.get_one(Notification, message).incident_id
        reference = session.get_one(Incident, incident_id).reference
    restrict(wiring, incident_id)
    member, second, outsider = (
        colleague(wiring, f"{one}@example.org", *ALL) for one in ("member", "second", "outsider")
    )
    stranger = colleague(wiring, "stranger-98@example.org", *ALL, force="98")
    name_group(wiring, [member, second])
    # Later than the record came in.
    move(wiring, minutes=1)
    return Night(morning, message, incident_id, reference, member, second, outsider, stranger)


def ask(browser: Browser, reference: str, because: str = MISTAKE, force: str = FORCE) -> int:
    form = {"force": force, "wanted": reference, "because": because}
    return browser.press(f"{HERE}/lift", form, page="/account").status_code


def question(night: Night) -> RestrictionLift:
    with night.morning.wiring.database.read(PLATFORM) as session:
        newest = select(RestrictionLift).order_by(RestrictionLift.asked_at.desc()).limit(1)
        row = session.scalars(newest).one()
        session.expunge(row)
        return row


def answer(night: Night, person: Person, act: str = "agree") -> int:
    path = f"{HERE}/lift/{question(night).id}/{act}"
    return night.browser(person).press(path, page="/account").status_code


def alerted(night: Night) -> set[str]:
    """The addresses at which somebody is alerted of the question."""
    wiring = night.morning.wiring
    with wiring.database.read(PLATFORM) as session:
        found = session.scalars(
            select(Officer)
            .join(Alert, Alert.officer_id == Officer.id)
            .join(AlertAbout, AlertAbout.alert_id == Alert.id)
            .where(AlertAbout.about == f"lift:{question(night).id}")
        )
        return {officer_details(wiring.cipher, one).email or "" for one in found}


def test_two_of_the_group_lift_it_and_the_force_finds_it(night: Night) -> None:
    wiring = night.morning.wiring
    assert ask(night.browser(night.member), night.reference) == 303
    assert "waits for a second person" in night.browser(night.member).get(HERE).text
    page = night.browser(night.second).get(HERE).text
    assert all(words in page for words in (QUESTION, "Member", night.reference, "by mistake"))
    assert "Ask to see one" not in page
    assert "Ask to see one" in night.browser(night.outsider).get(HERE).text
    assert alerted(night) == {"second@example.org"}
    assert not night.sees(night.outsider)
    assert answer(night, night.second) == 303
    assert alerted(night) == set()
    assert night.sees(night.outsider)
    assert night.sees(night.member)
    assert not night.sees(night.stranger)
    row = question(night)
    assert "lifted" in night.browser(night.member).get(HERE).text
    with wiring.database.read(PLATFORM) as session:
        trail = session.execute(
            select(AuditEntry.event, AuditEntry.subject, AuditEntry.actor, AuditEntry.reason_code)
            .where(AuditEntry.event.like("access:restriction:%"))
            .order_by(AuditEntry.seq)
        ).all()
    assert [tuple(one) for one in trail] == [
        (Event.RESTRICTION_LIFT_ASKED, f"restriction_lift:{row.id}", night.member.actor, MISTAKE),
        (Event.RESTRICTION_LIFTED, f"incident:{night.incident}", night.second.actor, MISTAKE),
    ]
    timeline = night.browser(night.outsider).get(f"/timeline/{night.message}").text
    assert "Two people lifted the restriction" in timeline


def test_nobody_lifts_it_alone_and_nobody_from_outside_has_a_part_in_it(night: Night) -> None:
    for person in (night.outsider, night.stranger, night.morning.priya):
        assert ask(night.browser(person), night.reference) == 404
    assert ask(night.browser(night.stranger), night.reference, force="98") == 400
    assert ask(night.browser(night.member), night.reference) == 303
    assert ask(night.browser(night.second), night.reference) == 409
    assert answer(night, night.member) == 409
    for person in (night.outsider, night.stranger, night.morning.priya):
        for act in ("agree", "leave"):
            assert answer(night, person, act) == 404
    page = night.browser(night.outsider).get(HERE).text
    assert night.reference not in page
    assert "lift" not in page
    assert not night.sees(night.outsider)


def test_who_was_let_in_for_an_hour_does_not_open_it_for_good(night: Night) -> None:
    form = {"force": FORCE, "reference": night.reference, "reason": "caller_waits"}
    night.browser(night.outsider).press(f"{HERE}/ask", form, page=HERE)
    page = night.browser(night.member).get(HERE).text
    (path,) = {one.partition('"')[0] for one in page.split('action="') if "/grant" in one}
    assert night.browser(night.member).press(path, page=HERE).status_code == 303
    assert night.sees(night.outsider)
    assert ask(night.browser(night.outsider), night.reference) == 404
    assert ask(night.browser(night.member), night.reference) == 303
    assert answer(night, night.outsider) == 404


@pytest.mark.parametrize("how", ["address", "name", "beside_a_child"])
def test_who_may_be_tied_to_the_family_has_no_part_in_it(night: Night, how: str) -> None:
    wiring = night.morning.wiring
    jo = add_person(wiring, "jo@example.org", Role.FORCE_DESK, name="Jo Lee", force=FORCE)
    name_group(wiring, [night.member, night.second, jo])
    with wiring.database.read(PLATFORM) as session:
        mine = InvolvedChild.incident_id == night.incident
        child_id = session.scalars(select(InvolvedChild.id).where(mine)).one()
    adult = {"address": Adult(email="jo@example.org"), "name": Adult("Jo", "Lee")}.get(how)
    connect(
        wiring, night.incident, *([adult] if adult else []), child_id=child_id,
        at_school="" if adult else "Jo Lee",
    )  # fmt: skip
    statuses = {ask(night.browser(jo), one) for one in (night.reference, "99-NO-SUCH-ONE")}
    assert statuses == {400}
    assert ask(night.browser(night.member), night.reference) == 303
    assert QUESTION not in night.browser(jo).get(HERE).text
    assert answer(night, jo) == 404
    assert QUESTION in night.browser(night.second).get(HERE).text
    assert answer(night, night.second) == 303


@pytest.mark.parametrize("how", ["left_the_group", "shut_out", "said_related", "role_ended"])
def test_who_asked_has_to_have_a_part_in_it_still_when_it_is_answered(
    night: Night, how: str
) -> None:
    wiring = night.morning.wiring
    third = colleague(wiring, "third@example.org", *WORK)
    name_group(wiring, [night.member, night.second, third])
    assert ask(night.browser(third), night.reference) == 303
    now = wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        if how == "shut_out":
            disable(session, third.account_id, now=now, actor="operator:test")
        elif how == "said_related":
            note_change(
                session, force=FORCE, incident_id=night.incident, about="review:1",
                person=third.actor, reason=ChangeReason.SAID_RELATED, now=now, actor=third.actor,
            )  # fmt: skip
        elif how == "role_ended":
            mine = AccountRole.account_id == third.account_id
            session.execute(update(AccountRole).where(mine).values(ended_at=now))
    if how == "left_the_group":
        name_group(wiring, [night.member, night.second])
    assert QUESTION not in night.browser(night.second).get(HERE).text
    assert answer(night, night.second) == 409
    assert not night.sees(night.outsider)
    # It holds nobody up: somebody else asks anew.
    move(wiring, minutes=1)
    assert ask(night.browser(night.member), night.reference) == 303
    assert answer(night, night.second) == 303
    assert night.sees(night.outsider)


def test_while_a_named_group_cannot_do_the_work_it_stays_with_its_members_and_the_leads(
    night: Night,
) -> None:
    wiring = night.morning.wiring
    desk, other = (colleague(wiring, f"{one}@example.org", *WORK) for one in ("desk", "other"))
    with wiring.database.write(PLATFORM) as session:
        session.execute(update(Officer).values(contact_verified_at=None))
    # Nothing is closed to them now, and still it is not theirs to open for good.
    assert night.sees(desk)
    assert ask(night.browser(desk), night.reference) == 404
    assert ask(night.browser(night.member), night.reference) == 303
    assert answer(night, other) == 404
    assert answer(night, night.outsider) == 303


def test_where_no_group_is_named_and_nothing_closed_any_two_who_work_there_lift_it(
    night: Night,
) -> None:
    name_group(night.morning.wiring, [])
    with night.morning.wiring.database.write(PLATFORM) as session:
        session.execute(update(Officer).values(contact_verified_at=None))
    desk = colleague(night.morning.wiring, "desk@example.org", *WORK)
    assert ask(night.browser(desk), night.reference) == 303
    assert answer(night, night.stranger) == 404
    assert answer(night, night.member) == 303


def test_who_is_tied_to_the_family_is_not_alerted_of_the_question(night: Night) -> None:
    wiring = night.morning.wiring
    tied = colleague(wiring, "tied@example.org", *WORK)
    name_group(wiring, [night.member, night.second, tied])
    connect(wiring, night.incident, Adult(email="tied@example.org"))
    assert ask(night.browser(night.member), night.reference) == 303
    assert alerted(night) == {"second@example.org"}


def test_what_is_erased_stays_restricted(night: Night) -> None:
    """With the content go the digests by which somebody is known to be tied to the family."""
    wiring = night.morning.wiring
    assert ask(night.browser(night.member), night.reference) == 303
    with wiring.database.write(PLATFORM) as session:
        erase(session, night.incident, now=wiring.clock.now())
    assert answer(night, night.second) == 409
    assert ask(night.browser(night.second), night.reference) == 400


def test_the_auditor_reads_both_of_the_two_once_it_is_open(night: Night) -> None:
    wiring = night.morning.wiring
    auditor = add_person(wiring, "audit@example.org", Role.AUDITOR, name="Al", force=FORCE)
    assert ask(night.browser(night.member), night.reference) == 303
    trail = f"/audit/{FORCE}/days/{london_date(wiring.clock.now())}"
    assert "asked to lift" not in night.browser(auditor).get(trail).text
    assert answer(night, night.second) == 303
    page = night.browser(auditor).get(trail).text
    assert "Somebody asked to lift a restriction" in page
    assert "Two people lifted the restriction" in page


def test_an_open_board_of_who_had_no_part_in_it_changes_with_the_lift(night: Night) -> None:
    wiring = night.morning.wiring

    def mark() -> str:
        with wiring.database.read(PLATFORM) as session:
            grants = roles_of(
                session, night.outsider.account_id, on=london_date(night.morning.force.now)
            )
            actor = Actor(night.outsider.actor, account_id=night.outsider.account_id, grants=grants)
            acting = Acting(wiring.clock.now(), actor, wiring.cipher)
            close_to(session, actor, now=wiring.clock.now())
            return marker(session, acting)

    before = mark()
    assert ask(night.browser(night.member), night.reference) == 303
    assert mark() == before
    assert answer(night, night.second) == 303
    assert mark() != before


def test_what_is_left_as_it_is_or_not_answered_in_three_days_stays_restricted(
    night: Night,
) -> None:
    assert ask(night.browser(night.member), night.reference) == 303
    assert answer(night, night.second, "leave") == 303
    assert "left restricted" in night.browser(night.member).get(HERE).text
    assert answer(night, night.second) == 409
    move(night.morning.wiring, minutes=1)
    assert ask(night.browser(night.member), night.reference) == 303
    move(night.morning.wiring, minutes=3 * 24 * 60)
    assert answer(night, night.second) == 409
    assert "nobody answered in three days" in night.browser(night.member).get(HERE).text
    with night.morning.wiring.database.read(PLATFORM) as session:
        assert session.get_one(Incident, night.incident).restricted_access


def test_who_asks_says_which_and_why(night: Night) -> None:
    member = night.browser(night.member)
    for wanted, because, words in (
        (night.reference, "", "Say why it is not needed"),
        ("99-NO-SUCH-ONE", MISTAKE, "You see no restricted incident of this reference"),
    ):
        form = {"force": FORCE, "wanted": wanted, "because": because}
        refused = member.press(f"{HERE}/lift", form, page=HERE)
        assert refused.status_code == 400
        assert words in refused.text
        # What was typed is still there.
        assert f'value="{wanted}"' in refused.text


def test_once_lifted_it_counts_in_a_suspects_pattern_for_everybody(night: Night) -> None:
    morning = night.morning
    outsider = night.browser(night.outsider)
    pattern = found_pattern(morning)
    decided = outsider.press(f"/reports/patterns/{pattern}/decide", {"verdict": "confirmed"})
    assert decided.status_code == 303
    further = one_more(morning, b"c" * 32, closed=True)
    assert further not in patterns(night.browser(night.outsider))
    move(morning.wiring, minutes=1)
    assert ask(night.browser(night.member), further) == 303
    assert answer(night, night.second) == 303
    Runner(morning.wiring, [("note_patterns", note_patterns)], owner="page").run_pipeline()
    assert further in patterns(night.browser(night.outsider))
