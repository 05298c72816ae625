"""Looking a password up in a list that is far too long to be read."""

from hashlib import sha1
from pathlib import Path
from typing import BinaryIO

import pytest

from app.access import breached, passwords
from app.access.breached import fault_of, was_breached

KNOWN = [f"correct horse battery staple {number}" for number in range(3000)]


def digest(password: str) -> str:
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def listed(path: Path, known: list[str], *, end: str = "\r\n") -> Path:
    lines = [f"{one}:{1 + int(one[:6], 16) % 9_999_999}" for one in sorted(map(digest, known))]
    path.write_bytes("".join(f"{line}{end}" for line in lines).encode())
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return listed(tmp_path / "breached.txt", KNOWN)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_password_of_the_list_is_found_and_no_other(tmp_path: Path, end: str) -> None:
    file = listed(tmp_path / "list", KNOWN, end=end)
    assert all(was_breached(file, one) for one in KNOWN)
    assert not any(was_breached(file, f"{one}!") for one in KNOWN)


@pytest.mark.parametrize("many", [0, 1, 2, 3])
def test_the_shortest_lists_are_searched_to_both_ends(tmp_path: Path, many: int) -> None:
    file = listed(tmp_path / "list", KNOWN[:many])
    assert [was_breached(file, one) for one in KNOWN[:4]] == [place < many for place in range(4)]


def test_a_list_without_an_end_to_its_last_line_and_in_small_letters_is_read(file: Path) -> None:
    file.write_bytes(file.read_bytes().rstrip().lower())
    assert all(was_breached(file, one) for one in KNOWN[:50])
    last = max(KNOWN, key=digest)
    assert was_breached(file, last)


def test_a_look_reads_a_few_lines_however_long_the_list_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    line_from = breached._line_from

    def noted(lines: BinaryIO, place: int) -> bytes:
        read.append(place)
        return line_from(lines, place)

    monkeypatch.setattr(breached, "_line_from", noted)
    assert was_breached(file, KNOWN[7])
    assert len(read) < 25


def test_a_list_that_is_gone_keeps_nobody_out(tmp_path: Path) -> None:
    assert not was_breached(tmp_path / "gone", KNOWN[0])
    assert not was_breached(None, KNOWN[0])


def test_a_password_of_the_list_is_answered_with_what_to_do(file: Path) -> None:
    (fault,) = passwords.faults(KNOWN[0], email="priya@example.org", breached=file)
    assert "made public" in fault.message
    assert KNOWN[0] not in fault.message
    assert passwords.faults(KNOWN[0], email="priya@example.org") == []
    other = "purple kettle seventeen"
    assert passwords.faults(other, email="priya@example.org", breached=file) == []


def test_what_is_no_such_list_is_said(file: Path) -> None:
    assert fault_of(file) is None
    lines = file.read_text().splitlines(keepends=True)
    for wrong in ("", "password\n123456\n", lines[0] + "hunter2\n", lines[0].replace(":", " ")):
        file.write_text(wrong)
        assert "other lines" in (fault_of(file) or "")
    file.write_text("".join(reversed(lines)))
    assert "not in the order" in (fault_of(file) or "")
