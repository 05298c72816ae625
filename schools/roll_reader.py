"""Reads one row of a pupil roll: only the needed columns, and what to mend where it is wrong."""

from collections.abc import Collection
from datetime import date

from schools.imports import BadRow, Row, RowError
from schools.matching.normalise import forename, postcode, surname, upn
from schools.roll_doubles import Doubles
from schools.roll_record import PupilDetails
from schools.roll_store import Enrolled

COLUMNS = (
    "UPN", "FormerUPN", "Surname", "Forename", "MiddleNames", "PreferredForename",
    "PreferredSurname", "FormerSurname", "DOB", "Sex", "PostCode", "PreviousPostCode", "URN",
    "EntryDate", "LeavingDate",
)  # fmt: skip
NEEDED = ("Surname", "Forename", "DOB")
_OLDEST = 26
_SEXES = {"f": "F", "female": "F", "m": "M", "male": "M", "x": "X", "u": None, "unknown": None}


class RollReader:
    """Reads the rows of one owner's file, who may speak for these schools."""

    def __init__(
        self, owner: str, schools: Collection[int], today: date, doubles: Doubles | None = None
    ) -> None:
        self._owner = owner
        self._schools = schools
        self._today = today
        self._doubles = doubles or Doubles()
        self._repeated = frozenset(self._doubles.repeated.values())
        # Pupils that stand twice and were taken once, by their first line.
        self._taken: set[int] = set()

    def read(self, row: Row | RowError) -> tuple[Enrolled | RowError, list[RowError]]:
        """Return the pupil of a row, or why it is left out; and what of it cannot be used."""
        if isinstance(row, RowError):
            return row, []
        try:
            numbers, warnings = self._numbers(row)
            pupil = Enrolled(row.line, self._urn(row), self._details(row, *numbers))
            self._stands_once(row)
        except BadRow as bad:
            return RowError(row.line, bad.code, bad.message), []
        return pupil, warnings

    def _stands_once(self, row: Row) -> None:
        first = self._doubles.repeated.get(row.line, row.line)
        if first in self._taken:
            raise BadRow("twice", f"This pupil stands in line {first} too: keep one row.")
        if first in self._repeated:
            self._taken.add(first)

    def _numbers(self, row: Row) -> tuple[tuple[str | None, str | None], list[RowError]]:
        """Return the pupil number and the former one, and a warning for each that is no use."""
        warnings = []
        numbers = [upn(row.text(column, longest=20)) for column in ("UPN", "FormerUPN")]
        for column, number in zip(("UPN", "FormerUPN"), numbers, strict=True):
            if number is None and row.text(column) is not None:
                message = f"{column} fails its check letter: it was left out."
                warnings.append(RowError(row.line, "upn_check", message))
        if numbers[0] in self._doubles.shared_numbers:
            message = "UPN is also another pupil's in this file: it was left out of both."
            warnings.append(RowError(row.line, "upn_shared", message))
            numbers[0] = None
        if (other := self._doubles.alike.get(row.line)) is not None:
            message = f"Name, DOB and school are those of line {other}: check that they are two."
            warnings.append(RowError(row.line, "alike", message))
        if postcode(row.text("PostCode")) is None and row.text("PostCode") is not None:
            message = "PostCode is not a whole postcode: it was left out."
            warnings.append(RowError(row.line, "postcode", message))
        return (numbers[0], numbers[1]), warnings

    def _urn(self, row: Row) -> int:
        kind, _, code = self._owner.partition(":")
        if kind == "urn" and row.text("URN") is None:
            return int(code)
        urn = row.urn()
        if urn not in self._schools:
            raise BadRow("other_school", "URN is not a school that this roll may speak for.")
        return urn

    def _details(self, row: Row, number: str | None, former: str | None) -> PupilDetails:
        given, family = row.needed("Forename", longest=100), row.needed("Surname", longest=100)
        if not forename(given) or not surname(family):
            raise BadRow("name", "Forename and Surname must be a pupil's own: letters, no filler.")
        born, entered_on, leaves_on = (
            self._born(row),
            row.date("EntryDate"),
            row.date("LeavingDate"),
        )
        if entered_on and (entered_on < born or entered_on > self._furthest):
            raise BadRow("order", "EntryDate is before the DOB or years away: correct one.")
        if leaves_on and leaves_on < (entered_on or born):
            raise BadRow("order", "LeavingDate is before EntryDate or DOB: correct one.")
        return PupilDetails(
            forename=given,
            surname=family,
            middle_names=row.text("MiddleNames", longest=200),
            preferred_surname=row.text("PreferredSurname", longest=100),
            former_surname=row.text("FormerSurname", longest=100),
            date_of_birth=born,
            sex=self._sex(row),
            upn=number,
            postcode=postcode(row.text("PostCode")),
            entered_on=entered_on,
            leaves_on=leaves_on,
            former_upn=former,
            preferred_forename=row.text("PreferredForename", longest=100),
            previous_postcode=postcode(row.text("PreviousPostCode")),
        )

    @property
    def _furthest(self) -> date:
        """The last day of next school year: who enters later is on no roll yet."""
        return date(self._today.year + 2, 8, 31)

    def _born(self, row: Row) -> date:
        born = row.date("DOB")
        if born is None:
            raise BadRow("missing", "DOB is blank: fill it in.")
        if not 0 <= self._today.year - born.year <= _OLDEST or born > self._today:
            raise BadRow("birth", "DOB is not that of a pupil: check the year.")
        return born

    @staticmethod
    def _sex(row: Row) -> str | None:
        said = (row.text("Sex") or "unknown").lower()
        if said not in _SEXES:
            raise BadRow("sex", "Sex must be F, M, X or blank.")
        return _SEXES[said]
