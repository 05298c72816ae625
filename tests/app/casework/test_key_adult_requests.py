"""Asking for a key adult, approving by somebody else, and the invitation that follows."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.access import authenticator, enrolment, passwords
from app.access.accounts import disable
from app.access.models import Account, AccountRole, Enrolment
from app.access.permissions import Role
from app.casework import key_adults
from app.casework.acting import Acting
from app.casework.key_adult_requests import (
    Asked,
    approve_key_adult,
    lapse_requests,
    refuse_key_adult,
    request_key_adult,
    requests_waiting,
    withdraw_request,
)
from app.core.errors import Conflict, Invalid, NotFound
from app.core.models import AuditEntry
from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from notifications.channels.recording import RecordingChannel
from schools.key_adult_models import KeyAdultRequest, RequestState
from schools.key_adult_requests import Training
from schools.key_adults import contacts_of
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import TODAY, URN
from tests.factories.people import Person, add_person, move
from tests.factories.register import Keepers, keepers

ROSA = Asked(
    name="Rosa  Quay", email="Rosa@Example.org", telephone="07700 900123",
    date_of_birth=date(1984, 5, 6),
    training=Training("Designated lead, level 3", date(2026, 3, 2), date(2028, 3, 2)),
)  # fmt: skip


@pytest.fixture
def people(morning: Morning) -> Keepers:
    return keepers(morning)


def ask(people: Keepers, person: Person, asked: Asked = ROSA, urn: int = URN) -> UUID:
    request_id: UUID = people.act(person, request_key_adult, urn=urn, asked=asked)
    return request_id


def run(people: Keepers, *steps: str) -> None:
    Runner(people.wiring, PIPELINE, owner="test").run_pipeline()


def token_sent(channel: RecordingChannel, address: str) -> str:
    mails = [one for one in channel.sent if one.message.address == address]
    path = mails[-1].message.extra["path"]
    assert path.encode() in mails[-1].raw.replace(b"=\r\n", b"")
    return path.removeprefix("/enrol/")


def approve(
    session: Session, acting: Acting, *, request_id: UUID, made_sure: str = "rung_at_school"
) -> KeyAdult:
    """Approve, having rung the school."""
    return approve_key_adult(session, acting, request_id=request_id, made_sure=made_sure)


@pytest.mark.feature("RE12")
def test_a_school_asks_the_council_approves_and_the_person_comes_in(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    request_id = ask(people, morning.priya)
    (line,) = people.act(people.officer, requests_waiting)
    assert (line.name, line.school, line.asked_by) == ("Rosa Quay", f"School {URN}", "Priya Nair")
    adult = people.act(people.officer, approve, request_id=request_id)
    assert people.act(people.officer, requests_waiting) == []
    (account,) = people.rows(Account, id=adult.account_id)
    assert account.enrolled_at is None
    (role,) = people.rows(AccountRole, account_id=account.id)
    assert (role.role, role.urn) == (Role.KEY_ADULT, URN)
    with people.wiring.database.read(PLATFORM) as session:
        third = contacts_of(session, people.wiring.cipher, URN, on=TODAY, policy=Policy())[2]
    assert (third.name, third.email) == ("Rosa Quay", "Rosa@Example.org")
    assert (third.can_receive, third.reason_code) == (False, "contact_unverified")
    run(people)
    token = token_sent(channel, "Rosa@Example.org")
    with people.wiring.database.write() as session:
        now = people.wiring.clock.now()
        offer = enrolment.read(session, people.wiring.cipher, token, now=now)
        assert offer.account_id == account.id
        code = authenticator.code_at(offer.secret, now=now)
        enrolment.complete(
            session, people.wiring.cipher, token, password_hash=passwords.hash_of("x" * 15),
            code=code, now=now,
        )  # fmt: skip
    events = [row.event for row in people.rows(AuditEntry, subject=f"key_adult:{adult.id}")]
    assert "register:key_adult:invited" in events
    trail = people.rows(AuditEntry, subject=f"key_adult_request:{request_id}")
    assert [(row.event, row.actor, row.reason_code) for row in trail] == [
        ("register:key_adult:requested", morning.priya.actor, None),
        ("register:key_adult:approved", people.officer.actor, "rung_at_school"),
    ]


@pytest.mark.parametrize("made_sure", ["", "yes", "somebody_said_so"])
def test_nobody_is_let_in_before_somebody_says_how_they_know_who_it_is(
    morning: Morning, people: Keepers, channel: RecordingChannel, made_sure: str
) -> None:
    request_id = ask(people, morning.priya)
    with pytest.raises(Invalid) as refused:
        people.act(people.officer, approve, request_id=request_id, made_sure=made_sure)
    assert [one.loc for one in refused.value.errors] == ["made_sure"]
    with pytest.raises(NotFound):
        people.act(people.elsewhere, approve, request_id=request_id, made_sure=made_sure)
    run(people)
    assert channel.sent == []
    assert people.rows(KeyAdultRequest, id=request_id)[0].state is RequestState.WAITING
    people.act(people.officer, approve, request_id=request_id, made_sure="known_in_person")
    (row,) = people.rows(AuditEntry, event="register:key_adult:approved")
    assert row.reason_code == "known_in_person"


@pytest.mark.feature("RE12")
def test_nobody_approves_a_request_of_their_own_or_about_themselves(
    morning: Morning, people: Keepers
) -> None:
    own = ask(people, people.lead)
    with pytest.raises(Conflict):
        people.act(people.lead, approve, request_id=own)
    with pytest.raises(Conflict):
        people.act(people.lead, refuse_key_adult, request_id=own, reason_code="not_known")
    about_admin = ask(people, morning.priya, Asked(name="Ada Moss", email="ADMIN@example.org"))
    with pytest.raises(Conflict):
        people.act(people.admin, approve, request_id=about_admin)
    people.act(people.admin, approve, request_id=own)
    people.act(people.lead, approve, request_id=about_admin)
    states = {row.id: row.state for row in people.rows(KeyAdultRequest)}
    assert states == {own: RequestState.APPROVED, about_admin: RequestState.APPROVED}


@pytest.mark.feature("RE12")
def test_a_key_adult_may_ask_and_never_approve(morning: Morning, people: Keepers) -> None:
    request_id = ask(people, morning.priya)
    for colleague in (morning.priya, morning.huw, morning.stranger, people.elsewhere):
        with pytest.raises(NotFound):
            people.act(colleague, approve, request_id=request_id)
    for stranger in (morning.stranger, people.elsewhere, people.officer):
        with pytest.raises(NotFound):
            ask(people, stranger, Asked(name="Ian Slope", email="ian@example.org"))
    assert people.rows(KeyAdultRequest, id=request_id)[0].state is RequestState.WAITING


def test_what_is_asked_for_is_sealed_and_shown_only_where_it_is_decided(
    morning: Morning, people: Keepers
) -> None:
    ask(people, morning.priya)
    (row,) = people.rows(KeyAdultRequest)
    for secret in (b"Rosa", b"rosa", b"1984", b"900123"):
        assert secret not in row.sealed
    assert len(people.act(people.lead, requests_waiting)) == 1
    assert people.act(people.elsewhere, requests_waiting) == []
    with pytest.raises(NotFound):
        people.act(morning.stranger, requests_waiting, urn=URN)
    assert "rosa" not in repr(people.act(people.lead, requests_waiting)[0]).casefold()


@pytest.mark.parametrize(
    ("asked", "loc"),
    [
        (Asked(name=" ", email="rosa@example.org"), "name"),
        (Asked(name="Rosa Quay", email="rosa"), "email"),
        (Asked(name="Rosa Quay", email="rosa@example.org", telephone="ask"), "telephone"),
        (Asked(name="Rosa Quay", email="rosa@example.org", alert_email="office"), "alert_email"),
        (Asked(name="Rosa Quay", email="rosa@example.org", position=0), "position"),
        (
            Asked(name="Rosa Quay", email="rosa@example.org", date_of_birth=date(2020, 1, 1)),
            "date_of_birth",
        ),
        (
            Asked(name="R", email="r@example.org", training=Training(None, date(2027, 1, 1))),
            "trained_on",
        ),
        (
            Asked(
                name="R", email="r@example.org",
                training=Training(None, date(2026, 1, 1), date(2025, 1, 1)),
            ),
            "expires_on",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(
    morning: Morning, people: Keepers, asked: Asked, loc: str
) -> None:
    with pytest.raises(Invalid) as problem:
        ask(people, morning.priya, asked)
    assert [error.loc for error in problem.value.errors] == [loc]
    assert "rosa" not in str(problem.value).casefold()


def test_one_person_is_asked_for_once_and_not_while_they_are_there(
    morning: Morning, people: Keepers
) -> None:
    ask(people, morning.priya)
    with pytest.raises(Conflict):
        ask(people, morning.huw)
    with pytest.raises(Conflict):
        ask(people, morning.huw, Asked(name="Priya Nair", email="PRIYA@example.org"))
    elsewhere = Asked(name="Rosa Quay", email="rosa@example.org")
    ask(people, people.lead, elsewhere, urn=990002)
    assert len(people.rows(KeyAdultRequest)) == 2


def test_a_refused_or_withdrawn_request_makes_nobody(morning: Morning, people: Keepers) -> None:
    refused = ask(people, morning.priya)
    with pytest.raises(Invalid):
        people.act(people.lead, refuse_key_adult, request_id=refused, reason_code="dislike")
    people.act(people.lead, refuse_key_adult, request_id=refused, reason_code="not_at_school")
    with pytest.raises(Conflict):
        people.act(people.admin, approve, request_id=refused)
    again = ask(people, morning.priya)
    with pytest.raises(NotFound):
        people.act(morning.huw, withdraw_request, request_id=again)
    people.act(morning.priya, withdraw_request, request_id=again)
    with pytest.raises(Conflict):
        people.act(people.admin, approve, request_id=again)
    assert len(people.rows(KeyAdult, urn=URN)) == 2


@pytest.mark.feature("RE12")
def test_what_nobody_decides_in_a_fortnight_lapses(morning: Morning, people: Keepers) -> None:
    request_id = ask(people, morning.priya)
    move(people.wiring, days=14)
    with pytest.raises(Conflict):
        people.act(people.lead, approve, request_id=request_id)
    assert people.act(people.lead, requests_waiting) == []
    with people.wiring.database.write(PLATFORM) as session:
        now = people.wiring.clock.now()
        assert lapse_requests(session, actor="job:test", now=now) == 1
    assert people.rows(KeyAdultRequest)[0].state is RequestState.LAPSED
    ask(people, morning.priya)


@pytest.mark.feature("RE12")
def test_an_invitation_is_good_for_two_days_and_a_new_one_ends_the_old(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    adult = people.act(people.lead, approve, request_id=ask(people, morning.priya))
    run(people)
    first = token_sent(channel, "Rosa@Example.org")
    for nobody in (morning.priya, morning.stranger, people.elsewhere):
        with pytest.raises(NotFound):
            people.act(nobody, key_adults.invite_again, key_adult_id=adult.id)
    assert people.act(people.lead, key_adults.invite_again, key_adult_id=adult.id) is True
    run(people)
    second = token_sent(channel, "Rosa@Example.org")
    assert first != second
    cipher = people.wiring.cipher
    with people.wiring.database.read() as session:
        now = people.wiring.clock.now()
        enrolment.read(session, cipher, second, now=now)
        with pytest.raises(NotFound):
            enrolment.read(session, cipher, first, now=now)
    move(people.wiring, days=2)
    with people.wiring.database.read() as session, pytest.raises(NotFound):
        enrolment.read(session, cipher, second, now=people.wiring.clock.now())
    stored = [row.token_digest for row in people.rows(Enrolment, account_id=adult.account_id)]
    assert second.encode() not in b"".join(stored)


def test_somebody_who_is_enrolled_gets_a_further_school_and_no_new_link(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    asked = Asked(name="Priya Nair", email="priya@example.org")
    request_id = ask(people, morning.stranger, asked, urn=990002)
    adult = people.act(people.lead, approve, request_id=request_id)
    assert adult.account_id == morning.priya.account_id
    held = people.acting(morning.priya).actor.urns(Role.KEY_ADULT)
    assert held == {URN, 990002}
    run(people)
    assert [one.message.template for one in channel.sent] == ["account"]


def test_an_account_that_was_shut_is_not_opened_by_a_request(
    morning: Morning, people: Keepers
) -> None:
    shut = add_person(people.wiring, "shut@example.org", Role.AUDITOR, force="99")
    with people.wiring.database.write() as session:
        disable(session, shut.account_id, now=people.wiring.clock.now(), actor="operator:test")
    request_id = ask(people, morning.priya, Asked(name="Shut Out", email="shut@example.org"))
    with pytest.raises(Conflict):
        people.act(people.lead, approve, request_id=request_id)
