"""Told names on the real register: one small seed, none sent to a wrong school."""

import os
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.policy import Policy
from app.core.scope import PLATFORM
from benchmarks.told_cases import ON, cases, world
from benchmarks.told_school import MAIN, child
from schools.matching.details import Band
from schools.matching.match import match_children
from schools.models import Establishment
from schools.register import import_register
from tests.factories.schools import NOW
from tests.requirements import require

_PLACES = (
    os.environ.get("ENCOMPASS_GIAS_DIR"),
    Path(__file__).resolve().parents[2] / "../shared/data/gias",
)
SEED, MANY = 31, 300


@pytest.mark.feature("MA3")
def test_no_told_name_goes_to_a_wrong_school_and_most_are_settled(
    database: Database, cipher: Cipher
) -> None:
    found = [Path(place) for place in _PLACES if place and (Path(place) / MAIN).is_file()]
    require("register", found, "set ENCOMPASS_GIAS_DIR to a folder with the register extracts")
    told, missing = cases(world(found[0]), SEED, MANY)
    with database.write(PLATFORM) as session:
        import_register(session, found[0] / MAIN, now=NOW)
        session.execute(delete(Establishment).where(Establishment.urn.in_(missing)))
    with database.read(PLATFORM) as session:
        decisions = [
            match_children(session, cipher, [child(case)], on=ON, policy=Policy())[0]
            for case in told
        ]
    sent = [
        (case.truth, decision.urns[0])
        for case, decision in zip(told, decisions, strict=True)
        if decision.band is Band.MATCHED
    ]
    assert all(truth == urn for truth, urn in sent)
    resolvable = sum(case.resolvable for case in told)
    assert len(sent) >= 0.85 * resolvable
