"""Every event of the trail has words that a reader understands."""

from collections import Counter

from app.core.audit import Event
from app.pages.after_words import code_words
from app.pages.event_words import WORDS


def test_every_event_is_said_in_words_of_its_own() -> None:
    assert set(WORDS) == {str(event) for event in Event}
    assert [words for words, count in Counter(WORDS.values()).items() if count > 1] == []
    for words in WORDS.values():
        assert words[0].isupper(), words
        assert not set(words) & set("_;."), words


def test_another_code_is_said_without_its_underscores() -> None:
    assert code_words("wrong_school") == "wrong school"
