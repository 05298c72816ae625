import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.intake.cleaning import clean
from app.intake.payload import IncidentMessage
from tests.factories.incidents import child, incident

NAMES = st.text(
    st.characters(categories=["Lu", "Ll", "Lo", "Lt", "Lm", "Nd", "Pd", "Zs"]), max_size=50
)


def taken(text: str) -> bool:
    body = incident(children=[child(forename=text)])
    try:
        IncidentMessage.model_validate_json(json.dumps(body))
    except ValidationError:
        return False
    return True


@given(NAMES)
def test_letters_of_any_script_pass_in_one_form(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once == unicodedata.normalize("NFC", once)
    assert once == once.strip()
    assert "  " not in once
    assert clean(unicodedata.normalize("NFD", text)) == once


@given(st.characters(categories=["Cc", "Cf", "Co", "Zl", "Zp"]), NAMES, NAMES)
def test_characters_that_hide_or_reorder_are_refused(mark: str, before: str, after: str) -> None:
    joins = mark in "\u200c\u200d"
    assert taken("A" + before[:40] + mark + after[:40] + "z") is joins


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("  Asha  ", "Asha"),
        ("De  la   Cruz", "De la Cruz"),
        ("Sia\u0302n", "Siân"),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_a_name_is_kept_in_one_form(given_: str | None, kept: str | None) -> None:
    body = incident(children=[child(forename=given_)])
    message = IncidentMessage.model_validate_json(json.dumps(body))
    assert message.children[0].forename == kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(IncidentMessage.model_fields)), JSON)
def test_whatever_stands_in_a_field_is_taken_or_refused_without_an_echo(
    name: str, value: Any
) -> None:
    _taken_or_refused(incident(**{name: value}))


@given(st.sampled_from(["forename", "education", "voice", "residences", "sex", "upn"]), JSON)
def test_whatever_stands_in_a_field_of_a_child_is_taken_or_refused(name: str, value: Any) -> None:
    _taken_or_refused(incident(children=[child(**{name: value})]))


def _taken_or_refused(body: dict[str, Any]) -> None:
    from app.api.messages import read_message
    from app.core.errors import Invalid, Malformed

    try:
        text = json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    try:
        message = read_message(IncidentMessage, text)
    except (Invalid, Malformed):
        return
    # What is taken survives a round trip, so the identity of a body is stable.
    again = IncidentMessage.model_validate_json(message.model_dump_json())
    assert again == message
