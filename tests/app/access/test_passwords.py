"""Passwords: long, any characters, and the same work for nobody's."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.access import passwords

EMAIL = "priya@example.org"


@pytest.fixture(autouse=True)
def quick_passwords() -> None:
    """Instead of the quick ones of other tests: what is proved here is the cost itself."""


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 15"),
        ("x" * 129, "no more than 128"),
        ("abababababababab", "at least 5 different"),
        ("Priya@Example.org 2026", "does not contain your email"),
        ("Password123456789", "harder to guess"),
        ("qwertyuiopasdfgh", "harder to guess"),
        ("iloveyouiloveyou1", "harder to guess"),
        ("liverpoolfootballclub", "harder to guess"),
        ("encompass encompass", "harder to guess"),
        ("p4ssw0rdp4ssw0rd!", "harder to guess"),
    ],
)
def test_an_unfit_password_is_answered_with_what_to_do(password: str, words: str) -> None:
    (fault,) = passwords.faults(password, email=EMAIL)
    assert words in fault.message
    assert password not in fault.message


@pytest.mark.parametrize(
    "password",
    [
        "three words together",
        "purple kettle seventeen",
        "tair draig goch â",
        "汉字 purple kettle seventeen",
    ],
)
def test_no_kind_of_character_is_asked_for(password: str) -> None:
    assert passwords.faults(password, email=EMAIL) == []


@given(
    st.text(
        alphabet=st.sampled_from("0129/-. \n\r\t\x00٣aAé李\u0301\u2028😀"), min_size=15, max_size=60
    )
)
@example("three 12345\n words together")
def test_no_character_whatever_breaks_the_look_at_a_password(password: str) -> None:
    assert len(passwords.faults(password, email=EMAIL)) <= 1


def test_the_hash_is_argon2id_and_opens_for_its_password_alone() -> None:
    hashed = passwords.hash_of("three words together")
    assert hashed.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert passwords.matches("three words together", hashed)
    assert not passwords.matches("three words together ", hashed)


def test_the_same_keys_on_two_phones_are_the_same_password() -> None:
    hashed = passwords.hash_of("caf\u00e9 au lait please")
    assert passwords.matches("cafe\u0301 au lait please", hashed)


def test_nobodys_password_is_never_right() -> None:
    assert not passwords.matches("the account that does not exist", None)
