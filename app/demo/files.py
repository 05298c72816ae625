"""Writes the county as real files in the official layouts, for the same imports operators use."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from app.demo.county import County, Day, KeyAdult, Pupil
from app.demo.schools import (
    ACADEMISED,
    BY_URN,
    ENGLISH_COUNCIL,
    ENGLISH_COUNCIL_NAME,
    SCHOOLS,
    WELSH_COUNCIL_NAME,
    Kind,
    RegisterStatus,
    School,
)

# The register's own encoding; everything else is UTF-8.
_REGISTER_ENCODING = "cp1252"


@dataclass(frozen=True, slots=True)
class CountyFiles:
    """Where the files of a county are; `rolls` are by the supplier's owner name."""

    establishments: Path
    links: Path
    calendar: Path
    key_adults: Path
    rolls: Mapping[str, Path]


def write(county: County, folder: Path) -> CountyFiles:
    """Write every file of the county into a folder and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    english = [pupil for pupil in county.pupils if BY_URN[pupil.urn].council == ENGLISH_COUNCIL]
    welsh = [pupil for pupil in county.pupils if BY_URN[pupil.urn].council != ENGLISH_COUNCIL]
    files = CountyFiles(
        folder / "edubasealldata.csv", folder / "links_edubasealldata.csv",
        folder / "calendar.csv", folder / "key-adults.csv",
        {
            f"council:{ENGLISH_COUNCIL}": folder / f"roll-{ENGLISH_COUNCIL}.csv",
            f"urn:{welsh[0].urn}": folder / f"roll-{welsh[0].urn}.csv",
        },
    )  # fmt: skip
    _write(files.establishments, map(_establishment, SCHOOLS), encoding=_REGISTER_ENCODING)
    _write(files.links, _links(county.day), encoding=_REGISTER_ENCODING)
    _write(files.calendar, map(_day, county.calendar))
    _write(files.key_adults, map(_key_adult, county.key_adults))
    for path, pupils in zip(files.rolls.values(), (english, welsh), strict=True):
        _write(path, map(_pupil, pupils))
    return files


def _write(path: Path, rows: Iterable[Mapping[str, str]], *, encoding: str = "utf-8") -> None:
    listed = list(rows)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)


def _establishment(school: School) -> dict[str, str]:
    code, kind, group, group_name = school.kind.value
    status, status_name = school.status.value
    closed = school.status is RegisterStatus.CLOSED
    wales = school.kind is Kind.WELSH
    return {
        "URN": str(school.urn),
        "LA (code)": school.council,
        "LA (name)": WELSH_COUNCIL_NAME if wales else ENGLISH_COUNCIL_NAME,
        "EstablishmentNumber": str(school.number),
        "EstablishmentName": school.name,
        "TypeOfEstablishment (code)": str(code),
        "TypeOfEstablishment (name)": kind,
        "EstablishmentTypeGroup (code)": str(group),
        "EstablishmentTypeGroup (name)": group_name,
        "EstablishmentStatus (code)": str(status),
        "EstablishmentStatus (name)": status_name,
        "OpenDate": "" if school.status is RegisterStatus.PROPOSED else "01-09-2004",
        "CloseDate": "31-08-2025" if closed else "",
        "PhaseOfEducation (code)": str(school.phase[0]),
        "PhaseOfEducation (name)": school.phase[1],
        "StatutoryLowAge": "" if school.low_age is None else str(school.low_age),
        "StatutoryHighAge": "" if school.high_age is None else str(school.high_age),
        "Boarders (name)": "Boarding school" if school.boarders else "No boarders",
        "Street": f"{school.urn - 990_000} Fiction Street",
        "Locality": "",
        "Address3": "",
        "Town": school.town,
        "County (name)": ENGLISH_COUNCIL_NAME,
        "Postcode": school.postcode,
        "TelephoneNum": school.telephone.replace(" ", ""),
        "GOR (code)": "W" if wales else "F",
        "GOR (name)": "Wales (pseudo)" if wales else "West Midlands",
    }


def _links(day: date) -> list[dict[str, str]]:
    old, new = ACADEMISED
    established = f"01-09-{day.year - 1}"
    return [
        {
            "URN": str(urn), "LinkURN": str(other), "LinkName": BY_URN[other].name,
            "LinkType": kind, "LinkEstablishedDate": established,
        }
        for urn, other, kind in ((old, new, "Successor"), (new, old, "Predecessor"))
    ]  # fmt: skip


def _day(row: Day) -> dict[str, str]:
    doors, register, leave = row.hours
    return {
        "Owner": row.owner, "Kind": row.kind, "From": _date(row.first), "To": _date(row.last),
        "DoorsOpen": _time(doors), "RegisterClose": _time(register), "PupilsLeave": _time(leave),
        "Note": row.note,
    }  # fmt: skip


def _key_adult(row: KeyAdult) -> dict[str, str]:
    return {
        "URN": str(row.urn), "Position": str(row.position), "Name": row.name, "Email": row.email,
        "Telephone": row.telephone, "TrainedOn": _date(row.trained_on),
        "TrainingExpiresOn": _date(row.expires_on), "VerifiedOn": _date(row.verified_on),
        "LeftOn": _date(row.left_on), "AwayFrom": _date(row.away_from),
        "AwayTo": _date(row.away_to),
    }  # fmt: skip


def _pupil(row: Pupil) -> dict[str, str]:
    return {
        "UPN": row.upn, "Surname": row.surname, "Forename": row.forename,
        "MiddleNames": row.middle_names, "PreferredSurname": "",
        "FormerSurname": row.former_surname, "DOB": _date(row.born_on), "Sex": row.sex,
        "PostCode": row.postcode, "URN": str(row.urn), "EntryDate": _date(row.entered_on),
        "LeavingDate": _date(row.left_on),
    }  # fmt: skip


def _date(on: date | None) -> str:
    return on.strftime("%d-%m-%Y") if on else ""


def _time(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""
