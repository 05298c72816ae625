"""What a school is shown in Welsh: a version of its own, whole, and proved with the English."""

import json
import re
from collections import Counter
from dataclasses import asdict, replace

import pytest

from app.core.clock import london_date
from app.core.languages import Language
from app.core.scope import PLATFORM
from notifications import wording
from notifications.compose import Content, Guidance
from notifications.models import Notification, NotificationContent
from notifications.queries import content_of
from notifications.rendered import facts, placed_text, shown, spoken
from notifications.states import WordingKind
from notifications.wording import section_in
from tests.factories.notifications import NotifyingForce

CY = Language.WELSH
# From before there was any Welsh.
ENGLISH_ALONE = "2026-11.2"


@pytest.fixture
def content(force: NotifyingForce) -> Content:
    notification_id = force.place()
    with force.database.read(PLATFORM) as session:
        found = content_of(session, force.cipher, session.get_one(Notification, notification_id))
    assert found is not None
    return found


@pytest.mark.parametrize("version", wording.shipped(WordingKind.NOTICE))
def test_a_version_that_speaks_welsh_says_everything_in_it(version: str) -> None:
    texts = wording.texts_of(WordingKind.NOTICE, version)
    english = {name for name in texts if not name.endswith(".cy")}
    if not wording.speaks(version, CY):
        assert (version, set(texts)) == (ENGLISH_ALONE, english)
        return
    assert set(texts) - english == {section_in(CY, name) for name in english}
    for name in english:
        welsh = texts[section_in(CY, name)]
        assert welsh.keys() == texts[name].keys()
        for code, text in texts[name].items():
            assert welsh[code].strip()
            assert _holes(welsh[code]) == _holes(text), (name, code)
            assert "'" not in welsh[code]


def test_the_newest_words_are_in_welsh_and_say_the_same_english_as_before() -> None:
    newest = wording.newest(WordingKind.NOTICE)
    assert wording.speaks(newest, CY)
    before, now = wording.words(ENGLISH_ALONE).texts, wording.words("2026-11.3").texts
    assert {name: now[name] for name in before} == before


def test_a_message_is_said_in_welsh_line_by_line(content: Content, force: NotifyingForce) -> None:
    today = london_date(force.now)
    assert spoken(content, CY) is CY
    welsh, english = (shown(content, today=today, language=one) for one in (CY, Language.ENGLISH))
    assert welsh is not None
    assert english is not None
    assert [one.code for one in welsh.facts] == [one.code for one in english.facts]
    lines = {one.code: one.text for one in welsh.facts}
    assert lines["presence"] == "Clywodd y digwyddiad"
    assert lines["born"] == "2 Mawrth 2016, 10 oed"
    assert lines["occurred_at"].startswith("Dydd Iau 19 Tachwedd 2026 am 10:40 yr hwyr")
    assert welsh.first_of_all == wording.words(language=CY).say("guidance", Guidance.NO_CONTACT)
    # The name, and nothing else, is the same in both.
    assert welsh.name == english.name
    said = {text for one in welsh.facts for text in (one.label, one.text)}
    assert not said & {text for one in english.facts for text in (one.label, one.text)}


def test_the_proof_is_of_what_a_reader_of_either_language_is_shown(
    content: Content, force: NotifyingForce
) -> None:
    today = london_date(force.now)
    body = json.loads(placed_text(content, on=today))
    welsh = shown(content, today=today, language=CY)
    assert welsh is not None
    assert body["notice.cy"] == json.loads(json.dumps(asdict(welsh)))
    row = force.rows(NotificationContent)[0]
    assert row.template_version == wording.newest(WordingKind.NOTICE)
    assert row.rendered_digest is not None


def test_words_from_before_stay_as_they_were_proved_and_english(
    content: Content, force: NotifyingForce
) -> None:
    today = london_date(force.now)
    older = replace(content, template_version=ENGLISH_ALONE)
    assert spoken(older, CY) is Language.ENGLISH
    assert "notice.cy" not in json.loads(placed_text(older, on=today))
    # Where an older incident joined, nobody reads half a message in one language.
    joined = replace(content, further=(older,))
    assert spoken(joined, CY) is Language.ENGLISH
    assert facts(joined, today=today)[0].label == "Born"


def _holes(text: str) -> Counter[str]:
    return Counter(re.findall(r"\{\w*\}", text))
