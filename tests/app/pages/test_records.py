"""A force lead keeps a record beyond its time, and makes a dossier of a child."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.permissions import Role
from app.core.models import AuditEntry, ContentKey
from app.core.scope import PLATFORM
from app.intake.details import Residence, Voice
from app.intake.legal_holds import LegalHold
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome, OutcomeReason
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from tests.factories.mornings import CHILD, Morning
from tests.factories.notifications import FORCE, URN, Happened
from tests.factories.people import Browser, Person, add_person, move, signed_in
from tests.factories.restricted import colleague, name_group, restrict

HERE = "/records"
TICKED = {"reason": "subject_access", "requester": "yes", "safe": "yes", "child": "c1"}


@pytest.fixture
def lead(morning: Morning) -> Person:
    return add_person(morning.wiring, "lead@example.org", Role.LEAD, name="Lee Lead", force=FORCE)


@pytest.fixture
def second(morning: Morning) -> Person:
    return add_person(
        morning.wiring, "second@example.org", Role.LEAD, name="Sam Second", force=FORCE
    )


def over_18(morning: Morning) -> Happened:
    """An incident of which nobody is notified: kept for thirty days."""
    happened = morning.force.happened()
    morning.seal_child(happened)
    reason = OutcomeReason.OVER_18
    morning.child_becomes(happened.child_id, Outcome.NOT_NOTIFIED, outcome_reason=reason)
    return happened


def reference_of(morning: Morning, happened: Happened) -> str:
    with morning.wiring.database.read(PLATFORM) as session:
        return session.get_one(Incident, happened.incident_id).reference


def erased(morning: Morning, happened: Happened) -> bool:
    """Let the night's erasure run, and look."""
    Runner(morning.wiring, PIPELINE, owner="test").run_step("purge_expired")
    with morning.wiring.database.read(PLATFORM) as session:
        return session.get_one(ContentKey, happened.key.id).wrapped_key is None


def trail(morning: Morning, happened: Happened) -> list[tuple[str, str | None]]:
    subjects = {f"incident:{happened.incident_id}", f"involved_child:{happened.child_id}"}
    with morning.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.subject.in_(subjects)).order_by(AuditEntry.seq)
        ).all()
        assert morning.wiring.chain.verify(session, FORCE) is None
        assert not any(reference_of(morning, happened) in str(row.detail) for row in rows)
        return [(row.event, row.reason_code) for row in rows]


def keep(browser: Browser, reference: str, **changes: Any) -> int:
    form = {"force": FORCE, "reference": reference, "reason": "court", **changes}
    return browser.press(f"{HERE}/keep", form).status_code


@pytest.mark.feature("AD6")
def test_content_is_kept_beyond_its_time_until_two_leads_end_it(
    morning: Morning, lead: Person, second: Person
) -> None:
    kept, other = over_18(morning), over_18(morning)
    reference = reference_of(morning, kept)
    browser = signed_in(morning.wiring, lead)
    assert keep(browser, reference, reason="because") == 400
    assert keep(browser, "nobody-s") == 400
    assert keep(browser, reference) == 303
    assert keep(browser, reference) == 409
    page = browser.get(HERE).text
    assert reference in page
    assert "Lee Lead" in page
    move(morning.wiring, days=40)
    assert erased(morning, other)
    assert not erased(morning, kept)
    first, colleague_ = (signed_in(morning.wiring, one) for one in (lead, second))
    assert keep(first, reference_of(morning, other)) == 400
    (hold,) = morning.force.rows(LegalHold)
    ask, end, leave = (f"{HERE}/{hold.id}/{act}" for act in ("ask", "end", "leave"))
    assert first.press(end).status_code == 409
    assert first.press(ask, {"reason": "tired"}).status_code == 400
    assert first.press(ask, {"reason": "matter_closed"}).status_code == 303
    assert first.press(end).status_code == 409
    assert colleague_.press(leave).status_code == 303
    assert colleague_.press(end).status_code == 409
    assert not erased(morning, kept)
    assert colleague_.press(ask, {"reason": "evidence_taken"}).status_code == 303
    assert first.press(end).status_code == 303
    assert erased(morning, kept)
    assert trail(morning, kept) == [
        ("retention:hold:set", "court"), ("retention:hold:end_asked", "matter_closed"),
        ("retention:hold:left", "matter_closed"), ("retention:hold:end_asked", "evidence_taken"),
        ("retention:hold:ended", "evidence_taken"), ("retention:content:erased", "retention_over"),
    ]  # fmt: skip


