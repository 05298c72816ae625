"""The official register file: Windows-1252 CSV or the zip it comes in, and what a row says."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

from app.core.errors import Refused
from schools.imports import MAX_ERRORS, BadRow, Row, RowError, read_rows
from schools.matching.normalise import postcode
from schools.matching.school_names import name_key, place_key
from schools.models import Status
from schools.term_dates import Nation

Values = dict[str, Any]

_ENCODING = "Windows-1252"
MAX_EXPANDED = 400 * 1024 * 1024

# At these types no child is a registered pupil; colleges among them are matched by age.
_NOT_STATUTORY = frozenset({18, 24, 25, 26, 27, 29, 31, 32, 37, 49, 56})
_STATUS_BY_NAME = {
    "open": Status.OPEN,
    "closed": Status.CLOSED,
    "open, but proposed to close": Status.OPEN_PROPOSED_TO_CLOSE,
    "proposed to open": Status.PROPOSED_TO_OPEN,
}
_STATUS_BY_CODE = dict(enumerate(_STATUS_BY_NAME.values(), start=1))
_WELSH_COUNCILS = range(660, 682)
_WELSH_TYPE = 30
COLUMNS = (
    "URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName",
    "TypeOfEstablishment (code)", "TypeOfEstablishment (name)", "EstablishmentTypeGroup (code)",
    "EstablishmentStatus (code)", "EstablishmentStatus (name)", "OpenDate", "CloseDate",
    "PhaseOfEducation (name)", "StatutoryLowAge", "StatutoryHighAge", "Street", "Locality",
    "Town", "Postcode", "TelephoneNum", "GOR (name)",
)  # fmt: skip
LINK_COLUMNS = ("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate")


def read_establishments(path: Path, rejected: list[RowError]) -> Iterator[Values]:
    """Yield what each good row says of a school; add the others to `rejected`.

    Raises `Refused` where the file is missing, is another kind of file, lacks URN or name, or is
    not Windows-1252: UTF-8 would decode without an error and spoil every accent.
    """
    with open_official(path) as text:
        rows = read_rows(
            text, required=("URN", "EstablishmentName"), check_cells=COLUMNS, encoding=_ENCODING
        )
        yield from _good(rows, rejected, establishment_values, ("urn",))


def read_links(path: Path, rejected: list[RowError]) -> Iterator[Values]:
    """Yield what each good row says of a predecessor or successor; as `read_establishments`."""
    with open_official(path, links=True) as text:
        rows = read_rows(
            text, required=("URN", "LinkURN", "LinkType"), check_cells=LINK_COLUMNS,
            encoding=_ENCODING,
        )  # fmt: skip
        yield from _good(rows, rejected, link_values, ("urn", "link_urn", "link_type"))


def _good(
    rows: Iterator[Row | RowError], rejected: list[RowError], read: Callable[[Row], Values],
    key: tuple[str, ...],
) -> Iterator[Values]:  # fmt: skip
    seen: set[tuple[Any, ...]] = set()
    spoilt = genuine = 0
    for row in rows:
        try:
            values = read(_whole(row))
            name = _once(tuple(values[part] for part in key), seen)
        except BadRow as bad:
            spoilt += bad.code == "encoding"
            if len(rejected) < MAX_ERRORS:
                rejected.append(RowError(row.line, bad.code, bad.message))
            continue
        seen.add(name)
        genuine += not all(value.isascii() for value in values.values() if isinstance(value, str))
        yield values
    if spoilt and not genuine:
        raise Refused(f"The file is UTF-8, not {_ENCODING}: import the official file as published.")


def _once(name: tuple[Any, ...], seen: set[tuple[Any, ...]]) -> tuple[Any, ...]:
    if name in seen:
        raise BadRow("twice", "The same stands in the file before: keep one row.")
    return name


def _whole(row: Row | RowError) -> Row:
    """Return a row that could be read and whose accents are not spoilt; raise `BadRow`."""
    if isinstance(row, RowError):
        raise BadRow(row.code, row.message)
    for name in (*COLUMNS, *LINK_COLUMNS):
        if in_utf8(row.cells.get(name, "")):
            raise BadRow("encoding", f"{name} is UTF-8, not {_ENCODING}: its accents are spoilt.")
    return row


@contextmanager
def open_official(path: Path, *, links: bool = False) -> Iterator[TextIO]:
    """Yield the text of an official CSV file, or of the one CSV file in an official zip.

    A zip may hold the schools and their links: `links` says which is wanted. Raises `Refused`
    where the file is missing or is another kind of file.
    """
    try:
        with _bytes_of(path, links=links) as file:
            yield io.TextIOWrapper(file, encoding="cp1252", newline="")
    except (FileNotFoundError, IsADirectoryError):
        raise Refused(f"There is no file {path.name}: check its name.") from None
    except zipfile.BadZipFile:
        raise Refused(f"{path.name} is a damaged zip file: download it again.") from None


def holds_links(path: Path) -> bool:
    """Return whether an official zip holds the links beside the schools."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        schools, links = _csv_files(archive)
    return bool(schools) and len(links) == 1


@contextmanager
def _bytes_of(path: Path, *, links: bool) -> Iterator[IO[bytes]]:
    if path.is_file() and zipfile.is_zipfile(path):
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(_only_csv(archive, links=links)) as member,
        ):
            yield member
        return
    with path.open("rb") as file:
        yield file


