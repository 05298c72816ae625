"""docs/security.md names a recorded attempt for every fault, and each of them is a test."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
FAULTS = ["F60", "F61", *(f"F{number}" for number in range(70, 91))]


def test_every_fault_of_hostile_input_names_attempts_that_are_tests() -> None:
    said = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (F\d\d) (.+)$", said, re.MULTILINE))
    assert list(rows) == FAULTS
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for fault, row in rows.items():
        named = set(re.findall(r"`(test_\w+)`", row))
        assert named, fault
        assert named <= tests, (fault, named - tests)
    assert set(re.findall(r"`(test_\w+)`", said)) <= tests
