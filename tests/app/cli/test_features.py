"""`encompass features`: the table of features comes from the marks on the tests."""

from pathlib import Path

import pytest

from app.cli import features as command
from app.cli.features import Feature, document, marks, titles
from tests.app.conftest import Encompass

MARKED = """
import pytest

pytestmark = pytest.mark.feature("IN1")


@pytest.mark.feature("IN2", "IN3")
def test_one() -> None: ...


@pytest.mark.feature("IN4")
class TestSeveral:
    def test_two(self) -> None: ...


def helper() -> None: ...
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_marked.py").write_text(MARKED, encoding="utf-8")
    monkeypatch.setattr(command, "TESTS", tests)
    monkeypatch.setattr(command, "TABLE", tmp_path / "features.md")
    return tmp_path


def test_marks_are_read_from_functions_classes_and_modules(tree: Path) -> None:
    assert marks(tree / "tests") == {
        "IN1": ["tests/test_marked.py::test_one", "tests/test_marked.py::test_two"],
        "IN2": ["tests/test_marked.py::test_one"],
        "IN3": ["tests/test_marked.py::test_one"],
        "IN4": ["tests/test_marked.py::test_two"],
    }


def test_every_feature_has_an_id_of_its_own() -> None:
    ids = [feature.id for feature in titles()]
    assert len(ids) == len(set(ids)) >= 152


def test_the_table_says_what_is_there_and_what_is_not() -> None:
    wanted = [Feature("IN1", "Intake", "Signed in"), Feature("IN2", "Intake", "Idempotent")]
    written = document(wanted, {"IN1": ["tests/app/test_x.py::test_a"]})
    assert "1 of 2 rows are there" in written
    assert "| IN1 | Signed in | [test_x](../tests/app/test_x.py) |" in written
    assert "| IN2 | Idempotent | not yet |" in written


def test_the_table_is_written_and_then_up_to_date(tree: Path, bare_encompass: Encompass) -> None:
    assert bare_encompass("features", "--check").exit_code == 1
    assert bare_encompass("features").exit_code == 0
    assert bare_encompass("features", "--check").exit_code == 0


def test_a_mark_that_no_feature_has_is_refused(tree: Path, bare_encompass: Encompass) -> None:
    path = tree / "tests" / "test_more.py"
    path.write_text(MARKED.replace("IN4", "ZZ1"), encoding="utf-8")
    refused = bare_encompass("features")
    assert refused.exit_code == 1
    assert "ZZ1" in refused.stderr
