"""Proving an address: the code, its tries, its time, and what takes the proof away."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.casework.own_contact import Notice, ask_for_code, change_address, own_entries, type_code
from app.core.errors import Invalid, NotFound, TooMany
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from notifications.alerts import build_message, letterhead, message_id
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from schools.contact_codes import Answer
from schools.key_adult_models import ContactCode
from schools.key_adult_upkeep import Unverified, unverify
from schools.key_adults import import_key_adults
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import LATER_URN, URN
from tests.factories.people import Person, move
from tests.factories.register import Keepers, keepers
from tests.factories.schools import key_adults_file


@pytest.fixture
def people(morning: Morning) -> Keepers:
    """Priya's address has not been proved."""
    found = keepers(morning)
    with found.wiring.database.write(PLATFORM) as session:
        adult = session.get_one(KeyAdult, entry(found, morning.priya).id)
        unverify(adult, why=Unverified.BOUNCED, now=found.wiring.clock.now() - timedelta(days=1))
    return found


def entry(people: Keepers, person: Person, urn: int = URN) -> KeyAdult:
    row: KeyAdult = people.rows(KeyAdult, account_id=person.account_id, urn=urn)[0]
    return row


def send(people: Keepers, channel: RecordingChannel, person: Person) -> str:
    """Ask for a code and return what came by e-mail."""
    people.act(person, ask_for_code, key_adult_id=entry(people, person).id)
    Runner(people.wiring, PIPELINE, owner="test").run_pipeline()
    code = channel.sent[-1].message.extra["code"]
    assert code.encode() in channel.sent[-1].raw
    return code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def typed(people: Keepers, person: Person, code: str) -> Answer:
    answer: Answer = people.act(person, type_code, key_adult_id=entry(people, person).id, code=code)
    return answer