def _csv_files(
    archive: zipfile.ZipFile,
) -> tuple[list[zipfile.ZipInfo], list[zipfile.ZipInfo]]:
    """Return the files with schools, and those with links by the name the register gives them."""
    found = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
    links = [one for one in found if Path(one.filename).name.lower().startswith("links_")]
    return [one for one in found if one not in links], links


def _only_csv(archive: zipfile.ZipFile, *, links: bool) -> zipfile.ZipInfo:
    schools, linked = _csv_files(archive)
    found = linked if links and linked else schools
    if len(found) != 1:
        raise Refused("The zip file must hold exactly one CSV file: download the official one.")
    if found[0].flag_bits & 0x1:
        raise Refused("The zip file is encrypted: download the official one.")
    if found[0].file_size > MAX_EXPANDED:
        raise Refused("The zip file grows too large when opened: download the official one.")
    return found[0]


def in_utf8(text: str) -> bool | None:
    """Return whether text read as Windows-1252 is spoilt UTF-8, None where it is all ASCII.

    The official file itself holds a few such cells in columns that are not used here.
    """
    if text.isascii():
        return None
    try:
        text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True


def establishment_values(row: Row) -> Values:
    """Return the columns of `Establishment` that this row fills; raise `BadRow`.

    A column that the file does not have is left out, so that it keeps what is stored.
    """
    name = row.needed("EstablishmentName", longest=200)
    values: Values = {"urn": row.urn(), "name": name, "name_key": name_key(name)}
    for column, (attributes, read) in _READERS.items():
        if column in row.cells:
            values |= dict(zip(attributes, read(row, column), strict=True))
    values |= _kind(row, values.get("la_code"))
    digest = hashlib.sha256(json.dumps(values, default=str, sort_keys=True).encode())
    values["row_digest"] = digest.digest()
    return values


def link_values(row: Row) -> Values:
    """Return the columns of `EstablishmentLink` that this row fills; raise `BadRow`."""
    return {
        "urn": row.urn(),
        "link_urn": row.urn("LinkURN"),
        "link_type": row.needed("LinkType", longest=80),
        "link_name": row.text("LinkName", longest=200),
        "established_on": row.date("LinkEstablishedDate"),
    }


def status_of(row: Row) -> Status:
    """Return the status by name or code; without either column, closed where a date says so."""
    if said := row.text("EstablishmentStatus (name)"):
        found = _STATUS_BY_NAME.get(said.lower())
    elif (code := row.number("EstablishmentStatus (code)")) is not None:
        found = _STATUS_BY_CODE.get(code)
    else:
        found = Status.CLOSED if row.date("CloseDate") else Status.OPEN
    if found is None:
        raise BadRow("status", "EstablishmentStatus is not one that the register uses.")
    return found


def _kind(row: Row, la_code: str | None) -> Values:
    type_code = row.number("TypeOfEstablishment (code)")
    welsh = (
        type_code == _WELSH_TYPE
        or int(la_code or 0) in _WELSH_COUNCILS
        or (row.text("GOR (name)") or "").startswith("Wales")
    )  # fmt: skip
    kind: Values = {
        "status": status_of(row),
        "nation": Nation.WALES if welsh else Nation.ENGLAND,
    }
    if type_code is not None:
        kind |= {"type_code": type_code, "statutory": type_code not in _NOT_STATUTORY}
    return kind


def _council(row: Row, column: str) -> tuple[str]:
    code = row.number(column, most=999)
    return (f"{code or 0:03d}",)


def _text(longest: int) -> Callable[[Row, str], tuple[str | None]]:
    return lambda row, column: (row.text(column, longest=longest),)


def _words(longest: int) -> Callable[[Row, str], tuple[str]]:
    return lambda row, column: (row.text(column, longest=longest) or "",)


def _place(row: Row, column: str) -> tuple[str | None, str | None]:
    place = row.text(column, longest=100)
    return place, place_key(place)


def _age(row: Row, column: str) -> tuple[int | None]:
    return (row.number(column, most=99),)


def _telephone(row: Row, column: str) -> tuple[str | None]:
    """Return the number with the leading zero that spreadsheets take off, digits as published."""
    said = row.text(column, longest=30)
    return (f"0{said}" if said and said.isdigit() and len(said) in {9, 10} and said[0] != "0"
            else said,)  # fmt: skip


_Reader = Callable[[Row, str], tuple[Any, ...]]
_READERS: Mapping[str, tuple[tuple[str, ...], _Reader]] = {
    "LA (code)": (("la_code",), _council),
    "LA (name)": (("la_name",), _words(100)),
    "EstablishmentNumber": (("establishment_number",), lambda row, column: (row.number(column),)),
    "TypeOfEstablishment (name)": (("type_name",), _words(100)),
    "EstablishmentTypeGroup (code)": (("group_code",), lambda row, column: (row.number(column),)),
    "PhaseOfEducation (name)": (("phase",), _text(40)),
    "StatutoryLowAge": (("low_age",), _age),
    "StatutoryHighAge": (("high_age",), _age),
    "OpenDate": (("opened_on",), lambda row, column: (row.date(column),)),
    "CloseDate": (("closed_on",), lambda row, column: (row.date(column),)),
    "Street": (("street",), _text(200)),
    "Locality": (("locality", "locality_key"), _place),
    "Town": (("town", "town_key"), _place),
    "Postcode": (("postcode",), lambda row, column: (postcode(row.text(column)),)),
    "TelephoneNum": (("telephone",), _telephone),
}
