"""Proving a mobile on one's own page, where the installation sends text messages."""

from dataclasses import replace

import pytest

from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from notifications.alerts import letterhead
from notifications.channels.recording import RecordingChannel
from notifications.states import Channel
from schools.key_adult_details import open_details, seal_details
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import URN
from tests.factories.people import signed_in
from tests.factories.register import Keepers, keepers

PAGE = "/account/contact"


@pytest.fixture
def people(morning: Morning) -> Keepers:
    """Priya has a mobile on record that nobody has proved."""
    found = keepers(morning)
    with found.wiring.database.write(PLATFORM) as session:
        row = session.get_one(KeyAdult, entry(found, morning).id)
        details = replace(open_details(found.wiring.cipher, row), telephone="07700 900123")
        row.sealed = seal_details(found.wiring.cipher, row.id, details)
    return found


def entry(people: Keepers, morning: Morning) -> KeyAdult:
    row: KeyAdult = people.rows(KeyAdult, account_id=morning.priya.account_id, urn=URN)[0]
    return row


def texting(people: Keepers) -> tuple[Wiring, RecordingChannel]:
    head = letterhead(people.wiring.settings)
    text = RecordingChannel(head, people.wiring.cipher, name=Channel.RECORDING_TEXT)
    return replace(people.wiring, channels=(*people.wiring.channels, text)), text


@pytest.mark.feature("DL6")
def test_a_mobile_is_proved_by_the_code_that_came_by_text(
    morning: Morning, people: Keepers
) -> None:
    wiring, text = texting(people)
    browser, ident = signed_in(wiring, morning.priya), entry(people, morning).id
    assert "07700900123 is not verified" in browser.get(PAGE).text
    assert browser.press(f"{PAGE}/{ident}/text").status_code == 303
    Runner(wiring, PIPELINE, owner="test").run_step("send_due")
    code = text.sent[-1].message.extra["code"]
    refused = browser.press(f"{PAGE}/{ident}/mobile", {"code": "12"})
    assert (refused.status_code, "That is not the code" in refused.text) == (400, True)
    assert browser.press(f"{PAGE}/{ident}/mobile", {"code": code}).status_code == 303
    assert "07700900123 is verified" in browser.get(PAGE).text


def test_without_text_messages_the_page_says_nothing_of_them(
    morning: Morning, people: Keepers
) -> None:
    assert "Text messages" not in signed_in(people.wiring, morning.priya).get(PAGE).text


def test_a_stranger_and_a_colleague_find_nothing_to_press(
    morning: Morning, people: Keepers
) -> None:
    wiring, _ = texting(people)
    ident = entry(people, morning).id
    for other in (morning.stranger, morning.huw):
        browser = signed_in(wiring, other)
        for act in ("text", "mobile"):
            answer = browser.press(f"{PAGE}/{ident}/{act}", {"code": "123456"})
            assert answer.status_code == 404
