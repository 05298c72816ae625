"""What the matcher is handed: identifiers and told schools, nothing of the incident (MA20)."""

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.casework.facts import matching_facts
from app.intake.details import ChildDetails, Education, GoingHome, Residence, Voice
from schools.matching.details import ChildFacts, ChildIdentity, ToldEducation

SECRET = "sentinel"
IDENTIFIERS = {
    "ref", "forename", "surname", "middle_names", "known_as", "former_surname", "date_of_birth",
    "birth_year", "age_range", "sex", "upn", "postcodes",
}  # fmt: skip
INCIDENT_FACTS: dict[str, Any] = {
    "relation": SECRET, "affected": True, "lives_with": SECRET, "presence": SECRET,
    "involvement": SECRET, "looked_after": True, "social_care_told": True,
    "victim_told_about_notice": True,
    "voice": Voice(SECRET, SECRET, SECRET, True, SECRET),
    "going_home": GoingHome(SECRET, datetime(2026, 11, 20, tzinfo=UTC)),
}  # fmt: skip


def values_of(record: object) -> list[object]:
    """Return every value that a record holds, however deep."""
    if is_dataclass(record):
        return [v for one in fields(record) for v in values_of(getattr(record, one.name))]
    if isinstance(record, tuple):
        return [v for one in record for v in values_of(one)]
    return [record]


@pytest.mark.feature("MA20")
def test_the_matcher_knows_identifiers_and_told_schools_alone() -> None:
    assert {one.name for one in fields(ChildIdentity)} == IDENTIFIERS
    assert {one.name for one in fields(ToldEducation)} == {
        "status", "urn", "school_name", "town", "authorities",
    }  # fmt: skip
    assert {one.name for one in fields(ChildFacts)} == {"identity", "education", "protected"}


@pytest.mark.feature("MA20")
def test_no_fact_of_the_incident_reaches_the_matcher() -> None:
    child = ChildDetails(
        "c1", forename="Asha", surname="Example-Khan", date_of_birth=date(2018, 3, 2),
        education=Education("registered", None, "Exampleton Primary", "Exampleton"),
        protected=(SECRET,), **INCIDENT_FACTS,
    )  # fmt: skip
    plain = ChildDetails(
        "c1", forename="Asha", surname="Example-Khan", date_of_birth=date(2018, 3, 2),
        education=child.education, protected=("refuge",),
    )  # fmt: skip
    facts = matching_facts(child)
    assert SECRET not in values_of(facts)
    assert facts == matching_facts(plain)
    assert facts.protected is True


@pytest.mark.feature("MA9")
def test_a_temporary_address_is_not_handed_over() -> None:
    homes = (
        Residence("ZZ99 3VZ", "999"), Residence("ZZ99 4AA", "999", "temporary"),
        Residence("ZZ99 5AA", "999", "previous"),
    )  # fmt: skip
    facts = matching_facts(ChildDetails("c1", residences=homes))
    assert facts.identity.postcodes == ("ZZ99 3VZ", "ZZ99 5AA")
