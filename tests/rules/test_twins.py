"""Twins and siblings: children of one incident are decided as a set, so that they never cross."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from app.core.policy import Policy
from schools.matching.details import ChildIdentity, PupilFacts
from schools.matching.roll_match import PupilScore, compare_all, posterior, without_shared

AUTO = Policy().matching.auto_threshold
COUNTY = 50_000
CASES = tomllib.loads(Path(__file__).with_name("twin_cases.toml").read_text("utf-8"))["case"]
BORN = date(2016, 3, 2)


def pupil(number: int, row: Mapping[str, Any]) -> PupilFacts:
    return PupilFacts(
        number, row.get("urn", 990001), row["forename"], row.get("surname", "Quillfeather"),
        date_of_birth=row.get("born", BORN), sex=row.get("sex"), upn=row.get("upn"),
        postcode=row.get("postcode", "ZZ99 3VZ"), left=row.get("left", False),
    )  # fmt: skip


def child(number: int, row: Mapping[str, Any]) -> ChildIdentity:
    return ChildIdentity(
        f"c{number}", row.get("forename"), row.get("surname", "Quillfeather"),
        date_of_birth=row.get("born", BORN), sex=row.get("sex", "unknown"), upn=row.get("upn"),
        postcodes=(row.get("postcode", "ZZ99 3VZ"),),
    )  # fmt: skip


def decided(children: Sequence[ChildIdentity], roll: Sequence[PupilFacts]) -> list[int]:
    """Return for each child the number of the pupil that the rules take it for, or -1."""
    scored = without_shared([compare_all(one, roll, roll_size=COUNTY) for one in children])
    return [_taken_for([one for one in scores if not one.pupil.left]) for scores in scored]


@pytest.mark.feature("MA5")
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_twins_and_siblings_never_cross(case: Mapping[str, Any]) -> None:
    roll = [pupil(number, row) for number, row in enumerate(case["roll"])]
    children = [child(number, row) for number, row in enumerate(case["incident"])]
    assert decided(children, roll) == case["becomes"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_in_whatever_order_they_are_named_or_listed(case: Mapping[str, Any]) -> None:
    roll = [pupil(number, row) for number, row in enumerate(case["roll"])]
    rows = list(enumerate(case["incident"]))
    for order in permutations(rows):
        children = [child(number, row) for number, row in order]
        expected = [case["becomes"][number] for number, _ in order]
        assert decided(children, roll[::-1]) == expected


def _taken_for(scores: Sequence[PupilScore]) -> int:
    best = posterior(scores, COUNTY)
    sure = best and best[0].share >= AUTO and not _placeless(best[0].best)
    return best[0].best.pupil.pupil_id if sure else -1


def _placeless(score: PupilScore) -> bool:
    """Return whether the forename is missing: then the rules never decide (`name_missing`)."""
    return score.fields["forename"] == "missing"
