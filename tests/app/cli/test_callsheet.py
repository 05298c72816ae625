"""A duty officer's key at the command line, and a sheet opened with it."""

import json
from datetime import timedelta
from pathlib import Path

from app.core.clock import SystemClock
from app.core.paper import Label, public_keys, seal_file
from tests.app.conftest import Encompass

WORDS = "three words together"
LINE = {
    "place": "Exampleton Primary School", "telephone": "01632 960001", "ask_for": ["Sam Ward"],
    "child": "Asha Example-Khan", "date_of_birth": "2018-03-02", "reference": "N-1",
    "child_ref": "c1", "due_at": "2026-11-20T08:30:00+00:00", "on_screen_only": False,
}  # fmt: skip


def sheet(folder: Path, *, hours: float) -> Path:
    now = SystemClock().now()
    label = Label("99", now, now + timedelta(hours=hours))
    path = folder / "99.sheet"
    lines = json.dumps([LINE, {**LINE, "child": "", "on_screen_only": True}]).encode()
    path.write_bytes(seal_file([(key, lines) for key in public_keys(folder, "99")], label))
    return path


def test_a_key_is_made_once_and_opens_a_sheet_until_it_is_over(
    bare_encompass: Encompass, tmp_path: Path
) -> None:
    typed = f"{WORDS}\n{WORDS}\n"
    made = bare_encompass("callsheet", "keygen", "99.duty", "--folder", tmp_path, typed=typed)
    assert made.exit_code == 0, made.output
    assert (tmp_path / "99.duty.key").stat().st_mode & 0o077 == 0
    again = bare_encompass("callsheet", "keygen", "99.duty", "--folder", tmp_path, typed=typed)
    assert again.exit_code == 1
    key = ("--key", tmp_path / "99.duty.key")
    opened = bare_encompass("callsheet", "open", sheet(tmp_path, hours=1), *key, typed=WORDS)
    assert opened.exit_code == 0, opened.output
    assert "Force 99" in opened.stdout
    assert opened.stdout.count("Asha") == 1
    assert "On the" in opened.stdout
    over = bare_encompass("callsheet", "open", sheet(tmp_path, hours=-1), *key, typed=WORDS)
    assert (over.exit_code, "over" in over.stderr) == (1, True)
