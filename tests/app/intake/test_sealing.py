import json
from typing import Any

import pytest

from app.core.policy import Content, Policy
from app.intake.payload import ChildMessage
from app.intake.sealing import child_details
from tests.factories.incidents import child


def message(**changes: Any) -> ChildMessage:
    return ChildMessage.model_validate_json(json.dumps(child(**changes)))


@pytest.mark.feature("IN5")
@pytest.mark.parametrize(("kept_by_policy", "kept"), [(False, None), (True, "I hid")])
def test_the_words_of_a_child_are_kept_only_where_the_policy_keeps_them(
    kept_by_policy: bool, kept: str | None
) -> None:
    policy = Policy(content=Content(voice_words=kept_by_policy))
    said = message(voice={"spoken_with": "officer_alone", "words": "I hid"})
    details = child_details(said, policy=policy)
    assert details.voice.words == kept
    assert details.voice.spoken_with == "officer_alone"


@pytest.mark.parametrize(
    ("education", "status"),
    [
        (None, "unknown"),
        ({}, "unknown"),
        ({"school_name": "St Marys Primary"}, "registered"),
        ({"urn": 990001}, "registered"),
        ({"status": "home_educated"}, "home_educated"),
    ],
)
def test_a_child_whose_school_is_named_is_registered_there(
    education: dict[str, Any] | None, status: str
) -> None:
    details = child_details(message(education=education), policy=Policy())
    assert details.education.status == status


def test_postcodes_are_kept_in_one_form_and_others_as_they_were_given() -> None:
    homes = [{"postcode": "zz993vz", "authority": "999"}, {"postcode": "the caravan park"}]
    details = child_details(message(residences=homes), policy=Policy())
    assert [home.postcode for home in details.residences] == ["ZZ99 3VZ", "the caravan park"]
