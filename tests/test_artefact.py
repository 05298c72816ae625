"""The scan of what is handed out: it finds what is planted, and excuses no more than it says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def scan() -> ModuleType:
    """The script of the build, loaded by its path as the build runs it."""
    spec = importlib.util.spec_from_file_location("scan_artefact", ROOT / ".ci/scan_artefact.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["scan_artefact"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# In halves, so that this file holds none of them.
SECRETS = {
    "a private key": "-----BEGIN EC " + "PRIVATE KEY-----\nMHcCAQEEIB",
    "a key of a cloud": 'KEY = "AKIA' + 'QYLPMN5HHHFPZAM2"',
    "a password in a setting": 'smtp_password = "correct' + '-horse-battery-9"',
    "an address with a password": "postgresql://encompass:Tr0ub4dor" + "@db.example.org/encompass",
    "thirty-two random bytes": 'SEED = "b9Wx2LrQ7tVnEo4Zc1' + 'KdJ8sYpUaGhMf5RiT3vXw6DqA="',
    "a signed token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiI5OSJ9.dBjftJeZ4CVPmB92K27uhbUJU",
    "the path of one machine": "/ho" + "me/somebody/encompass",
}


@pytest.mark.parametrize("what", SECRETS)
def test_a_secret_in_any_file_is_found_and_not_repeated(scan: ModuleType, what: str) -> None:
    data = f"# the first line\n{SECRETS[what]}\n".encode()
    found = scan.findings([scan.Part("wheel", "app/core/clock.py", data)])
    assert found
    assert all(line.startswith("wheel: app/core/clock.py:2: ") for line in found)
    assert SECRETS[what][-20:] not in "".join(found)


@pytest.mark.parametrize(
    "name",
    [
        "app/core/__pycache__/clock.cpython-311.pyc", ".env", "encompass.db", "encompass.db-wal",
        "keys.json", "app/tls.key", "tests/conftest.py", ".git/config", "core.4711", "app/web.log",
    ],
)  # fmt: skip
def test_a_file_that_belongs_in_none_is_found_by_its_name(scan: ModuleType, name: str) -> None:
    assert len(scan.findings([scan.Part("image", name, b"")])) == 1


def test_what_is_no_secret_is_left_alone(scan: ModuleType) -> None:
    data = (ROOT / "app/core/cipher.py").read_bytes()
    assert scan.findings([scan.Part("wheel", "app/core/cipher.py", data)]) == []


def test_an_excuse_is_for_one_value_or_one_file(scan: ModuleType) -> None:
    alphabet = 'LETTERS = "ABCDEFGHJKLMN' + 'PQRTUVWXYZ"'
    excused = scan.Part("wheel", "schools/matching/normalise.py", alphabet.encode())
    assert scan.findings([excused]) == []
    other = scan.Part("wheel", "schools/roll.py", alphabet.replace("ABC", "CAB").encode())
    assert len(scan.findings([other])) == 1
    assert all(excuse.reason and excuse.value + excuse.name for excuse in scan.EXCUSES)


def test_the_image_takes_what_dockerignore_leaves_and_no_file_of_this_machine(
    scan: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / ".dockerignore").write_text("# why\n.secrets\n**/*.py[cod]\napp/pages/static\n")
    for name in (".secrets/keys", "app/pages/static/x.js", "app/a.py", "app/a.pyc", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    copied = [part.name for part in scan.image(tmp_path)]
    assert copied == [".dockerignore", "app/a.py", "notes.txt"]
    with pytest.raises(ValueError, match="not understood"):
        scan.patterns("app\n!app/a.py\n")


def test_nothing_that_the_history_leaves_out_would_be_copied(scan: ModuleType) -> None:
    """Whatever .gitignore names, .dockerignore has to name as well."""
    ignored = scan.patterns((ROOT / ".dockerignore").read_text(encoding="utf-8"))
    for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            example = line.strip("/").replace("[cod]", "c").replace("*", "x")
            parts = tuple(example.split("/"))
            assert any(scan._matches(parts, pattern) for pattern in ignored), line
