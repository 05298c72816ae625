"""One pupil of a roll as it is sealed: short, and bound to its roll and line.

Nine million rolls' pupils are kept this way, so the record is values with a separator, not JSON;
dates are day numbers. A field is only ever added at the end.
"""

from dataclasses import dataclass, field
from datetime import date

from app.core.cipher import CannotOpen, Cipher, SealingKey

# The file reader refuses control characters, so no value holds one.
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class PupilDetails:
    """What is sealed of one pupil; `entered_on` and `leaves_on` are days at this one school."""

    forename: str = field(repr=False)
    surname: str = field(repr=False)
    middle_names: str | None = field(default=None, repr=False)
    preferred_surname: str | None = field(default=None, repr=False)
    former_surname: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    sex: str | None = None
    upn: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    entered_on: date | None = None
    leaves_on: date | None = None
    former_upn: str | None = field(default=None, repr=False)
    preferred_forename: str | None = field(default=None, repr=False)
    previous_postcode: str | None = field(default=None, repr=False)


def seal_pupil(
    cipher: Cipher, details: PupilDetails, *, roll: int, line: int, key: SealingKey
) -> bytes:
    """Return the sealed record of the pupil on this line of this roll."""
    one = details
    values = (
        one.forename, one.surname, one.middle_names, one.preferred_surname, one.former_surname,
        _day(one.date_of_birth), one.sex, one.upn, one.postcode, _day(one.entered_on),
        _day(one.leaves_on), one.former_upn, one.preferred_forename, one.previous_postcode,
    )  # fmt: skip
    plain = _BETWEEN.join(value or "" for value in values).rstrip(_BETWEEN)
    return cipher.seal_row(plain.encode(), place=_place(roll, line), key=key)


def open_pupil(
    cipher: Cipher, sealed: bytes, *, roll: int, line: int, key: SealingKey
) -> PupilDetails:
    """Return the pupil sealed for exactly this line; raise `CannotOpen` otherwise."""
    (
        forename, surname, middle, preferred, former, born, sex, upn, postcode, entered, leaves,
        former_upn, known_as, previous,
    ) = open_values(cipher, sealed, roll=roll, line=line, key=key)  # fmt: skip
    return PupilDetails(
        forename or "", surname or "", middle, preferred, former, day_of(born), sex, upn, postcode,
        day_of(entered), day_of(leaves), former_upn, known_as, previous,
    )  # fmt: skip


def open_values(
    cipher: Cipher, sealed: bytes, *, roll: int, line: int, key: SealingKey
) -> list[str | None]:
    """Return the values of a record in the order they are sealed in, dates as `day_of` reads them.

    For who opens thousands and keeps none. Raises `CannotOpen`.
    """
    plain = cipher.open_row(sealed, place=_place(roll, line), key=key)
    values: list[str | None] = [value or None for value in plain.decode().split(_BETWEEN)]
    if not 2 <= len(values) <= _FIELDS:
        raise CannotOpen("this row holds a record of another shape")
    values += [None] * (_FIELDS - len(values))
    return values


_FIELDS = 14


def _place(roll: int, line: int) -> str:
    return f"pupil|{roll}:{line}"


def _day(day: date | None) -> str | None:
    return None if day is None else f"{day.toordinal():x}"


def day_of(day: str | None) -> date | None:
    """Return the date of a sealed day number."""
    return None if day is None else date.fromordinal(int(day, 16))
