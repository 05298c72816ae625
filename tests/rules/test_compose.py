"""What a school may be shown: an allow-list, and closed lists for every coded value."""

from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.core.policy import Content as ExtraContent
from app.core.policy import Desk, Policy
from notifications.compose import (
    Content,
    Demeanour,
    GoingHome,
    Guidance,
    Involvement,
    Location,
    NoticeFacts,
    Pattern,
    Presence,
    SpokenWith,
    compose,
)
from notifications.states import FollowUpCode
from notifications.wording import FOLLOW_UP, words

FACTS = NoticeFacts(
    forename="Asha",
    surname="Example-Khan",
    date_of_birth=date(2016, 3, 2),
    birth_year=None,
    occurred_at=datetime(2026, 11, 19, 22, 40, tzinfo=UTC),
    location="was_not",
    presence="heard",
    involvement="called_for_help",
    spoken_with="observed_only",
    seen_safe=True,
    social_care_told=None,
    victim_told_about_notice=False,
    going_home="concern",
    earlier_30=1,
    earlier_90=2,
    earlier_365=4,
    elsewhere=True,
    reference="99-2026-0012345",
    demeanour="frightened",
    words="I hid under the bed",
)
POLICY = Policy(desk=Desk(telephone="01632 960001", helpline_telephone="0808 157 0000"))

# Never on a notification (domain.md §4); a field with such a name would be a mistake.
NEVER = (
    "address", "postcode", "street", "adult", "victim_name", "suspect", "perpetrator", "medical",
    "criminal", "sibling", "risk", "grade", "upn", "household", "circumstances",
)  # fmt: skip


def composed(facts: NoticeFacts = FACTS, policy: Policy = POLICY) -> Content:
    return compose(facts, policy, template_version="test.1")


def with_value(field: str, value: str) -> NoticeFacts:
    changes: dict[str, Any] = {field: value}
    return replace(FACTS, **changes)


@pytest.mark.feature("CO3")
def test_by_default_a_school_is_shown_exactly_the_allowed_fields() -> None:
    shown = asdict(composed())
    assert set(shown) == {
        "identity", "occurred_at", "location", "presence", "involvement", "spoken_with",
        "seen_safe", "social_care_told", "victim_told_about_notice", "earlier", "going_home",
        "going_home_until", "desk", "guidance", "late_record", "welsh", "template_version",
        "reference", "demeanour", "words", "pattern", "changed", "further",
    }  # fmt: skip
    assert (shown["reference"], shown["demeanour"], shown["words"]) == (None, None, None)
    assert shown["identity"] == {
        "first_name": "Asha", "surname": "Example-Khan", "date_of_birth": date(2016, 3, 2),
        "birth_year": 2016,
    }  # fmt: skip
    assert shown["earlier"] == {"days_30": 1, "days_90": 2, "days_365": 4, "elsewhere": True}


@pytest.mark.feature("CO4")
def test_there_is_no_field_for_an_address_an_adult_or_another_child() -> None:
    names = [field.name for kind in (NoticeFacts, Content) for field in fields(kind)]
    assert [name for name in names if any(word in name for word in NEVER)] == []


@pytest.mark.feature("CO4")
@pytest.mark.parametrize(
    "field", ["location", "presence", "involvement", "spoken_with", "going_home"]
)
def test_free_text_cannot_travel_in_a_coded_field(field: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        composed(with_value(field, "at 1 Example Street with her mother"))


@pytest.mark.feature("CO4")
def test_free_text_cannot_travel_as_demeanour_either() -> None:
    policy = POLICY.model_copy(update={"content": ExtraContent(demeanour=True)})
    with pytest.raises(ValueError, match="is not a valid"):
        composed(replace(FACTS, demeanour="told us about her brother"), policy)


@pytest.mark.feature("CO3")
@pytest.mark.parametrize(
    ("extra", "shown"),
    [
        (ExtraContent(police_reference=True), ("99-2026-0012345", None, None)),
        (ExtraContent(demeanour=True), (None, Demeanour.FRIGHTENED, None)),
        (ExtraContent(voice_words=True), (None, None, "I hid under the bed")),
    ],
)
def test_each_further_field_needs_the_policy_of_the_force(
    extra: ExtraContent, shown: tuple[str | None, ...]
) -> None:
    content = composed(policy=POLICY.model_copy(update={"content": extra}))
    assert (content.reference, content.demeanour, content.words) == shown


def test_a_year_of_birth_is_shown_where_the_date_is_not_known() -> None:
    content = composed(replace(FACTS, date_of_birth=None, birth_year=2015))
    assert (content.identity.date_of_birth, content.identity.birth_year) == (None, 2015)


@pytest.mark.feature("CO8")
def test_the_standing_guidance_the_desk_and_the_helpline_come_with_every_notification() -> None:
    content = composed()
    assert content.guidance == tuple(Guidance)
    assert (content.desk.telephone, content.desk.staffed_until) == ("01632 960001", "6pm")
    assert content.desk.helpline_telephone == "0808 157 0000"


@pytest.mark.feature("CO8")
@pytest.mark.parametrize(
    ("codes", "section"),
    [
        (Guidance, "guidance"),
        (Location, "location"),
        (Presence, "presence"),
        (Involvement, "involvement"),
        (SpokenWith, "spoken_with"),
        (Demeanour, "demeanour"),
        (GoingHome, "going_home"),
        (Pattern, "pattern"),
    ],
)
def test_every_code_has_its_words(codes: type[StrEnum], section: str) -> None:
    said = words().texts[section]
    assert set(said) == set(codes)
    assert all(text.strip() == text and text for text in said.values())


def test_every_code_of_what_a_school_did_has_its_words() -> None:
    assert set(FOLLOW_UP) == set(FollowUpCode)


@pytest.mark.feature("CO8")
@pytest.mark.parametrize(
    "said",
    ["not told who did what", "Do not speak to", "Listen, do not question", "not a referral",
     "999", "need to know", "child-protection file", "data protection officer"],
)  # fmt: skip
def test_the_guidance_says_what_the_scheme_asks_for(said: str) -> None:
    assert said in " ".join(words().texts["guidance"].values())


def test_the_words_never_say_which_adult_did_what() -> None:
    for text in (*words().texts["spoken_with"].values(), *words().texts["presence"].values()):
        assert not {"victim", "suspect", "mother", "father"} & set(text.lower().split())


def test_content_comes_back_the_same_from_its_stored_form() -> None:
    adapter = TypeAdapter(Content)
    content = composed()
    assert adapter.validate_json(adapter.dump_json(content)) == content
