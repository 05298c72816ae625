"""Sealed records open only in their own row, for their own force, with their own key."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from app.core.cipher import CannotOpen, Cipher, Erased
from app.core.errors import Refused
from app.core.key_file import Keys


@dataclass(frozen=True)
class Details:
    name: str
    born: date
    known_as: tuple[str, ...] = ()


ASHA = Details("Asha Example-Khan", date(2016, 3, 2), ("Ash",))


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(Keys.generate())


@pytest.mark.feature("SE2")
def test_a_sealed_record_opens_as_it_was_in_its_own_row(cipher: Cipher) -> None:
    key, _ = cipher.new_content_key("99")
    sealed = cipher.seal(ASHA, table="child", row="1", force="99", key=key)
    assert b"Asha" not in sealed
    assert cipher.open(Details, sealed, table="child", row="1", force="99", key=key) == ASHA


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"table": "child", "row": "2", "force": "99"},
        {"table": "incident", "row": "1", "force": "99"},
        {"table": "child", "row": "1", "force": "98"},
    ],
)
def test_a_record_moved_to_another_place_does_not_open(
    cipher: Cipher, elsewhere: dict[str, str]
) -> None:
    key, _ = cipher.new_content_key("99")
    sealed = cipher.seal(ASHA, table="child", row="1", force="99", key=key)
    with pytest.raises(CannotOpen):
        cipher.open(Details, sealed, key=key, **elsewhere)


def test_every_flipped_bit_is_noticed(cipher: Cipher) -> None:
    key, _ = cipher.new_content_key("99")
    sealed = cipher.seal(ASHA, table="child", row="1", force="99", key=key)
    for position in range(17, len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotOpen):
            cipher.open(Details, bytes(changed), table="child", row="1", force="99", key=key)


def test_equal_records_seal_to_different_bytes(cipher: Cipher) -> None:
    key, _ = cipher.new_content_key("99")
    seals = {cipher.seal(ASHA, table="c", row="1", force="99", key=key) for _ in range(50)}
    assert len(seals) == 50


@pytest.mark.feature("SE2")
def test_a_wrapped_content_key_opens_for_its_own_force_and_id_alone(cipher: Cipher) -> None:
    key, wrapped = cipher.new_content_key("99")
    other, _ = cipher.new_content_key("99")
    assert cipher.unwrap(key.id, "99", wrapped) == key
    with pytest.raises(CannotOpen):
        cipher.unwrap(key.id, "98", wrapped)
    with pytest.raises(CannotOpen):
        cipher.unwrap(other.id, "99", wrapped)


@pytest.mark.feature("SE2")
def test_a_destroyed_key_says_that_the_content_is_erased(cipher: Cipher) -> None:
    key, _ = cipher.new_content_key("99")
    with pytest.raises(Erased):
        cipher.unwrap(key.id, "99", None)


def test_other_keys_open_nothing(cipher: Cipher) -> None:
    key, wrapped = cipher.new_content_key("99")
    with pytest.raises((CannotOpen, KeyError)):
        Cipher(Keys.generate()).unwrap(key.id, "99", wrapped)


def test_a_digest_depends_on_the_key_the_purpose_and_the_force(cipher: Cipher) -> None:
    digests = {
        cipher.digest("person", "asha", force="99"),
        cipher.digest("person", "asha", force="98"),
        cipher.digest("email", "asha", force="99"),
        cipher.digest("person", "asha"),
        Cipher(Keys.generate()).digest("person", "asha", force="99"),
    }
    assert len(digests) == 5
    assert cipher.digest("person", "asha", force="99") in digests


def test_keys_survive_the_file_and_are_never_overwritten(tmp_path: Path) -> None:
    keys, path = Keys.generate(), tmp_path / "keys.json"
    keys.save(path)
    assert Keys.load(path) == keys
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(Refused):
        Keys.generate().save(path)
    assert Keys.load(path) == keys


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"active": "a", "masters": {"a": "é"}}'])
def test_a_file_that_holds_no_keys_is_refused_in_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match="not a key file"):
        Keys.load(path)


def test_secrets_are_not_in_the_text_of_keys(cipher: Cipher) -> None:
    keys = Keys.generate()
    key, _ = cipher.new_content_key("99")
    assert "secret" not in repr(key)
    assert "masters" not in repr(keys)
