"""Officers: who is asked, in which order, and why somebody may not be."""

import io
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.officer_file import COLUMNS, import_officers
from schools.officers import Duty, Officer, add_officer, fitting_owner, officers_of, remove_officer

TODAY = date(2026, 11, 20)


def added(wiring: Wiring, email: str, position: int, **changes: Any) -> UUID:
    options = {
        "owner": "council:999", "duty": Duty.COUNCIL_OFFICER, "name": "Sam Otterby",
        "telephone": "01632 960555", "account_id": None, "verified": True, **changes,
    }  # fmt: skip
    with wiring.database.write(PLATFORM) as session:
        return add_officer(
            session, wiring.cipher, email=email, position=position, now=wiring.clock.now(),
            **options,
        ).id  # fmt: skip


def asked(wiring: Wiring, duty: Duty = Duty.COUNCIL_OFFICER) -> list[tuple[str, str | None]]:
    with wiring.database.read() as session:
        found = officers_of(session, wiring.cipher, "council:999", duty, on=TODAY)
    return [(one.email, one.reason_code) for one in found]


def test_officers_are_asked_in_their_order_and_only_for_their_duty(wiring: Wiring) -> None:
    added(wiring, "second@example.org", 2)
    added(wiring, "first@example.org", 1)
    added(wiring, "lookup@example.org", 1, duty=Duty.COUNCIL_LOOKUP)
    added(wiring, "elsewhere@example.org", 1, owner="council:998")
    assert asked(wiring) == [("first@example.org", None), ("second@example.org", None)]


def test_an_address_that_was_never_proved_is_not_written_to(wiring: Wiring) -> None:
    added(wiring, "new@example.org", 1, verified=False)
    assert asked(wiring) == [("new@example.org", "contact_unverified")]


def test_who_left_is_not_asked_and_may_come_back(wiring: Wiring) -> None:
    ident = added(wiring, "first@example.org", 1)
    with wiring.database.write(PLATFORM) as session:
        remove_officer(session, ident, on=TODAY)
    assert asked(wiring) == []
    assert added(wiring, "First@Example.org", 1) == ident
    assert asked(wiring) == [("First@Example.org", None)]


def test_a_record_that_does_not_open_is_no_address_and_stops_no_other(wiring: Wiring) -> None:
    ident = added(wiring, "first@example.org", 1)
    added(wiring, "second@example.org", 2)
    with wiring.database.write(PLATFORM) as session:
        session.get_one(Officer, ident).sealed = b"\x01" + bytes(60)
    assert asked(wiring) == [("", "unreadable"), ("second@example.org", None)]


@pytest.mark.parametrize(
    ("owner", "duty", "fits"),
    [
        ("council:999", Duty.COUNCIL_OFFICER, True),
        ("force:99", Duty.REVIEWER, True),
        ("force:99", Duty.COUNCIL_LOOKUP, False),
        ("council:999", Duty.DUTY_OFFICER, False),
        ("council:99", Duty.COUNCIL_LEAD, False),
        ("school:1", Duty.REVIEWER, False),
        ("force:", Duty.REVIEWER, False),
    ],
)
def test_a_duty_belongs_to_a_council_or_to_a_force(owner: str, duty: Duty, *, fits: bool) -> None:
    assert fitting_owner(owner, duty) is fits


def test_a_file_adds_and_changes_and_says_which_rows_it_could_not_take(wiring: Wiring) -> None:
    rows = (
        "council:999,council_officer,1,Sam Otterby,cme@example.org,01632 960555,01-10-2026,",
        "council:999,reviewer,1,Wrong Duty,wrong@example.org,,,",
        "council:999,council_officer,0,No Place,none@example.org,,,",
        "council:999,council_officer,2,Sam Otterby,CME@example.org,,,",
        "council:999,gardener,1,No Such,duty@example.org,,,",
    )
    report = read(wiring, *rows)
    assert (report.accepted, report.rejected) == (1, 4)
    assert [error.code for error in report.errors] == ["owner", "position", "twice", "duty"]
    assert read(wiring, rows[0]).unchanged == 1
    assert read(wiring, rows[0] + "01-11-2026").accepted == 1
    assert asked(wiring) == []


def read(wiring: Wiring, *rows: str) -> Any:
    source = io.StringIO("\n".join([",".join(COLUMNS), *rows]))
    with wiring.database.write(PLATFORM) as session:
        return import_officers(session, wiring.cipher, source, now=wiring.clock.now())
