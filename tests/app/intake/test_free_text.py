"""A child's words travel only where they speak of nobody and of no place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.policy import Content, Policy
from app.intake.free_text import names_besides, tells_more
from app.intake.payload import IncidentMessage
from app.intake.sealing import child_details, incident_details
from app.intake.warnings import Warn, warnings_of
from tests.factories.incidents import child, incident

ADULT = {"forename": "Quillon", "surname": "Marsh-Example"}
NAMES = ("bela", "quillon", "marsh", "zoe", "obrien")


def message(words: str, **changes: Any) -> IncidentMessage:
    spoken = child("c1", voice={"spoken_with": "officer_alone", "words": words})
    sister = child("c2", forename="Bela", surname="Other", known_as=["Bee"])
    body = incident(children=[spoken, sister], involved_adults=[ADULT]) | changes
    return IncidentMessage.model_validate_json(json.dumps(body))


@pytest.mark.feature("CO5")
@pytest.mark.parametrize(
    "words",
    [
        "Daddy shouted", "it was my MUM’s boyfriend", "he hit the door", "Bela cried too",
        "Quillon broke it", "Mrs Marsh came", "Bee was under the bed with me", "we went to Nan's",
        "I ran to ZZ99 3VZ", "we live at zz993vz now", "ring 07700 900123", "+44 7700 900 123",
        "write to asha@example.org", "it is on www.example.org", "I went to 12 High Street",
        "We are at 4b Mill Lane", "my step-dad", "Mammy is sad", "The neighbour knocked",
        "my sisters were crying", "at my dads", "Papa was bleeding", "they were fighting",
        "the lady cried", "a bloke came", "Belas door", "béla hid", "the suspect did it",
        "12 St Mary's Road", "12 Upper High Street", "5, Mill Lane", "Flat 3 Oak House",
        "07700.900.123", "a red car AB12 CDE", "at the refuge", "Kayleigh hid too",
        "I hid with Shanelle", "we took the bus", "I slept in Southtown", "DAD HIT",
    ],
)  # fmt: skip
def test_words_about_anybody_else_or_any_place_are_not_kept_and_the_force_is_warned(
    words: str,
) -> None:
    sent = message(words)
    policy = Policy(content=Content(voice_words=True))
    first = sent.children[0]
    details = child_details(first, policy=policy, names=names_besides(sent, first))
    assert (details.voice.words, details.voice.words_withheld) == (None, True)
    assert Warn.WORDS_WITHHELD in warnings_of(details, incident_details(sent))


@pytest.mark.feature("CO5")
@pytest.mark.parametrize(
    "words",
    ["I hid under the bed", "I was scared 3 times", "Asha is brave", "I can't sleep",
     "Sometimes I hide. It was loud! I'm tired", "the glass broke and I felt sick"],
)  # fmt: skip
def test_words_about_the_child_alone_are_kept(words: str) -> None:
    sent = message(words)
    policy = Policy(content=Content(voice_words=True))
    first = sent.children[0]
    details = child_details(first, policy=policy, names=names_besides(sent, first))
    assert (details.voice.words, details.voice.words_withheld) == (words, False)
    assert Warn.WORDS_WITHHELD not in warnings_of(details, incident_details(sent))


def test_without_the_policy_no_words_are_kept_and_nobody_is_warned() -> None:
    sent = message("Daddy shouted")
    details = child_details(sent.children[0], policy=Policy())
    assert (details.voice.words, details.voice.words_withheld) == (None, False)


def test_a_surname_shared_is_the_childs_own_and_a_forename_shared_is_not() -> None:
    adult = {"forename": "Asha", "surname": "Example-Khan"}
    sent = message("I am Asha Example-Khan", involved_adults=[adult])
    names = names_besides(sent, sent.children[0])
    assert {"bela", "bee", "other", "asha"} <= names
    assert not names & {"example", "khan", "examplekhan"}


@given(
    st.sampled_from(NAMES), st.text("abc .,;!?", max_size=20), st.text(" .,;!?", min_size=1),
    st.sampled_from([str.upper, str.lower, str.title]),
)  # fmt: skip
def test_a_name_is_found_wherever_it_stands_and_however_it_is_written(
    name: str, before: str, between: str, case: Any
) -> None:
    assert tells_more(f"{before}{between}{case(name)}{between}{before}", NAMES)
