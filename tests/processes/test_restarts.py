"""PostgreSQL crashes while incidents are pushed: what was answered is stored, and stored once."""

from pathlib import Path

import pytest

from benchmarks.cluster import crashing_cluster
from benchmarks.restarts import crash_under_load
from tests.machine import quick_parent
from tests.postgres import HOW_TO_GET
from tests.requirements import require


@pytest.mark.timeout(400)
def test_a_database_that_crashes_under_its_writers_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    # What a process that is killed leaves is the same on a disk and in memory.
    with crashing_cluster(quick_parent()) as cluster:
        require("postgres", cluster, f"{HOW_TO_GET}; this one needs its initdb and pg_ctl")
        assert cluster is not None
        seen = crash_under_load(cluster, tmp_path, restarts=2, goal=400, seconds=180)
    assert seen.restarts == 2
    assert len(seen.acknowledged) == 400
    assert (seen.lost, seen.doubled, seen.half) == (0, 0, 0)
    # The crashes came while somebody was waiting, and 503 is all that anybody was told.
    assert seen.statuses[503] == seen.failed > 0
