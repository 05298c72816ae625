"""What is installed is what was locked, and every build looks for the usual mistakes (SE7)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))

pytestmark = pytest.mark.feature("SE7")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_of_a_lock_has_one_version_and_its_digests(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith((" ", "#"))]
    assert len(lines) >= 1
    for line in lines:
        assert re.match(r"[a-z0-9._-]+==[^ ;]+", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_nothing_is_installed_but_from_a_lock_and_by_its_digest() -> None:
    found = []
    for path in (ROOT / "run", ROOT / ".ci/run", ROOT / "app/Dockerfile"):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        found += re.findall(r"[^\n]*(?:pip install|pip sync)[^\n]*", text)
    assert len(found) >= 2
    for line in found:
        for command in re.split(r"&&", line):
            if re.search(r"pip (install|sync)", command):
                # Our own tree is the one thing that comes without a digest, and brings nothing.
                assert "--require-hashes" in command or "--no-deps" in command, command


def test_every_build_reads_the_code_the_artefact_and_the_migrations_for_mistakes() -> None:
    lint = (ROOT / ".ci/lint").read_text(encoding="utf-8")
    for check in (
        r"bandit .*app schools notifications migrations", r"scan_artefact\.py", r"deptry",
        r"ruff check", r"mypy", r"lint-imports", r"\.ci/lock --check|check .locks.",
    ):  # fmt: skip
        assert re.search(check, lint), check
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert re.search(r'stage "Lint" \./run lint', run)
