"""The one strict reader of CSV files: columns by name, caps, no formulas, errors by row.

A bad row never blocks a good one; a file that is not what it claims to be is refused whole. What
a cell held is never repeated in an error.
"""

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import TextIO

from app.core.errors import Refused

MAX_CELL = 500
MAX_COLUMNS = 500
MAX_LINE = 200_000
MAX_ROWS = 1_000_000
# Enough to mend a file by; the count of all is in the report.
MAX_ERRORS = 1_000

_DATES = (re.compile(r"(?P<d>[0-9]{2})-(?P<m>[0-9]{2})-(?P<y>[0-9]{4})"),
          re.compile(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})"),
          re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"))  # fmt: skip
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])")
# A leading plus or minus is a number or a telephone number; anything else may be a formula.
_NUMERIC = re.compile(r"[+-][0-9 ()./-]*[0-9]|-")
# What parts the columns of a file that is not comma-separated.
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright bars"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that was left out: its line in the file, a code, and what to do about it."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or with `dry_run` would have done; `errors` is capped, `rejected` not.

    `warnings` are rows that were taken without a value that cannot be used; capped like errors.
    """

    accepted: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    dry_run: bool = False
    warned: int = 0
    warnings: list[RowError] = field(default_factory=list)
    # A file that replaces what was held before: how many rows that had.
    replaces: int | None = None


class BadRow(Exception):
    """This row cannot be taken; carries the code and message of its `RowError`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Row:
    """One row by column name; a cell that is missing or blank is ''."""

    line: int
    cells: Mapping[str, str] = field(repr=False)

    def text(self, column: str, *, longest: int = MAX_CELL) -> str | None:
        """Return a cell with its spaces tidied, None where blank; raise `BadRow`."""
        value = " ".join(self.cells.get(column, "").split())
        if len(value) > longest:
            raise BadRow("too_long", f"{column} may have {longest} characters at most.")
        return value or None

    def needed(self, column: str, *, longest: int = MAX_CELL) -> str:
        """Return a cell that must not be blank; raise `BadRow`."""
        value = self.text(column, longest=longest)
        if value is None:
            raise BadRow("missing", f"{column} is blank: fill it in.")
        return value

    def number(self, column: str, *, most: int = 9_999_999) -> int | None:
        """Return a whole number from 0 to `most`, None where blank; raise `BadRow`."""
        value = self.text(column)
        if value is None:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > 9 or int(value) > most:
            raise BadRow("not_a_number", f"{column} must be a whole number up to {most}.")
        return int(value)

    def urn(self, column: str = "URN") -> int:
        """Return a six-digit establishment number; raise `BadRow`."""
        value = self.number(column)
        if value is None or not 100_000 <= value <= 999_999:
            raise BadRow("not_a_urn", f"{column} must be the six-digit number of the school.")
        return value

    def date(self, column: str) -> date | None:
        """Return a date written dd-mm-yyyy, dd/mm/yyyy or yyyy-mm-dd, None where blank."""
        value = self.text(column)
        if value is None:
            return None
        for shape in _DATES:
            if found := shape.fullmatch(value):
                try:
                    return date(int(found["y"]), int(found["m"]), int(found["d"]))
                except ValueError:
                    break
        raise BadRow("not_a_date", f"{column} must be a date such as 01-09-2026.")

    def time(self, column: str) -> time | None:
        """Return a clock time such as 08:45, None where blank; raise `BadRow`."""
        value = self.text(column)
        if value is None:
            return None
        found = _TIME.fullmatch(value)
        if found is None:
            raise BadRow("not_a_time", f"{column} must be a time such as 08:45.")
        return time(int(found[1]), int(found[2]))


def read_rows(
    source: TextIO, *, required: Collection[str], known: Collection[str] | None = None,
    most_rows: int = MAX_ROWS, check_cells: Collection[str] | None = None,
    encoding: str = "UTF-8",
) -> Iterator[Row | RowError]:  # fmt: skip
    """Yield each row, or why it cannot be read, one at a time.

    `required` columns must be in the header; with `known` any other column is refused, so that a
    misspelt one is not silently ignored. `check_cells` limits the cell rules to those columns;
    `encoding` only names what `source` was opened with. Raises `Refused` for a file that is not
    such a CSV file at all.
    """
    reader = csv.reader(_lines(source), strict=True)
    try:
        header = _header(reader, required, known)
        wanted = [name for name in header if check_cells is None or name in check_cells]
        for count, cells in enumerate(reader, start=1):
            if count > most_rows:
                raise Refused(f"The file has more than {most_rows} rows: split it.")
            if any(cell.strip() for cell in cells):
                yield _row(reader.line_num, header, cells, wanted)
    except csv.Error:
        raise Refused(
            f"Line {reader.line_num} cannot be read as CSV: check the quotation marks there."
        ) from None
    except UnicodeDecodeError:
        raise Refused(f"The file is in another encoding: save it as CSV in {encoding}.") from None


