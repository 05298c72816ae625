"""The tree itself: what may stand at its top, and what may not be written anywhere in it."""

import os
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = (
    *("app", "migrations", "schools", "notifications", "tests"),
    *("docker-compose.yml", "pyproject.toml", "README.md"),
    *("docs", "benchmarks", "run", "requirements*.lock", "LICENSE", "NOTICE", "SECURITY.md"),
    ".*",
)
# Written so that no pattern matches its own source.
FORBIDDEN = {
    "the path of one machine": r"(?<![\w.])/(?:root|home|Users|work)/\w|[A-Z]:\\Users",
    "the host of a package registry": (
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|registry\.yarnpkg|docker\.io|ghcr\.io|quay\.io"
    ),
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a token": (
        r"\bAKIA[0-9A-Z]{16}\b|\bgh[opsur]_\w{36}|\bxox[abp]-\w{10}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\."
    ),
    "an address with a password": r"postgresql(?:\+psycopg)?://\w+:[^@<{$\s\"']+@(?!127\.|localhost)",
}


def files_of_the_tree() -> list[str]:
    """Paths that are in the history or about to be; ignored files are nobody's concern."""
    listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    # The folder may belong to another user, in a container for instance.
    command = ["git", "-c", "safe.directory=*", *listing]
    try:
        output = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a clone: this is a bare copy of the tree")
    return [name for name in output.stdout.split("\0") if (ROOT / name).is_file()]


def test_the_top_level_holds_only_what_the_architecture_names() -> None:
    names = {path.split("/")[0] for path in files_of_the_tree()}
    strange = {name for name in names if not any(fnmatch(name, known) for known in TOP_LEVEL)}
    assert not strange


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for name in files_of_the_tree():
        try:
            lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # an image
        found += [f"{name}:{at}" for at, line in enumerate(lines, 1) if pattern.search(line)]
    assert not found


def test_run_stays_small_enough_to_read_before_running_it() -> None:
    run = ROOT / "run"
    assert len(run.read_text(encoding="utf-8").splitlines()) <= 40
    assert os.access(run, os.X_OK)


def test_every_folder_of_tests_is_a_package() -> None:
    """Without its own __init__.py, tests/schools would hide the real schools."""
    folders = {(ROOT / name).parent for name in files_of_the_tree() if fnmatch(name, "tests/*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]
