"""Reads one row of a pupil roll: only the needed columns, and what to mend where it is wrong."""

from collections.abc import Collection
from datetime import date

from schools.imports import BadRow, Row, RowError
from schools.matching.normalise import person_name, postcode
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

    def __init__(self, owner: str, schools: Collection[int], today: date) -> None:
        self._owner = owner
        self._schools = schools
        self._today = today

    def read(self, row: Row | RowError) -> Enrolled | RowError:
        """Return the pupil of a row, or why it is left out."""
        if isinstance(row, RowError):
            return row
        try:
            return Enrolled(row.line, self._urn(row), self._details(row))
        except BadRow as bad:
            return RowError(row.line, bad.code, bad.message)

    def _urn(self, row: Row) -> int:
        kind, _, code = self._owner.partition(":")
        if kind == "urn" and row.text("URN") is None:
            return int(code)
        urn = row.urn()
        if urn not in self._schools:
            raise BadRow("other_school", "URN is not a school that this roll may speak for.")
        return urn

    def _details(self, row: Row) -> PupilDetails:
        forename, surname = row.needed("Forename", longest=100), row.needed("Surname", longest=100)
        if not person_name(forename) or not person_name(surname):
            raise BadRow("name", "Forename and Surname must hold letters.")
        entered_on, leaves_on = row.date("EntryDate"), row.date("LeavingDate")
        if entered_on and leaves_on and leaves_on < entered_on:
            raise BadRow("order", "LeavingDate is before EntryDate: correct one.")
        return PupilDetails(
            forename=forename,
            surname=surname,
            middle_names=row.text("MiddleNames", longest=200),
            preferred_surname=row.text("PreferredSurname", longest=100),
            former_surname=row.text("FormerSurname", longest=100),
            date_of_birth=self._born(row),
            sex=self._sex(row),
            upn=row.text("UPN", longest=20),
            postcode=postcode(row.text("PostCode")),
            entered_on=entered_on,
            leaves_on=leaves_on,
            former_upn=row.text("FormerUPN", longest=20),
            preferred_forename=row.text("PreferredForename", longest=100),
            previous_postcode=postcode(row.text("PreviousPostCode")),
        )

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
