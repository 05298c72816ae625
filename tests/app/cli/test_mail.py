"""`encompass mail` and `encompass stand-in`: bounces from files, and rehearsals."""

import json
from pathlib import Path

import pytest

from app.core.cipher import Cipher
from app.core.ids import new_id
from app.core.key_file import Keys
from notifications.verp import return_address
from tests.app.conftest import Encompass
from tests.factories.bounces import delivery_report


@pytest.mark.feature("DL8")
def test_files_of_the_bounce_mailbox_are_taken_in_and_counted(
    encompass: Encompass, tmp_path: Path
) -> None:
    encompass("keys", "init")
    cipher = Cipher(Keys.load(tmp_path / "data" / "keys.json"))
    address = return_address("bounces@messages.example.org", new_id(), cipher)
    files = {
        "bounce": delivery_report(address),
        "later": delivery_report(address, action="delayed", status="4.4.1"),
        "stranger": delivery_report("bounces@messages.example.org"),
        "away": b"Auto-Submitted: auto-replied\r\n\r\nBack on Monday",
    }
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    shown = encompass("mail", "bounces", *(tmp_path / name for name in files), "--json")
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout) == {
        "messages": 4, "came": {"parked": 1, "delayed": 1, "other": 1, "automatic": 1},
    }  # fmt: skip


def test_providers_are_shown_in_their_order(encompass: Encompass) -> None:
    shown = encompass("mail", "providers", "--json")
    assert json.loads(shown.stdout)["providers"] == [
        {"name": "recording", "works": True, "reason_code": None, "until": None}
    ]


@pytest.mark.parametrize("what", ["mail", "notify"])
def test_production_has_no_stand_in(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch, what: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENCOMPASS_ENVIRONMENT", "production")
    monkeypatch.setenv("ENCOMPASS_ALLOW_SQLITE", "true")
    monkeypatch.setenv("ENCOMPASS_KEYS_FILE", str(tmp_path / "keys.json"))
    shown = encompass("stand-in", what)
    assert shown.exit_code == 1
    assert "stand-in sends nothing on" in " ".join(shown.output.split())


def test_a_fault_nobody_knows_is_answered_with_those_there_are(encompass: Encompass) -> None:
    shown = encompass("stand-in", "notify", "--fail", "flood")
    assert shown.exit_code == 2
    assert "rate_limit" in shown.output
