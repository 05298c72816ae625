"""What commands report: the morning, decisions and the trail, each printed and each audited."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text, update

from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.matching.models import Match
from schools.models import Establishment, Status
from tests.app.conftest import Encompass
from tests.factories.schools import add_school
from tests.journeys.world import World, at, child

DAY = "2026-11-20"
URN = 990001


@pytest.fixture
def night(wiring: Wiring) -> World:
    """One child matched and sent, one in review."""
    world = World(wiring)
    world.school(URN, "Exampleton Primary School", key_adults=["first@example.org"])
    world.clock.move_to(at(DAY, "01:10"))
    world.push("99-2026-1", child())
    world.push("99-2026-2", child(education={"school_name": "St Nowhere", "town": "Elsewhere"}))
    world.tick()
    return world


def events(wiring: Wiring) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        found = select(AuditEntry.event).where(AuditEntry.actor.like("operator:%"))
        return list(session.scalars(found))


def test_the_morning_as_one_object(encompass: Encompass, night: World, wiring: Wiring) -> None:
    shown = encompass("report", "morning", "--date", DAY, "--json")
    assert shown.exit_code == 0
    body = json.loads(shown.stdout)
    assert (body["told"], body["not_told"], body["not_needed"]) == (0, 2, 0)
    assert {row["reference"]: row["outcome"] for row in body["rows"]} == {
        "99-2026-1": "sent_to_school", "99-2026-2": "in_review",
    }  # fmt: skip
    assert all(row["held_by"] for row in body["rows"])
    assert events(wiring) == [Event.REPORT_EXPORTED]


def test_the_morning_as_csv_and_as_a_table(encompass: Encompass, night: World) -> None:
    as_csv = encompass("report", "morning", "--force", "99", "--date", DAY, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    assert [row["told"] for row in rows] == ["not_told", "not_told"]
    as_table = encompass("report", "morning", "--date", DAY)
    assert "2 not told" in as_table.stdout
    assert "All children told" not in as_table.stdout


def test_no_child_is_named_in_the_morning_report(encompass: Encompass, night: World) -> None:
    for kind in ("table", "csv", "json"):
        shown = encompass("report", "morning", "--date", DAY, "--format", kind)
        assert "Asha" not in shown.output
        assert "Example-Khan" not in shown.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--date", "yesterday"), 2), (("--force", "98"), 1)],
)
def test_a_morning_that_cannot_be_is_refused(
    encompass: Encompass, night: World, arguments: tuple[str, ...], code: int
) -> None:
    assert encompass("report", "morning", *arguments).exit_code == code


@pytest.mark.feature("MA17")
def test_every_decision_is_exported_for_evaluation(
    encompass: Encompass, night: World, wiring: Wiring
) -> None:
    shown = encompass("match", "export", "--force", "99", "--json")
    decisions = {one["reference"]: one for one in json.loads(shown.stdout)["decisions"]}
    assert decisions["99-2026-1"]["band"] == "matched"
    assert decisions["99-2026-1"]["urns"] == [URN]
    assert decisions["99-2026-1"]["child"] == "c1"
    assert decisions["99-2026-2"]["band"] != "matched"
    assert events(wiring) == [Event.MATCHES_EXPORTED]
    later = encompass("match", "export", "--since", "2026-11-21T00:00", "--json")
    assert json.loads(later.stdout) == {"decisions": []}


@pytest.mark.feature("MA17")
def test_a_decision_is_explained_and_reached_again(
    encompass: Encompass, night: World, wiring: Wiring
) -> None:
    with wiring.database.read(PLATFORM) as session:
        decision = session.scalars(select(Match).where(Match.band == "matched")).one()
    shown = encompass("match", "explain", decision.id, "--json")
    assert shown.exit_code == 0
    body = json.loads(shown.stdout)
    assert (body["reproduced"], body["differs"], body["changed_since"]) == (True, [], [])
    assert body["evidence"][0]["urn"] == URN
    assert body["evidence"][0]["weights"]
    assert events(wiring) == [Event.MATCH_EXPLAINED]
    assert "Reproduced bit for bit." in encompass("match", "explain", decision.id).stdout


@pytest.mark.feature("MA17")
def test_what_changed_since_a_decision_is_named(
    encompass: Encompass, night: World, wiring: Wiring
) -> None:
    with wiring.database.write(PLATFORM) as session:
        decision = session.scalars(select(Match).where(Match.band == "matched")).one()
        add_school(session, 990077, name="Far Away School", imported_at=wiring.clock.now())
    body = json.loads(encompass("match", "explain", decision.id, "--json").stdout)
    assert (body["reproduced"], body["changed_since"]) == (True, ["register"])
    with wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Establishment).where(Establishment.urn == URN).values(status=Status.CLOSED)
        )
    body = json.loads(encompass("match", "explain", decision.id, "--json").stdout)
    assert body["reproduced"] is False
    assert {"band", "urns", "evidence"} <= set(body["differs"])
    assert "input_digest" not in body["differs"]
    with wiring.database.write(PLATFORM) as session:
        session.execute(update(Match).values(rules_version="2025-01.1"))
    body = json.loads(encompass("match", "explain", decision.id, "--json").stdout)
    assert body["changed_since"] == ["rules_version", "register"]


def test_a_decision_that_is_none_is_refused(encompass: Encompass) -> None:
    refused = encompass("match", "explain", "6f1c9a3e-0d53-4b7e-9a51-2f6f7f1d8c10")
    assert refused.exit_code == 1
    assert "match export" in refused.stderr


@pytest.mark.feature("AU1")
def test_an_untouched_trail_verifies(encompass: Encompass, night: World) -> None:
    shown = encompass("audit", "verify", "--json")
    assert shown.exit_code == 0
    body = json.loads(shown.stdout)
    assert body["intact"] is True
    assert {chain["chain"] for chain in body["chains"]} == {"99", "platform"}


@pytest.mark.feature("AU1")
def test_a_changed_row_is_found_and_named(
    encompass: Encompass, night: World, wiring: Wiring, tamper: Callable[[str], None]
) -> None:
    tamper("UPDATE audit SET actor = 'nobody' WHERE chain = '99' AND seq = 2")
    shown = encompass("audit", "verify")
    assert shown.exit_code == 1
    assert "row 2" in shown.stdout
    assert "99" in shown.stderr


@pytest.fixture
def tamper(wiring: Wiring) -> Callable[[str], None]:
    """Change rows behind the service's back, as somebody with the database could."""

    def change(statement: str) -> None:
        with wiring.database.engine.begin() as connection:
            for trigger in ("audit_no_update", "audit_no_delete", "audit_no_change"):
                on = " ON audit" if connection.dialect.name == "postgresql" else ""
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}{on}"))
            connection.execute(text(statement))

    return change


def test_the_trail_is_handed_over_without_content(
    encompass: Encompass, night: World, wiring: Wiring
) -> None:
    shown = encompass("audit", "export", "--force", "99", "--from", DAY, "--to", DAY)
    assert shown.exit_code == 0
    entries: list[dict[str, Any]] = json.loads(shown.stdout)["entries"]
    assert Event.INCIDENT_RECEIVED in {entry["event"] for entry in entries}
    assert "Asha" not in shown.stdout
    assert events(wiring) == [Event.AUDIT_READ]
    before = encompass(
        "audit", "export", "--force", "99", "--from", "2026-11-01", "--to", "2026-11-02"
    )
    assert json.loads(before.stdout)["entries"] == []
