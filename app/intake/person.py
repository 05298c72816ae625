"""Recognising the same person again without keeping who it is: keyed digests per force."""

import unicodedata
from collections.abc import Sequence
from datetime import date

from app.core.cipher import Cipher
from app.intake.details import Residence


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


def suspect_digest(cipher: Cipher, force: str, key: str) -> bytes:
    """Return the keyed digest of a force's own pseudonym for a suspect."""
    return cipher.digest("suspect", key, force=force)


def area_digest(cipher: Cipher, force: str, residences: Sequence[Residence]) -> bytes | None:
    """Return what a child has as long as it lives at one authority and postcode; else `None`.

    The main home counts, or the first where none is called so.
    """
    homes = [home for home in residences if home.kind == "main"] or list(residences)
    if not homes or not homes[0].postcode:
        return None
    place = f"{homes[0].authority or ''}|{fold(homes[0].postcode)}"
    return cipher.digest("area", place, force=force)
