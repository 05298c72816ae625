"""Tables as files: CSV and XLSX, in which no cell is ever run as a formula."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import xlsxwriter

from app.core.clock import LONDON
from app.reports.export import safe_cell

Cell = str | int | None

# A string stays a string, whatever it begins with; nothing becomes a link.
_OPTIONS = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False,
}  # fmt: skip
_WIDEST = 60
# A footer of more is refused by the program that opens it.
_LONGEST_FOOTER = 255


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: a name of at most 31 characters, its columns, its rows."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def as_csv(sheet: Sheet, mark: Sequence[str] = ()) -> str:
    """Return a table as CSV with a header, every cell quoted; above it a line for each `mark`."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([safe_cell(line)] for line in mark)
    writer.writerow(sheet.columns)
    for row in sheet.rows:
        writer.writerow([_text(cell) for cell in row])
    return out.getvalue()


def as_xlsx(
    sheets: Sequence[Sheet], *, title: str, now: datetime, mark: Sequence[str] = ()
) -> bytes:
    """Return tables as one workbook, made at `now`.

    The lines of a `mark` stand on a sheet before the others, and at the foot of each printed page.
    """
    out = io.BytesIO()
    if mark:
        sheets = [Sheet("About this file", ("About this file",), [(one,) for one in mark]), *sheets]
    foot = "&L" + " ".join(mark).replace("&", "&&")
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        book.set_properties({"title": title, "created": now.replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            if mark:
                page.set_footer(foot[:_LONGEST_FOOTER].removesuffix("&"))
            lines = [sheet.columns, *sheet.rows]
            for row, line in enumerate(lines):
                for place, cell in enumerate(line):
                    if isinstance(cell, int):
                        page.write_number(row, place, cell, plain)
                    else:
                        page.write_string(row, place, cell or "", plain if row else bold)
            for place in range(len(sheet.columns)):
                widest = max(len(str(line[place] or "")) for line in lines)
                page.set_column(place, place, min(_WIDEST, max(10, widest + 2)))
    return out.getvalue()


def moment(at: datetime | None) -> str:
    """Return a London time with its offset, ISO 8601, or nothing."""
    return at.astimezone(LONDON).isoformat(timespec="minutes") if at else ""


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell) if isinstance(cell, int) else safe_cell(cell)
