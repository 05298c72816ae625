"""What a register file would do, school by school, with those that are in use here."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.errors import Conflict, Invalid
from app.core.scope import PLATFORM
from schools.calendars import import_calendar
from schools.key_adults import import_key_adults
from schools.models import Establishment, EstablishmentLink, Status
from schools.names_of_schools import add_name, names_of, remove_name
from schools.queries import confirmed_successor, establishment
from schools.register import RegisterReport, WrongFile, import_register
from schools.register_diff import ChangeKind, Followed, Use, ending
from schools.register_models import AliasKind
from schools.successors import confirm_successor, confirmations, predecessors
from tests.factories.schools import (
    NOW,
    add_school,
    calendar_file,
    key_adults_file,
    links_file,
    register_file,
)

SHUT = {"EstablishmentStatus (code)": "2", "EstablishmentStatus (name)": "Closed"}
CLOSING = {
    "EstablishmentStatus (code)": "3",
    "EstablishmentStatus (name)": "Open, but proposed to close",
}
OTHERS = [{"URN": str(990050 + number)} for number in range(30)]


def run(database: Database, path: Path, **options: Any) -> RegisterReport:
    with database.write(PLATFORM) as session:
        return import_register(session, path, now=NOW, **options)


def changes(report: RegisterReport) -> dict[int, tuple[str, tuple[int, ...]]]:
    return {one.urn: (one.change.value, one.others) for one in report.named}


@pytest.mark.feature("RE1")
def test_a_dry_run_names_what_happens_to_each_school_and_why_it_matters_here(
    database: Database, cipher: Cipher, tmp_path: Path
) -> None:
    urns = {"split": 990001, "merged": 990002, "number": 990003, "gone": 990004, "closing": 990005,
            "again": 990006, "name": 990007, "quiet": 990008}  # fmt: skip
    rows = [{"URN": str(urn)} for urn in urns.values()]
    rows[5] |= SHUT
    run(database, register_file(tmp_path, *rows, *OTHERS))
    with database.write(PLATFORM) as session:
        import_key_adults(session, cipher, key_adults_file({"URN": "990001"}), now=NOW)
        hours = {"Owner": "990003", "Kind": "hours", "DoorsOpen": "08:40"}
        import_calendar(session, calendar_file(hours), now=NOW)
    after = [dict(row) for row in rows[:7]]
    for number in (0, 1, 2, 3):
        after[number] |= SHUT
    after[4] |= CLOSING
    after[5] = {"URN": "990006"}
    after[6] |= {"EstablishmentName": "Renamed Primary School"}
    links = links_file(
        tmp_path,
        (990001, 990050, "Successor - Split School"), (990001, 990051, "Successor - Split School"),
        (990052, 990002, "Predecessor - merged"), (990003, 990053, "Successor"),
    )  # fmt: skip
    report = run(
        database, register_file(tmp_path, *after, *OTHERS, {"URN": "990099"}), links_path=links,
        dry_run=True, accept_closures=True, waiting={990004},
    )  # fmt: skip
    assert changes(report) == {
        990001: ("split", (990050, 990051)), 990002: ("merged", (990052,)),
        990003: ("urn_changed", (990053,)), 990004: ("closed", ()), 990005: ("closing", ()),
        990006: ("reopened", ()), 990007: ("renamed", ()), 990008: ("missing", ()),
        990099: ("added", ()),
    }  # fmt: skip
    assert {one.urn: one.uses for one in report.touched} == {
        990001: (Use.KEY_ADULTS,), 990003: (Use.CALENDAR,), 990004: (Use.MESSAGES,)
    }  # fmt: skip
    assert report.kinds["split"] == 1
    with database.read(PLATFORM) as session:
        assert session.scalars(select(EstablishmentLink)).all() == []
        row = establishment(session, 990001)
        assert row is not None
        assert row.status is Status.OPEN


@pytest.mark.feature("RE1")
def test_a_file_that_would_change_more_than_a_quarter_is_refused_and_says_what_it_would_do(
    database: Database, tmp_path: Path
) -> None:
    rows = [{"URN": str(990001 + number)} for number in range(60)]
    run(database, register_file(tmp_path, *rows))
    bent = register_file(tmp_path, *[{**row, "Town": "Elsewhere"} for row in rows])
    with pytest.raises(WrongFile, match="60 of 60") as refused:
        run(database, bent)
    assert refused.value.reason_code == "too_many_changes"
    assert refused.value.report.kinds == {"changed": 60}
    assert run(database, bent, accept_changes=True).changed == 60


@pytest.mark.feature("RE1")
def test_the_official_zip_may_hold_the_links_beside_the_schools(
    database: Database, tmp_path: Path
) -> None:
    links = links_file(tmp_path, (990001, 990002, "Successor"))
    schools = register_file(tmp_path, {}, {"URN": "990002"})
    both = tmp_path / "extract.zip"
    with zipfile.ZipFile(both, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(schools, "edubasealldata20261120.csv")
        archive.write(links, "links_edubasealldata20261120.csv")
    report = run(database, both)
    assert (report.added, report.links) == (2, 1)


@pytest.mark.feature("RE1")
def test_links_that_cannot_be_read_refuse_the_whole_file(
    database: Database, tmp_path: Path
) -> None:
    wrong = tmp_path / "links.csv"
    wrong.write_text("URN,Other\n990001,990002\n")
    with pytest.raises(Exception, match="LinkURN"):
        run(database, register_file(tmp_path, {}), links_path=wrong)
    with database.read(PLATFORM) as session:
        assert session.scalars(select(Establishment)).all() == []


def test_a_school_that_gets_another_name_is_still_found_by_the_old_one(
    database: Database, tmp_path: Path
) -> None:
    run(database, register_file(tmp_path, {}))
    report = run(database, register_file(tmp_path, {"EstablishmentName": "Trinity Academy"}))
    assert report.former_names == 1
    # an apostrophe more or less is no other name, and the same file again keeps nothing twice
    again = {"EstablishmentName": "Trinity  Academy", "Town": "Otherby"}
    assert run(database, register_file(tmp_path, again)).former_names == 0
    with database.read(PLATFORM) as session:
        (name,) = names_of(session, 990001)
    assert (name.name, name.kind) == ("St Mary's Catholic Primary School", AliasKind.FORMER)


def test_names_are_added_once_and_taken_out_of_use_for_good(database: Database) -> None:
    with database.write(PLATFORM) as session:
        place = add_school(session)
        add_school(session, 990002)
        added = add_name(session, place, "  The  Priory ", now=NOW, actor="account:1")
        assert added.name == "The Priory"
        for wrong in ("the priory", " ", place.name, "x" * 201):
            with pytest.raises(Invalid):
                add_name(session, place, wrong, now=NOW, actor="account:1")
        assert remove_name(session, 990002, added.id, now=NOW, actor="account:2") is None
        assert remove_name(session, 990001, added.id, now=NOW, actor="account:2") is added
        assert remove_name(session, 990001, added.id, now=NOW, actor="account:2") is None
        assert names_of(session, 990001) == []
        add_name(session, place, "The Priory", now=NOW, actor="account:1")


@pytest.mark.feature("RE2")
@pytest.mark.parametrize(
    ("types", "kind"),
    [
        ((), ChangeKind.CLOSED),
        (("Successor",), ChangeKind.URN_CHANGED),
        (("Successor - merged",), ChangeKind.MERGED),
        (("Result of Amalgamation",), ChangeKind.MERGED),
        (("Successor - Split School",), ChangeKind.SPLIT),
        (("Successor", "Successor"), ChangeKind.SPLIT),
    ],
)
def test_a_closed_school_ended_as_the_links_say(types: tuple[str, ...], kind: ChangeKind) -> None:
    links = [Followed(1, 2 + number, said) for number, said in enumerate(types)]
    assert ending(links)[0] is kind


@pytest.fixture
def academised(database: Database) -> None:
    """990001 closed into 990003 by way of 990002; 990004 split into 990003 and 990005."""
    with database.write(PLATFORM) as session:
        for urn, status in ((990001, Status.CLOSED), (990002, Status.CLOSED), (990003, Status.OPEN),
                            (990004, Status.CLOSED), (990005, Status.OPEN)):  # fmt: skip
            add_school(session, urn, status=status)
        for urn, heir, kind in ((990001, 990002, "Successor"), (990002, 990003, "Successor"),
                                (990004, 990003, "Successor - Split School"),
                                (990004, 990005, "Successor - Split School")):  # fmt: skip
            session.add(EstablishmentLink(urn=urn, link_urn=heir, link_type=kind))


@pytest.mark.feature("RE2")
@pytest.mark.usefixtures("academised")
def test_a_successor_counts_only_once_its_own_people_confirmed_it(database: Database) -> None:
    with database.write(PLATFORM) as session:
        assert confirmed_successor(session, 990001) is None
        assert [one.urn for one in predecessors(session, 990003)] == [990001, 990002]
        confirm_successor(session, 990003, 990001, now=NOW, actor="account:1")
        confirm_successor(session, 990003, 990001, now=NOW, actor="account:2")
        assert confirmed_successor(session, 990001) == 990003
        assert confirmed_successor(session, 990002) is None
        assert confirmations(session, 990003)[990001].confirmed_by == "account:1"


@pytest.mark.feature("RE2")
@pytest.mark.usefixtures("academised")
@pytest.mark.parametrize(("urn", "before"), [(990003, 990004), (990005, 990001), (990001, 990003)])
def test_what_the_register_does_not_say_cannot_be_confirmed(
    database: Database, urn: int, before: int
) -> None:
    with database.write(PLATFORM) as session, pytest.raises(Conflict):
        confirm_successor(session, urn, before, now=NOW, actor="account:1")
