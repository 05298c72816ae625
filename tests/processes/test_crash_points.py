"""SIGKILL at every crash point, and the next process goes on; `./run bench crash` does more."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from app.core.crash_points import CrashPoint, arm, crash_point, killing
from benchmarks.crash import PASSES, kill_often
from benchmarks.crash_lives import Lives, forking
from tests.postgres import HOW_TO_GET, drop_database, fresh_database
from tests.requirements import require

KILLS = 4


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    """The process that the short lives are forked from."""
    with forking() as forked:
        yield forked


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path, at: CrashPoint) -> Callable[[], str]:
    """Makes databases of the kind that the test asks for: migrated, but for the migration's own."""
    empty = at is CrashPoint.MIGRATED
    if request.param == "sqlite":
        return lambda: sqlite_url(tmp_path, None if empty else request)
    admin = request.getfixturevalue("postgres_admin")
    require("postgres", admin, HOW_TO_GET)
    lender = request.getfixturevalue("postgres_lender")

    def fresh() -> str:
        url: str = fresh_database(admin) if empty else lender.lend()
        give_back = partial(drop_database, admin) if empty else lender.take_back
        request.addfinalizer(lambda: give_back(url))
        return url

    return fresh


def sqlite_url(folder: Path, migrated_for: pytest.FixtureRequest | None) -> str:
    path = folder / f"{len(list(folder.iterdir()))}.db"
    if migrated_for is not None:
        shutil.copy(migrated_for.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.mark.feature("DL2")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("new_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("at", PASSES, ids=lambda point: point.value)
def test_a_process_killed_anywhere_loses_nothing_and_shows_nothing_twice(
    at: CrashPoint, new_url: Callable[[], str], lives: Lives
) -> None:
    tally = kill_often(at, kills=KILLS, new_url=new_url, lives=lives)
    assert tally.kills >= KILLS
    assert (tally.lost, tally.twice, tally.half) == (0, 0, 0), tally.said
    if at is not CrashPoint.PROVIDER_ACCEPTED:
        # Only where the mail server's answer was lost may the same empty message come again.
        assert tally.repeats == 0, tally.said


def test_every_crash_point_has_rounds_that_pass_it() -> None:
    assert set(PASSES) == set(CrashPoint)


def test_an_unarmed_process_passes_a_crash_point_unharmed() -> None:
    passed: list[CrashPoint] = []
    crash_point(CrashPoint.MATCHED)
    arm(passed.append)
    try:
        crash_point(CrashPoint.COMPOSED)
    finally:
        arm(None)
    crash_point(CrashPoint.MATCHED)
    assert passed == [CrashPoint.COMPOSED]


@pytest.mark.parametrize(
    ("spec", "why"),
    [("CP99:1", "CP99"), ("CP7:0", "once at least"), ("CP7:-1", "once at least"), ("CP7:x", "x")],
)
def test_a_crash_that_could_never_come_is_refused(spec: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        killing(spec)
