"""Welsh: no word of a translated page stands outside the catalogue, and none is missing in it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po
from jinja2 import nodes

from app.core.languages import Language
from app.pages import translating
from app.pages.rendering import environment
from tests.app.pages import sentences
from tests.app.pages.sentences import TEMPLATES, Message

PO = translating.LOCALES / "cy/LC_MESSAGES/pages.po"
_SAYING = {"_", "gettext", "ngettext", "pgettext"}
# What Jinja has in place of an expression, for the parser of HTML to step over.
_FILLED_IN = " "
_READ_OUT = {"aria-label", "data-label", "title", "placeholder", "alt"}
# The name of the service, and each language in its own words.
_NAMES = {"Encompass", "English", "Cymraeg"}


class _Texts(HTMLParser):
    """Collects what people read or hear of a template, scripts left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent = tag == "script"
        self.found += [value or "" for name, value in attrs if name in _READ_OUT]

    def handle_endtag(self, tag: str) -> None:
        self.silent = False

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def outside(source: str) -> list[str]:
    """Return the words of a template that are in no translation."""
    tree = environment().parse(source)
    said = {id(one) for call in tree.find_all(nodes.Call) if _says(call) for one in _within(call)}
    html = []
    for output in tree.find_all(nodes.Output):
        for part in output.nodes:
            if isinstance(part, nodes.TemplateData):
                html.append(part.data)
            else:
                html.append(_FILLED_IN)
    strings = (one for one in tree.find_all(nodes.Const) if isinstance(one.value, str))
    shown = [one.value for one in strings if id(one) not in said and _reads_like_words(one.value)]
    parser = _Texts()
    parser.feed("".join(html))
    texts = (text.strip(" \n–") for text in parser.found)
    return [text for text in (*texts, *shown) if re.search("[A-Za-z]", text) and text not in _NAMES]


def _says(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name in _SAYING


def _within(call: nodes.Call) -> Iterator[nodes.Node]:
    for argument in call.args:
        yield from (argument, *argument.find_all(nodes.Const))


def _reads_like_words(text: str) -> bool:
    """Return whether a string of a template is for people: no class, address or code of a value."""
    stripped = text.strip()
    return bool(
        re.match(r"[A-Z][a-z]", stripped)
        or re.search(r"(?<![\w-])[a-z]+,? [a-z]+(?![\w-])", stripped)
    )


@pytest.mark.parametrize("name", sorted(translating.TRANSLATED))
def test_no_word_of_a_translated_template_stands_outside_the_catalogue(name: str) -> None:
    assert outside((TEMPLATES / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Read this</p>", "Read this"),
        ("<p>{{ name }} read it</p>", "read it"),
        ('<div aria-label="Square code">{{ picture }}</div>', "Square code"),
        ('{{ govukButton({"text": "Save"}) }}', "Save"),
        ('<p>{{ "for the school" if school else "" }}</p>', "for the school"),
        ('{{ press("/there", "Not mine: " ~ name) }}', "Not mine: "),
        ("{% block content %}{% if a %}<li>told</li>{% endif %}{% endblock %}", "told"),
    ],
)
def test_a_word_outside_the_catalogue_is_found(source: str, found: str) -> None:
    assert outside(source) == [found.strip() if found != "Not mine: " else found]


def test_only_sentences_that_stand_in_the_template_are_marked_as_safe() -> None:
    # What `_` returns is not escaped: a name or what somebody typed must never go through it.
    for name in sorted(translating.TRANSLATED):
        tree = environment().parse((TEMPLATES / name).read_text(encoding="utf-8"))
        for call in filter(_says, tree.find_all(nodes.Call)):
            assert isinstance(call.args[0], nodes.Const), (name, call)


@pytest.fixture(scope="module")
def welsh() -> Catalog:
    with PO.open("rb") as read:
        return read_po(read, locale="cy")


def _entry(welsh: Catalog, message: Message) -> Entry | None:
    ident = (message.text, message.plural) if message.plural else message.text
    return welsh.get(ident, message.context or None)


def test_every_sentence_of_the_pages_is_in_welsh(welsh: Catalog) -> None:
    missing = []
    for message in sorted(sentences.all_of_them()):
        entry = _entry(welsh, message)
        texts = _texts(entry) if entry is not None else ()
        if entry is None or entry.fuzzy or not texts or not all(text.strip() for text in texts):
            missing.append(message)
    assert missing == []


def test_the_catalogue_has_nothing_that_no_page_says(welsh: Catalog) -> None:
    wanted = sentences.all_of_them()
    there = {Message(*_pair(one.id), one.context or "") for one in welsh if one.id}
    assert sorted(there - wanted) == []
    assert sentences.of_templates().keys() - there == set()


def test_what_is_filled_in_and_marked_up_is_the_same_in_both_languages(welsh: Catalog) -> None:
    for message in sorted(sentences.all_of_them()):
        entry = _entry(welsh, message)
        assert entry is not None
        for text in _texts(entry):
            assert _holes(text) == _holes(message.text), message
            # What stays English in the middle of a Welsh sentence is marked as English.
            marked = re.sub(r'<span lang="en">(.*?)</span>', r"\1", text).replace(' lang="en"', "")
            assert _tags(marked) == _tags(message.text.replace(' lang="en"', "")), message
            assert "'" not in text, message


def test_every_number_has_its_welsh_form(welsh: Catalog) -> None:
    said = [translating.counted(count, *translating.MINUTES, Language.WELSH) for count in range(8)]
    assert said == [
        "0 munud", "1 munud", "2 funud", "3 munud", "4 munud", "5 munud", "6 munud", "7 munud",
    ]  # fmt: skip
    for message in sentences.all_of_them():
        if message.plural:
            entry = _entry(welsh, message)
            assert entry is not None
            assert len(_texts(entry)) == 5


def _texts(entry: Entry) -> tuple[str, ...]:
    return tuple(_several(entry.string))


def _pair(ident: str | list[str] | tuple[str, ...]) -> tuple[str, str]:
    text, *more = _several(ident)
    return text, more[0] if more else ""


def _several(said: str | list[str] | tuple[str, ...] | None) -> Sequence[str]:
    return (said or "",) if isinstance(said, str | None) else said


def _holes(text: str) -> Counter[str]:
    return Counter(re.findall(r"%(?:\(\w+\)s)?", text))


def _tags(text: str) -> Counter[str]:
    return Counter(re.findall(r"</?[a-z][^>]*>", text))
