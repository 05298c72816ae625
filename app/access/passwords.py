"""Passwords: argon2id, and what is asked of a new one. No database.

Length is asked for and never a kind of character, and that it is not among the first that anybody
would try: common passwords, names, sequences, repetitions, alone or one after another (ASVS 6.2).
"""

import threading
import unicodedata
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.access.breached import was_breached
from app.core.errors import FieldError

SHORTEST, LONGEST = 15, 128
_FEWEST_DIFFERENT = 5
# At most so many guesses are needed for what is refused. zxcvbn's time grows with the square of the
# length, and what is hard to guess in its first forty characters is so as a whole.
_GUESSABLE, _LOOKED_AT = 10**10, 40
_OURS = ["encompass", "operation", "safeguarding", "keyadult"]

# OWASP's first choice for argon2id: 46 MiB, one pass, one lane; about 70 ms here.
_HASH = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=47104, parallelism=1),))
# A morning's rush of sign-ins must not take all memory: the others wait their turn.
_AT_ONCE = threading.BoundedSemaphore(4)


def hash_of(password: str) -> str:
    """Return the argon2id hash of a password that was found good."""
    with _AT_ONCE:
        return _HASH.hash(_folded(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Return whether the password belongs to the hash.

    No hash (an account that does not exist, or is not enrolled) costs the same work and is never a
    match. Slow on purpose: call it outside any transaction.
    """
    with _AT_ONCE:
        right = _HASH.verify(_folded(password), password_hash or _NOBODY)
    return right and password_hash is not None


def faults(password: str, *, email: str, breached: Path | None = None) -> list[FieldError]:
    """Return what is wrong with a new password, in words that say what to do.

    `breached` is a list of those that stood in a breach (`app.access.breached`), if there is one.
    """
    folded = _folded(password)
    if len(folded) < SHORTEST:
        problem = f"Use a password of at least {SHORTEST} characters. Three words are a good start"
    elif len(folded) > LONGEST:
        problem = f"Use a password of no more than {LONGEST} characters"
    elif len(set(folded)) < _FEWEST_DIFFERENT:
        problem = f"Use a password with at least {_FEWEST_DIFFERENT} different characters"
    elif email.casefold() in folded.casefold():
        problem = "Use a password that does not contain your email address"
    elif _guessable(folded, email=email):
        problem = (
            "Use a password that is harder to guess: three or four words that have nothing to do"
            " with each other, with you or with this service"
        )
    elif was_breached(breached, folded):
        problem = "Use another password: this one was made public when some website was broken into"
    else:
        return []
    return [FieldError("password", "password_unfit", problem)]


def _guessable(folded: str, *, email: str) -> bool:
    from zxcvbn import zxcvbn  # noqa: PLC0415 (it loads thirty thousand words; few ever need them)

    known = [*_OURS, *email.casefold().replace("@", ".").split(".")]
    # It takes digits before a line's end for a date and breaks; no field of a page holds such.
    looked_at = folded[:_LOOKED_AT].replace("\n", " ")
    found = zxcvbn(looked_at, user_inputs=[one for one in known if one])
    return bool(found["guesses"] <= _GUESSABLE)


def _folded(password: str) -> str:
    # The same keys give different bytes on different phones; NFKC makes them one.
    return unicodedata.normalize("NFKC", password)


_NOBODY = hash_of("the account that does not exist")
