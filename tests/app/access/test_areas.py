"""Whose area a council lies in, and whose mail reaches its schools."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.access.forces import add_force, councils_of, force_for, forces_of, set_area
from app.core.database import Database
from app.core.errors import Refused
from app.core.models import AuditEntry
from app.core.scope import PLATFORM

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def forces(database: Database) -> None:
    with database.write(PLATFORM) as session:
        for code in ("98", "99"):
            add_force(session, code=code, name=f"Force {code}", now=NOW, actor="operator:test")


def area(database: Database, code: str, *councils: str) -> None:
    with database.write(PLATFORM) as session:
        set_area(session, code=code, councils=councils, now=NOW, actor="operator:test")


@pytest.mark.feature("RE13")
@pytest.mark.usefixtures("forces")
def test_a_force_polices_the_councils_it_was_last_given(database: Database) -> None:
    area(database, "99", "999", "998")
    area(database, "99", "999", "997")
    area(database, "98", "999")
    with database.read(PLATFORM) as session:
        assert councils_of(session, "99") == {"999", "997"}
        assert forces_of(session, "999") == ["98", "99"]
        assert forces_of(session, "998") == []
        assert (force_for(session, "997"), force_for(session, "998")) == ("99", "98")
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.event == "access:force:area_changed")
        )
        assert [row.detail for row in found if row.force == "98"] == [{"councils": ["999"]}]


@pytest.mark.usefixtures("forces")
@pytest.mark.parametrize(("code", "council"), [("97", "999"), ("99", "99"), ("99", "council")])
def test_an_unknown_force_or_what_is_no_council_is_refused(
    database: Database, code: str, council: str
) -> None:
    with pytest.raises(Refused):
        area(database, code, council)


def test_without_a_force_there_is_no_mail(database: Database) -> None:
    with database.read(PLATFORM) as session:
        assert force_for(session, "999") is None