@pytest.mark.feature("RE6")
def test_a_code_by_email_typed_by_the_person_proves_the_address(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    (before,) = people.act(morning.priya, own_entries)
    assert (before.can_receive, before.notices) == (False, (Notice.CONTACT_UNVERIFIED,))
    code = send(people, channel, morning.priya)
    assert channel.sent[-1].message.address == "priya@example.org"
    assert typed(people, morning.priya, f" {code[:3]} {code[3:]} ") is Answer.RIGHT
    (after,) = people.act(morning.priya, own_entries)
    assert (after.can_receive, after.notices, after.code_until) == (True, (), None)
    assert typed(people, morning.priya, code) is Answer.NO_CODE
    trail = people.rows(AuditEntry, subject=f"key_adult:{after.key_adult_id}")
    assert [row.event.rpartition(":")[2] for row in trail] == ["code_sent", "verified"]
    (row,) = people.rows(ContactCode)
    assert code not in repr(vars(row))


@pytest.mark.feature("RE6")
def test_nobody_types_a_code_for_somebody_else(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    code, priya = send(people, channel, morning.priya), entry(people, morning.priya)
    for other in (morning.huw, morning.stranger, people.lead, people.admin):
        for act, options in (
            (ask_for_code, {}), (type_code, {"code": code}), (change_address, {"address": ""}),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                people.act(other, act, key_adult_id=priya.id, **options)
    assert entry(people, morning.priya).contact_verified_at is None


@pytest.mark.feature("RE6")
def test_five_tries_and_thirty_minutes_end_a_code(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    code = send(people, channel, morning.priya)
    answers = [typed(people, morning.priya, wrong(code)) for _ in range(6)]
    assert answers == [Answer.WRONG] * 5 + [Answer.NO_CODE]
    assert typed(people, morning.priya, code) is Answer.NO_CODE
    code = send(people, channel, morning.priya)
    move(people.wiring, minutes=30)
    assert typed(people, morning.priya, code) is Answer.NO_CODE
    assert entry(people, morning.priya).contact_verified_at is None
    assert typed(people, morning.priya, "not figures") is Answer.NO_CODE


@pytest.mark.feature("RE6")
def test_codes_are_few_and_a_new_one_ends_the_old(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    first = send(people, channel, morning.priya)
    second = send(people, channel, morning.priya)
    assert first != second
    assert typed(people, morning.priya, first) is Answer.WRONG
    send(people, channel, morning.priya)
    with pytest.raises(TooMany):
        send(people, channel, morning.priya)
    move(people.wiring, hours=1)
    assert typed(people, morning.priya, send(people, channel, morning.priya)) is Answer.RIGHT


def test_a_code_that_was_replaced_before_it_went_out_is_not_sent(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    people.act(morning.priya, ask_for_code, key_adult_id=entry(people, morning.priya).id)
    code = send(people, channel, morning.priya)
    assert len(channel.sent) == 1
    assert typed(people, morning.priya, code) is Answer.RIGHT


def test_a_message_sent_twice_is_the_same_bytes(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    channel.fail_next(ChannelError(ErrorKind.UNKNOWN, "final_dot_lost"))
    people.act(morning.priya, ask_for_code, key_adult_id=entry(people, morning.priya).id)
    runner = Runner(people.wiring, PIPELINE, owner="test")
    runner.run_pipeline()
    move(people.wiring, minutes=1)
    runner.run_pipeline()
    (sent,) = channel.sent
    message = sent.message
    head = letterhead(people.wiring.settings)
    identity = message_id(message, people.wiring.cipher, head.mail_host)
    assert build_message(message, head=head, message_id=identity) == sent.raw


@pytest.mark.feature("RE6")
def test_an_address_that_fails_is_not_proved_by_an_older_file(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    """The bounce was on 19 November; the file says 7 September, then the 19th, then the 20th."""

    def load(verified: str, **more: str) -> KeyAdult:
        file = key_adults_file(
            {"URN": URN, "Name": "Priya Nair", "Email": "priya@example.org",
             "VerifiedOn": verified, **more}
        )  # fmt: skip
        with people.wiring.database.write(PLATFORM) as session:
            report = import_key_adults(
                session, people.wiring.cipher, file, now=people.wiring.clock.now()
            )
        assert report.errors == []
        return entry(people, morning.priya)

    assert load("07-09-2026").contact_verified_at is None
    assert load("19-11-2026").contact_verified_at is None
    assert typed(people, morning.priya, send(people, channel, morning.priya)) is Answer.RIGHT
    proved = entry(people, morning.priya).contact_verified_at
    assert load("07-09-2026", Course="Level 3").contact_verified_at == proved
    assert load("", Position="2").contact_verified_at == proved
    with people.wiring.database.write(PLATFORM) as session:
        adult = session.get_one(KeyAdult, entry(people, morning.priya).id)
        unverify(adult, why=Unverified.BOUNCED, now=people.wiring.clock.now() - timedelta(days=1))
    found = load("20-11-2026")
    assert (found.contact_verified_at is not None, found.course) == (True, "Level 3")


@pytest.mark.feature("RE10")
def test_alerts_may_go_to_a_shared_mailbox_that_is_proved_by_its_own_code(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    code = send(people, channel, morning.priya)
    priya = entry(people, morning.priya)
    for address in ("office", "two@example.org, three@example.org"):
        with pytest.raises(Invalid):
            people.act(
                morning.priya, change_address, key_adult_id=priya.id, address=address
            )  # fmt: skip
    assert people.act(
        morning.priya, change_address, key_adult_id=priya.id, address="office@example.org"
    )
    assert typed(people, morning.priya, code) is Answer.NO_CODE
    assert entry(people, morning.priya).contact_verified_at is None
    assert typed(people, morning.priya, send(people, channel, morning.priya)) is Answer.RIGHT
    assert channel.sent[-1].message.address == "office@example.org"
    morning.notification()
    move(people.wiring, minutes=26)
    Runner(people.wiring, PIPELINE, owner="test").run_pipeline()
    assert channel.sent[-1].message.address == "office@example.org"
    assert channel.sent[-1].message.template == "message_waiting"
    (own,) = people.act(morning.priya, own_entries)
    assert (own.email, own.shared) == ("priya@example.org", True)
    assert people.act(morning.priya, change_address, key_adult_id=priya.id, address="")
    (own,) = people.act(morning.priya, own_entries)
    assert (own.shared, own.can_receive, own.unverified_why) == (False, False, "address_changed")


def test_one_code_proves_the_same_address_at_every_school_of_a_person(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    file = key_adults_file(
        {"URN": LATER_URN, "Name": "Priya Nair", "Email": "priya@example.org",
         "VerifiedOn": "", "Position": 2}
    )  # fmt: skip
    with people.wiring.database.write(PLATFORM) as session:
        import_key_adults(session, people.wiring.cipher, file, now=people.wiring.clock.now())
        second = select(KeyAdult).where(KeyAdult.urn == LATER_URN, KeyAdult.position == 2)
        session.scalars(second).one().account_id = morning.priya.account_id
    assert typed(people, morning.priya, send(people, channel, morning.priya)) is Answer.RIGHT
    assert entry(people, morning.priya, LATER_URN).contact_verified_at is not None


@pytest.mark.feature("RE6")
def test_a_bounce_at_the_mail_server_ends_the_proof_at_once(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    assert typed(people, morning.priya, send(people, channel, morning.priya)) is Answer.RIGHT
    morning.notification()
    channel.fail_next(ChannelError(ErrorKind.PERMANENT, "recipient_550"))
    move(people.wiring, minutes=26)
    Runner(people.wiring, PIPELINE, owner="test").run_pipeline()
    row = entry(people, morning.priya)
    assert (row.contact_verified_at, row.unverified_why) == (None, "bounced")
    (own,) = people.act(morning.priya, own_entries)
    assert own.notices == (Notice.CONTACT_UNVERIFIED,)
