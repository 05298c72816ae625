"""Proving a mobile: the code comes by text, and proves that number and no other."""

from dataclasses import replace

import pytest

from app.casework.own_contact import ask_for_text, own_entries, type_text_code
from app.core.errors import NotFound
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from notifications.alerts import letterhead
from notifications.channels.recording import RecordingChannel
from notifications.states import Channel
from schools.contact_codes import Answer
from schools.key_adult_details import open_details, seal_details
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import URN
from tests.factories.people import Person
from tests.factories.register import Keepers, keepers


@pytest.fixture
def people(morning: Morning) -> Keepers:
    found = keepers(morning)
    number(found, morning.priya, "+44 7700 900123")
    return found


def entry(people: Keepers, person: Person) -> KeyAdult:
    row: KeyAdult = people.rows(KeyAdult, account_id=person.account_id, urn=URN)[0]
    return row


def number(people: Keepers, person: Person, telephone: str | None) -> None:
    with people.wiring.database.write(PLATFORM) as session:
        row = session.get_one(KeyAdult, entry(people, person).id)
        details = replace(open_details(people.wiring.cipher, row), telephone=telephone)
        row.sealed = seal_details(people.wiring.cipher, row.id, details)


def texted(people: Keepers, person: Person) -> str:
    """Ask for a code and return what came by text message."""
    people.act(person, ask_for_text, key_adult_id=entry(people, person).id)
    head = letterhead(people.wiring.settings)
    text = RecordingChannel(head, people.wiring.cipher, name=Channel.RECORDING_TEXT)
    wiring = replace(people.wiring, channels=(*people.wiring.channels, text))
    Runner(wiring, PIPELINE, owner="test").run_step("send_due")
    (sent,) = text.sent
    assert sent.message.address == "07700900123"
    return sent.message.extra["code"]


def typed(people: Keepers, person: Person, code: str) -> Answer:
    answer: Answer = people.act(
        person, type_text_code, key_adult_id=entry(people, person).id, code=code
    )
    return answer


@pytest.mark.feature("DL6")
def test_a_code_by_text_typed_by_the_person_proves_the_mobile(
    morning: Morning, people: Keepers
) -> None:
    (before,) = people.act(morning.priya, own_entries)
    assert (before.mobile, before.mobile_verified) == ("07700900123", False)
    code = texted(people, morning.priya)
    assert typed(people, morning.priya, f"{int(code) + 1:06}"[-6:]) is Answer.WRONG
    assert typed(people, morning.priya, code) is Answer.RIGHT
    (after,) = people.act(morning.priya, own_entries)
    assert (after.mobile_verified, after.text_code_until) == (True, None)
    assert len(people.rows(AuditEntry, event="register:key_adult:mobile_verified")) == 1


@pytest.mark.feature("DL6")
def test_another_number_on_the_record_has_to_be_proved_anew(
    morning: Morning, people: Keepers
) -> None:
    typed(people, morning.priya, texted(people, morning.priya))
    number(people, morning.priya, "07700 900999")
    (entry_now,) = people.act(morning.priya, own_entries)
    assert entry_now.mobile_verified is False


def test_a_code_for_the_number_of_before_proves_nothing(morning: Morning, people: Keepers) -> None:
    code = texted(people, morning.priya)
    number(people, morning.priya, "07700 900999")
    assert typed(people, morning.priya, code) is Answer.NO_CODE


def test_a_landline_is_sent_nothing(morning: Morning, people: Keepers) -> None:
    number(people, morning.priya, "01632 960123")
    with pytest.raises(NotFound):
        people.act(morning.priya, ask_for_text, key_adult_id=entry(people, morning.priya).id)


def test_neither_a_colleague_nor_a_stranger_is_sent_or_types_a_code_for_somebody(
    morning: Morning, people: Keepers
) -> None:
    theirs = entry(people, morning.priya).id
    for other in (morning.huw, morning.stranger, people.lead):
        with pytest.raises(NotFound):
            people.act(other, ask_for_text, key_adult_id=theirs)
        with pytest.raises(NotFound):
            people.act(other, type_text_code, key_adult_id=theirs, code="123456")
