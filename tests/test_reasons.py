"""A decision of a person has a reason: the schema asks for it, whatever wrote the row."""

import pytest
from sqlalchemy import CheckConstraint, Table

from app.tables import METADATA

pytestmark = pytest.mark.feature("AU5")

# Each column that says who decided, asked or agreed, and what holds the reason beside it.
DECISIONS = {
    "match": "reason",
    "release": "reason",
    "recall": "reason_code",
    "recall_of_many": "reason_code",
    "break_glass": "reason",
    "restriction_lift": "reason",
    "legal_hold": "reason",
    "marked_postcode": "reason",
}
# What is no choice between two ways with a child, or is itself one of a few coded answers; the act
# is on the trail with who did it.
_NO_CHOICE = {
    "amendment", "attendance", "breach", "calendar_change", "call_sheet_line", "drill",
    "drill_school", "establishment_alias", "follow_up", "judgement", "key_adult_request",
    "notification", "occurrence", "policy", "register_import", "release_claim", "report_export",
    "restricted_member", "review", "school_assurance", "service_told", "successor_confirmation",
    "suspect_pattern", "wording_approval",
}  # fmt: skip


def person_columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.name.endswith("_by")]


@pytest.mark.parametrize(("name", "column"), DECISIONS.items())
def test_a_decision_is_not_stored_without_its_reason(name: str, column: str) -> None:
    table = METADATA.tables[name]
    asked = [
        str(one.sqltext)
        for one in table.constraints
        if isinstance(one, CheckConstraint) and f"{column} IS NOT NULL" in str(one.sqltext)
    ]
    assert asked or not table.columns[column].nullable


def test_every_table_in_which_somebody_decides_is_looked_at() -> None:
    found = {table.name for table in METADATA.sorted_tables if person_columns(table)}
    assert found == DECISIONS.keys() | _NO_CHOICE
