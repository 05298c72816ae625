"""The real register: 6,022 and 99 rows and 33,801 links, in less than a minute and 500 MiB."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.matching.details import Band
from schools.matching.match import match_children
from schools.models import Establishment, Status
from schools.queries import find_establishments
from schools.register import import_register
from tests.factories.schools import LAST_NIGHT, NOW, child
from tests.requirements import require

pytestmark = pytest.mark.feature("RE1")

_PLACES = (
    os.environ.get("ENCOMPASS_GIAS_DIR"),
    Path(__file__).resolve().parents[2] / "../shared/data/gias",
)
MAIN, SAMPLE = "edubasealldata_6022_real.csv", "edubasealldata_sample_real.csv"
LINKS = "links_edubasealldata_real.csv"


@pytest.fixture(scope="module")
def gias() -> Path:
    """The folder of the real extracts."""
    found = [Path(place) for place in _PLACES if place and (Path(place) / MAIN).is_file()]
    require("register", found, "set ENCOMPASS_GIAS_DIR to a folder with the register extracts")
    return found[0]


def test_all_real_rows_and_links_are_read_and_read_again_without_a_change(
    database: Database, gias: Path
) -> None:
    with database.write(PLATFORM) as session:
        first = import_register(session, gias / MAIN, links_path=gias / LINKS, now=NOW)
    assert (first.added, first.rejected, first.links) == (6_022, [], 33_801)
    with database.write(PLATFORM) as session:
        again = import_register(session, gias / MAIN, links_path=gias / LINKS, now=NOW)
    assert (again.added, again.changed, again.closed, again.links) == (0, 0, 0, 0)
    assert (again.unchanged, again.links_unchanged) == (6_022, 33_801)
    with database.write(PLATFORM) as session:
        sample = import_register(session, gias / SAMPLE, now=NOW)
    assert (sample.added + sample.changed + sample.unchanged, sample.rejected) == (99, [])
    with database.read(PLATFORM) as session:
        statuses = set(session.scalars(select(Establishment.status).distinct()))
        found = find_establishments(session, "parkwood prim keighley")
    assert statuses == set(Status)
    assert [one.town for one in found] == ["Keighley"]


_MEASURE = """
import json, re, sys
from pathlib import Path
from app.core import schema
from app.core.database import Database, make_engine
from app.core.scope import PLATFORM
from schools.register import import_register
from tests.factories.schools import NOW
engine = make_engine(sys.argv[1])
schema.upgrade(engine)
database = Database(engine, before_commit=lambda session: None)
with database.write(PLATFORM) as session:
    report = import_register(session, sys.argv[2], links_path=sys.argv[3], now=NOW)
# Of this program alone: what getrusage says can be what the process was forked from.
status = Path("/proc/self/status").read_text()
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024
print(json.dumps({"added": report.added, "mib": peak}))
"""


def test_the_real_import_keeps_to_500_mib(tmp_path: Path, gias: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, f"sqlite:///{tmp_path / 'register.db'}",
         str(gias / MAIN), str(gias / LINKS)],
        check=True, capture_output=True, text=True, timeout=250,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    measured = json.loads(done.stdout)
    assert measured["added"] == 6_022
    assert measured["mib"] < 500


@pytest.mark.feature("MA3")
def test_told_schools_of_the_real_register_resolve_as_officers_spell_them(
    database: Database, cipher: Cipher, gias: Path
) -> None:
    told = [
        ("Holy Trinity C of E Prim Academy", "Great Cheverell", "Devizes"),
        ("St Josephs RC primary", "Aldershot", "Aldershot"),
        ("Kirk Sandal Infants", None, None),
        ("Roundhay St Johns CE prim", "Leeds", "Leeds"),
        ("St Mary's", "Bolton", None),
        ("King Ecgberts", "Sheffield", None),
    ]
    with database.write(PLATFORM) as session:
        import_register(session, gias / MAIN, now=NOW)
    with database.read(PLATFORM) as session:
        children = [
            child(f"c{number}", school_name=name, town=town)
            for number, (name, town, _) in enumerate(told)
        ]
        decisions = match_children(session, cipher, children, on=LAST_NIGHT, policy=Policy())
    bands = [decision.band for decision in decisions]
    assert bands[0] is not Band.MATCHED  # namesakes round Devizes, and no home is known
    assert bands[1] is Band.MATCHED
    assert bands[2] is not Band.MATCHED  # a junior's age, and no place
    assert bands[3] is Band.MATCHED
    assert bands[4] is not Band.MATCHED  # a dedication alone, never
    assert bands[5] is not Band.MATCHED  # a child of ten at a school from eleven on
