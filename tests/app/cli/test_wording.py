"""Words at the command line: approved by name, printed, and checked."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from notifications import wording
from notifications.states import WordingKind
from tests.app.conftest import Encompass

NOTICE, ALERT = wording.newest(WordingKind.NOTICE), wording.newest(WordingKind.ALERT)


@pytest.fixture(autouse=True)
def a_force(encompass: Encompass) -> None:
    encompass("migrate")
    assert encompass("force", "add", "99", "Exampleshire Police").exit_code == 0


def shown(encompass: Encompass, *command: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(encompass(*command, "--json").stdout)
    return body


def line(encompass: Encompass) -> tuple[str, str]:
    lines = json.loads(encompass("check", "--json").stdout)["lines"]
    return next((one["state"], one["text"]) for one in lines if one["name"] == "words")


@pytest.mark.feature("CO1")
def test_who_adds_a_force_approves_the_words_of_the_release_for_it(encompass: Encompass) -> None:
    found = shown(encompass, "force", "wording", "99")
    assert (found["counts"], len(found["approved"])) == (NOTICE, 1)
    assert found["approved"][0]["approved_by"].startswith("operator:")


@pytest.mark.feature("AU4")
@pytest.mark.feature("CO1")
@pytest.mark.parametrize(
    ("command", "version"), [(("force", "wording", "99"), NOTICE), (("mail", "wording"), ALERT)]
)
def test_a_version_is_approved_by_a_named_person_or_not_at_all(
    encompass: Encompass, command: tuple[str, ...], version: str
) -> None:
    assert encompass(*command, version).exit_code == 2
    assert encompass(*command, "2001-01.1", "--approved-by", "The DPO").exit_code == 1
    assert encompass(*command, version, "--approved-by", "The DPO").exit_code == 0
    assert shown(encompass, *command)["approved"][0]["approved_by"] == "The DPO"
    assert version in encompass(*command).stdout


def test_the_words_of_a_version_can_be_read(encompass: Encompass) -> None:
    said = encompass("force", "wording", "99", NOTICE, "--words").stdout
    assert "Support is silent unless the child wants otherwise." in said
    alerts = shown(encompass, "mail", "wording", "--words")["words"]
    assert "A message is waiting" in alerts["message_waiting"]["subject.txt"]
    assert encompass("mail", "wording", "2001-01.1", "--words").exit_code == 1


@pytest.mark.feature("CO1")
def test_the_check_finds_words_changed_without_a_new_version(
    encompass: Encompass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line(encompass)[0] == "ok"
    folder = tmp_path / "words"
    shutil.copytree(wording.TEMPLATES, folder)
    monkeypatch.setattr(wording, "TEMPLATES", folder)
    path = folder / "notice" / f"{NOTICE}.toml"
    path.write_text(path.read_text("utf-8").replace("ring 999", "ring us"), "utf-8")
    state, text = line(encompass)
    assert (state, f"notice {NOTICE}" in text) == ("fail", True)


@pytest.mark.feature("CO1")
def test_the_check_says_which_words_wait_and_which_are_not_those_approved(
    encompass: Encompass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "words"
    shutil.copytree(wording.TEMPLATES, folder)
    monkeypatch.setattr(wording, "TEMPLATES", folder)
    path, manifest = folder / "notice" / f"{NOTICE}.toml", folder / "digests.toml"
    later = folder / "notice" / "2099-01.1.toml"
    later.write_text(path.read_text("utf-8").replace("Saw it", "Saw what happened"), "utf-8")
    before = wording.digest_of(WordingKind.NOTICE, NOTICE).hex()
    pinned = f'"{NOTICE}" = "{before}"'
    more = f'"2099-01.1" = "{wording.digest_of(WordingKind.NOTICE, "2099-01.1").hex()}"'
    manifest.write_text(manifest.read_text("utf-8").replace(pinned, f"{pinned}\n{more}"), "utf-8")
    wording._manifest.cache_clear()
    try:
        state, text = line(encompass)
        assert (state, "encompass force wording 99 2099-01.1" in text) == ("warn", True)
        assert shown(encompass, "force", "wording", "99")["counts"] == NOTICE
        path.write_text(path.read_text("utf-8").replace("ring 999", "ring us"), "utf-8")
        after = wording.digest_of(WordingKind.NOTICE, NOTICE).hex()
        manifest.write_text(manifest.read_text("utf-8").replace(before, after), "utf-8")
        wording._manifest.cache_clear()
        state, text = line(encompass)
        assert (state, "not those that force:99 approved" in text) == ("fail", True)
    finally:
        monkeypatch.undo()
        wording._manifest.cache_clear()