def _lines(source: TextIO) -> Iterator[str]:
    """Yield lines of bounded length, so that no file can fill the memory."""
    while line := source.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise Refused(f"A line has more than {MAX_LINE} characters: this is no CSV file.")
        if "\x00" in line:
            raise Refused("The file holds NUL characters: export it again as plain CSV.")
        yield line


def _header(
    reader: Iterator[list[str]], required: Collection[str], known: Collection[str] | None
) -> list[str]:
    header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
    if len(header) > MAX_COLUMNS:
        raise Refused(f"The file has more than {MAX_COLUMNS} columns: this is not the file meant.")
    missing = [name for name in required if name not in header]
    if missing and not any(header):
        raise Refused(f"The file is empty: it has no column {', '.join(missing)}; export it again.")
    if missing and len(header) == 1:
        _refuse_separator(header[0])
    if missing:
        raise Refused(f"The file has no column {', '.join(missing)}: check its first line.")
    named = [name for name in header if name]
    if len(named) != len(set(named)):
        raise Refused("A column name stands twice in the first line: remove one.")
    if known is not None and any(name not in known for name in named):
        raise Refused(f"The file has a column that is not known; known are {', '.join(known)}.")
    return header


def _refuse_separator(first_line: str) -> None:
    """Say that the columns are parted by something else, as some spreadsheets save CSV."""
    for mark, words in _SEPARATORS.items():
        if mark in first_line:
            raise Refused(
                f"The columns are parted by {words}, not commas: save the file as CSV with commas "
                "and import it again."
            )


def _row(line: int, header: list[str], cells: list[str], wanted: list[str]) -> Row | RowError:
    if len(cells) != len(header):
        return RowError(line, "columns", "The row has more or fewer cells than the first line.")
    row = dict(zip(header, cells, strict=True))
    if _plain(cells):
        return Row(line, row)
    for name in wanted:
        value = row[name]
        if len(value) > MAX_CELL:
            return RowError(line, "too_long", f"{name} may have {MAX_CELL} characters at most.")
        if _CONTROL.search(value):
            return RowError(line, "control_character", f"{name} holds a control character.")
        if is_formula(value):
            return RowError(line, "formula", f"{name} begins like a formula: write plain text.")
    return Row(line, row)


def _plain(cells: list[str]) -> bool:
    """Return whether nothing of a row needs a closer look, as of nearly all rows."""
    whole = "\n".join(("", *cells))
    return len(whole) <= MAX_CELL and not _LOOK_CLOSER.search(whole)


# A control character, or the beginning of a cell that might be a formula's.
_LOOK_CLOSER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|\n[=@+\t-]")


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet might run this cell."""
    if cell[:1] in {"=", "@", "\t", "\r"}:
        return True
    return cell[:1] in {"+", "-"} and not _NUMERIC.fullmatch(cell.strip())


class Tally:
    """Counts what became of each row while an import goes on."""

    def __init__(self, *, dry_run: bool) -> None:
        self.accepted = 0
        self.unchanged = 0
        self.rejected = 0
        self.warned = 0
        self._errors: list[RowError] = []
        self._warnings: list[RowError] = []
        self._dry_run = dry_run

    def reject(self, error: RowError) -> None:
        self.rejected += 1
        if len(self._errors) < MAX_ERRORS:
            self._errors.append(error)

    def warn(self, warning: RowError) -> None:
        self.warned += 1
        if len(self._warnings) < MAX_ERRORS:
            self._warnings.append(warning)

    def take(self, *, changed: bool) -> None:
        if changed:
            self.accepted += 1
        else:
            self.unchanged += 1

    def report(self) -> ImportReport:
        return ImportReport(
            self.accepted, self.unchanged, self.rejected, self._errors, self._dry_run,
            self.warned, self._warnings,
        )  # fmt: skip
