"""Recognising the same person again without keeping who it is: keyed digests per force."""

import unicodedata
from datetime import date

from app.core.cipher import Cipher
from app.intake.payload import AdultMessage


def fold(text: str) -> str:
    """Return the letters and digits alone, without case or accents, for equality only."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def person_digest(
    cipher: Cipher, force: str, *, forename: str | None, surname: str | None, born: date | None
) -> bytes | None:
    """Return what the same child has in another incident of this force.

    `None` where a name or the date of birth is missing: joining two different children would show
    one child's night to the other's school.
    """
    if not forename or not surname or born is None:
        return None
    value = f"{fold(forename)}|{fold(surname)}|{born.isoformat()}"
    return cipher.digest("person", value, force=force)


def adult_digests(cipher: Cipher, force: str, adult: AdultMessage) -> tuple[str, ...]:
    """Return the digests (`kind:hex`) by which an adult can be recognised, and nothing else.

    Name with date of birth, telephone and e-mail identify; a name alone only asks.
    """
    found: dict[str, str] = {}
    if adult.forename and adult.surname:
        found["name"] = f"{fold(adult.forename)}|{fold(adult.surname)}"
        if adult.date_of_birth:
            found["name_born"] = f"{found['name']}|{adult.date_of_birth.isoformat()}"
    if adult.phone:
        # The last nine digits: +44 7700 900123 and 07700 900123 are one telephone.
        found["phone"] = "".join(c for c in adult.phone if c.isdecimal())[-9:]
    if adult.email:
        found["email"] = adult.email.casefold()
    return tuple(
        f"{kind}:{cipher.digest(f'adult_{kind}', value, force=force).hex()}"
        for kind, value in found.items()
    )


def suspect_digest(cipher: Cipher, force: str, key: str) -> str:
    """Return the keyed digest (hex) of a force's own pseudonym for a suspect."""
    return cipher.digest("suspect", key, force=force).hex()
