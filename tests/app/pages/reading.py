"""What somebody reads on a page: its texts, without what says that it is English."""

import re
from functools import cache
from html.parser import HTMLParser

from app.core.languages import Language
from app.pages import translating
from tests.app.pages import sentences

# What the tests call schools and people: a name is shown as it is.
_NAMES = re.compile(r"School [0-9]{6}|The old school|\S+@people\.test")
_ALONE = {"br", "hr", "img", "input", "link", "meta"}
_READ_OUT = {"aria-label", "data-label", "title", "placeholder", "alt"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        # Of every element that is open, whether what is in it is read.
        self.open: list[bool] = [True]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        read = self.open[-1] and tag not in {"script", "style"} and given.get("lang") != "en"
        if read:
            self.texts += [value or "" for name, value in attrs if name in _READ_OUT]
        if tag not in _ALONE:
            self.open.append(read)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _ALONE:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open[-1]:
            self.texts.append(data)


def texts_of(html: str) -> list[str]:
    """Return the texts of a page, left out what declares itself English."""
    reader = _Reader()
    reader.feed(html)
    return [" ".join(text.split()) for text in reader.texts if text.strip()]


def english_in(html: str) -> list[str]:
    """Return the sentences of the catalogue that a page in Welsh says in English."""
    texts = [_NAMES.sub("", text) for text in texts_of(html)]
    return [
        english for english, pattern in _patterns() if any(pattern.search(text) for text in texts)
    ]


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for message in sentences.all_of_them():
        for text in filter(None, (message.text, message.plural)):
            # The longest piece that is all words: between what is filled in and what is marked up.
            words = max(re.split(r"%\(\w+\)s|<[^>]+>", text), key=len).strip(" .,:;()")
            same = translating.translated(text, Language.WELSH) == text
            if len(words) > 3 and not (same and not message.plural):
                found.append((text, re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")))
    return found