def test_a_hold_on_an_older_version_keeps_the_newer_one(morning: Morning, lead: Person) -> None:
    older, newer = over_18(morning), over_18(morning)
    browser = signed_in(morning.wiring, lead)
    assert keep(browser, reference_of(morning, older)) == 303
    with morning.wiring.database.write(PLATFORM) as session:
        old = session.get_one(Incident, older.incident_id)
        row = session.get_one(Incident, newer.incident_id)
        old.state, old.version = IncidentState.SUPERSEDED, 1
        session.flush()
        row.reference, row.version = old.reference, 2
    move(morning.wiring, days=40)
    assert not erased(morning, newer)
    assert not erased(morning, older)


@pytest.mark.parametrize(
    ("role", "relation"),
    [
        (Role.FORCE_DESK, {"force": FORCE}), (Role.LEAD, {"council": "999"}),
        (Role.KEY_ADULT, {"urn": URN}), (Role.AUDITOR, {"force": FORCE}),
    ],
)  # fmt: skip
def test_nobody_but_a_force_lead_finds_the_records(
    morning: Morning, role: Role, relation: dict[str, Any]
) -> None:
    happened = over_18(morning)
    person = add_person(morning.wiring, "other@example.org", role, **relation)
    browser = signed_in(morning.wiring, person)
    form = {"force": FORCE, "reference": reference_of(morning, happened), **TICKED}
    assert browser.get(HERE).status_code == 404
    for act in ("keep", "dossier"):
        assert browser.press(f"{HERE}/{act}", form | {"reason": "court"}).status_code == 404
    assert not trail(morning, happened)


def test_a_restricted_incident_is_no_incident_for_a_lead_outside_its_group(
    morning: Morning, lead: Person
) -> None:
    happened = over_18(morning)
    restrict(morning.wiring, happened.incident_id)
    group = [
        colleague(morning.wiring, "member@example.org", Role.FORCE_DESK),
        colleague(morning.wiring, "other@example.org", Role.REVIEWER),
    ]
    name_group(morning.wiring, group)
    browser, reference = signed_in(morning.wiring, lead), reference_of(morning, happened)
    assert keep(browser, reference) == 400
    form = {"force": FORCE, "reference": reference, **TICKED}
    answer = browser.press(f"{HERE}/dossier", form)
    assert answer.status_code == 400
    assert "There is no child under this reference" in answer.text
    assert not trail(morning, happened)


@pytest.mark.feature("AU6")
def test_a_dossier_tells_of_one_child_alone_and_is_itself_a_disclosure(
    morning: Morning, lead: Person
) -> None:
    told = morning.notification()
    first = morning.read(told).involved_child_id
    again, stranger = over_18(morning), over_18(morning)
    details = replace(
        CHILD, voice=Voice(spoken_with="yes", words="I want to stay at Nan’s"),
        residences=(Residence("ZZ99 3VZ", "999"),), connected_at_school=("dinner lady",),
        protected=("refuge",),
    )  # fmt: skip
    morning.seal_child(again, details)
    morning.seal_child(stranger, replace(CHILD, forename="Zoltan"))
    with morning.wiring.database.write(PLATFORM) as session:
        for one in (first, again.child_id):
            session.get_one(InvolvedChild, one).person_digest = b"a" * 32
        session.get_one(InvolvedChild, stranger.child_id).person_digest = b"b" * 32
    school = signed_in(morning.wiring, morning.priya)
    page = f"/notifications/{told}"
    assert school.press(f"{page}/first-step", page=page).status_code == 303
    assert school.get(page).status_code == 200
    browser, reference = signed_in(morning.wiring, lead), reference_of(morning, again)
    form = {"force": FORCE, "reference": reference, **TICKED}
    for unticked in ("requester", "safe", "reason"):
        answer = browser.press(f"{HERE}/dossier", form | {unticked: ""})
        assert answer.status_code == 400
        assert "Asha" not in answer.text
    assert not trail(morning, again)
    made = browser.press(f"{HERE}/dossier", form)
    assert made.status_code == 200
    for said in ("Asha", "I want to stay at Nan’s", "Draft for the data protection officer",
                 "forename and year of birth were shown", "key adult A", reference):  # fmt: skip
        assert said in made.text, said
    for kept_back in ("ZZ99", "St Marys", "dinner lady", "refuge", "Zoltan", "Priya", f"{URN}"):
        assert kept_back not in made.text, kept_back
    assert trail(morning, again) == [("report:dossier:made", "subject_access")]
    with morning.wiring.database.read(PLATFORM) as session:
        count = session.scalar(
            select(func.count()).where(AuditEntry.event == "report:dossier:made")
        )
    assert count == 2


def test_of_erased_content_the_dossier_says_only_that_it_was_there(
    morning: Morning, lead: Person
) -> None:
    happened = over_18(morning)
    move(morning.wiring, days=40)
    assert erased(morning, happened)
    form = {"force": FORCE, "reference": reference_of(morning, happened), **TICKED}
    made = signed_in(morning.wiring, lead).press(f"{HERE}/dossier", form)
    assert made.status_code == 200
    assert "The content was erased" in made.text
    assert "Asha" not in made.text
