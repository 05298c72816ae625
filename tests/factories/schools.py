"""Fictional schools, rolls and key adults: rows, files in the official layout, and facts."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from schools.matching.details import ChildFacts, ChildIdentity, SchoolFacts, ToldEducation
from schools.matching.school_names import name_key, place_key
from schools.models import Establishment, Status
from schools.term_dates import Nation

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LAST_NIGHT = date(2026, 11, 19)
COUNCIL, OTHER_COUNCIL = "999", "998"
ST_MARYS = 990001
OFFICIAL = {
    "URN": str(ST_MARYS), "LA (code)": COUNCIL, "LA (name)": "Exampleshire",
    "EstablishmentNumber": "4001", "EstablishmentName": "St Mary's Catholic Primary School",
    "TypeOfEstablishment (code)": "2", "TypeOfEstablishment (name)": "Voluntary aided school",
    "EstablishmentTypeGroup (code)": "4", "EstablishmentStatus (code)": "1",
    "EstablishmentStatus (name)": "Open", "OpenDate": "01-09-2001", "CloseDate": "",
    "PhaseOfEducation (name)": "Primary", "StatutoryLowAge": "4", "StatutoryHighAge": "11",
    "Street": "1 Example Street", "Locality": "", "Town": "Exampleton", "Postcode": "ZZ99 1AA",
    "TelephoneNum": "01632960001", "GOR (name)": "North West",
}  # fmt: skip


def add_school(session: Session, urn: int = ST_MARYS, **changes: Any) -> Establishment:
    """Store an open primary school."""
    facts: dict[str, Any] = {
        "la_code": COUNCIL, "la_name": "Exampleshire", "establishment_number": urn % 10_000,
        "name": "St Mary's Catholic Primary School", "type_code": 2,
        "type_name": "Voluntary aided school", "status": Status.OPEN, "nation": Nation.ENGLAND,
        "statutory": True, "phase": "Primary", "low_age": 4, "high_age": 11, "town": "Exampleton",
        "postcode": "ZZ99 1AA", "row_digest": bytes(32), "imported_at": NOW, **changes,
    }  # fmt: skip
    row = Establishment(urn=urn, name_key=name_key(facts["name"]), **facts)
    session.add(row)
    session.flush()
    return row


def school(
    urn: int = ST_MARYS, name: str = "Oakfield Primary School", **changes: Any
) -> SchoolFacts:
    """Return an open primary school of Exampleton as the rules see it."""
    facts: dict[str, Any] = {
        "la_code": COUNCIL, "type_code": 1, "is_open": True, "statutory": True,
        "town": "Exampleton", "la_key": "exampleshire", "postcode": "ZZ99 1AA", "phase": "Primary",
        "low_age": 4, "high_age": 11, **changes,
    }  # fmt: skip
    town, locality = facts.pop("town"), facts.pop("locality", None)
    return SchoolFacts(
        urn=urn, name=name, town_key=place_key(town), locality_key=place_key(locality), **facts
    )


def child(ref: str = "c1", *, protected: bool = False, **changes: Any) -> ChildFacts:
    """Return a girl of ten; fields of the told education are recognised by their names."""
    told = {
        name: changes.pop(name)
        for name in ("status", "urn", "school_name", "town", "authorities")
        if name in changes
    }
    identity: dict[str, Any] = {
        "forename": "Asha", "surname": "Quillfeather", "date_of_birth": date(2016, 3, 2),
        "sex": "F", "postcodes": ("ZZ99 3VZ",), **changes,
    }  # fmt: skip
    return ChildFacts(ChildIdentity(ref=ref, **identity), ToldEducation(**told), protected)


def as_csv(rows: Sequence[Mapping[str, object]], columns: Iterable[str] | None = None) -> str:
    """Return rows as the text of a CSV file."""
    names = list(columns or rows[0])
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def register_file(folder: Path, *rows: Mapping[str, str], encoding: str = "cp1252") -> Path:
    """Write an official register file; each row says what differs from an open primary school."""
    path = folder / "edubasealldata.csv"
    text = as_csv([{**OFFICIAL, **row} for row in rows])
    path.write_text(text, encoding=encoding, newline="")
    return path


def links_file(folder: Path, *links: tuple[int, int, str]) -> Path:
    """Write an official links file of (URN, LinkURN, LinkType)."""
    path = folder / "links_edubasealldata.csv"
    rows = [
        {"URN": urn, "LinkURN": other, "LinkName": "A school", "LinkType": kind,
         "LinkEstablishedDate": "01-09-2025"}
        for urn, other, kind in links
    ]  # fmt: skip
    path.write_text(as_csv(rows), encoding="cp1252", newline="")
    return path


def roll_file(*pupils: Mapping[str, object]) -> io.StringIO:
    """Return a roll; each pupil says what differs from Asha Quillfeather of St Mary's."""
    asha = {
        "UPN": "", "Surname": "Quillfeather", "Forename": "Asha", "DOB": "02-03-2016", "Sex": "F",
        "PostCode": "ZZ99 3VZ", "URN": ST_MARYS, "EntryDate": "01-09-2020", "LeavingDate": "",
    }  # fmt: skip
    return io.StringIO(as_csv([{**asha, **pupil} for pupil in pupils]))


def key_adults_file(*people: Mapping[str, object]) -> io.StringIO:
    """Return key adults; each says what differs from a trained, verified one at St Mary's."""
    usual = {
        "URN": ST_MARYS, "Position": 1, "Name": "Wendy Larkgarth", "Email": "wendy@example.org",
        "Telephone": "07700 900001", "TrainedOn": "10-01-2026", "TrainingExpiresOn": "10-01-2028",
        "VerifiedOn": "07-09-2026", "LeftOn": "", "AwayFrom": "", "AwayTo": "",
    }  # fmt: skip
    return io.StringIO(as_csv([{**usual, **person} for person in people]))


def calendar_file(*rows: Mapping[str, object]) -> io.StringIO:
    """Return calendar rows: Owner, Kind, From, To, DoorsOpen, RegisterClose, PupilsLeave, Note."""
    columns = (
        "Owner", "Kind", "From", "To", "DoorsOpen", "RegisterClose", "PupilsLeave", "Note",
    )  # fmt: skip
    return io.StringIO(as_csv(list(rows), columns))
