"""Architecture is a failing test: who commits, who reads the clock, who prints, who walks in."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "schools", "notifications")


def sources(*packages: str) -> Iterator[Path]:
    for package in packages or PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of everything a file calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def places(wanted: re.Pattern[str], allowed: tuple[str, ...]) -> list[str]:
    """Return every call that matches outside the files or folders where it is allowed."""
    found = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(allowed):
            continue
        found += [f"{name}:{line} {call}" for line, call in calls(path) if wanted.search(call)]
    return found


def test_imports_point_down_and_rules_are_pure() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_one_file_commits_or_rolls_back() -> None:
    wanted = re.compile(r"\.(commit|rollback)$")
    assert places(wanted, ("app/core/database.py",)) == []


def test_only_the_clock_reads_the_time_and_only_ids_are_random() -> None:
    wanted = re.compile(
        r"(datetime|date|dt)\.(now|utcnow|today)$|^time\.time$|^time$|uuid4$|^random\.|^secrets\.|^os\.urandom$"
    )
    allowed = (
        "app/core/clock.py",
        "app/core/ids.py",
        "app/core/cipher.py",  # nonces and keys come straight from the operating system
        "app/core/key_file.py",
        "app/core/paper_keys.py",
        "app/demo/",  # fictional people, seeded
        "app/simulation/chance.py",  # all chance of a simulated world, seeded
    )
    found = [
        place
        for place in places(wanted, allowed)
        # `datetime.time(...)` is a value, not a clock
        if not place.endswith(" time")
    ]
    assert found == []


def test_nothing_sleeps_and_only_the_command_line_prints() -> None:
    assert places(re.compile(r"^(time\.)?sleep$"), ("app/demo/",)) == []
    assert (
        places(re.compile(r"^print$"), ("app/cli/", "app/demo/", "app/pages/build_static.py")) == []
    )


def test_no_query_relates_tables_of_two_rooms() -> None:
    assert places(re.compile(r"^relationship$"), ()) == []


def test_every_module_opens_with_what_it_is_for() -> None:
    missing = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert missing == []


def test_a_file_that_outgrows_its_wall_is_two_ideas() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in sources()
        if (count := len(path.read_text("utf-8").splitlines())) > 320
    }
    # The tables of a room belong together, where they can be read beside each other.
    long.pop("notifications/models.py", None)
    assert long == {}


def test_a_function_that_outgrows_its_wall_is_two_ideas() -> None:
    long = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 50:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {length}")
    assert long == []


@pytest.mark.parametrize("folder", ["tests", "tests/app", "tests/schools", "tests/notifications"])
def test_no_folder_of_tests_hides_a_package(folder: str) -> None:
    assert (ROOT / folder / "__init__.py").exists()
