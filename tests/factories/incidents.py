"""Fictional incidents as a force would push them, and a police system that pushes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi.testclient import TestClient

from app.access.clients import ALL_SCOPES, add_client
from app.access.forces import add_force
from app.access.models import ClientKind
from app.core.scope import PLATFORM
from app.intake.details import ChildDetails, IncidentDetails
from app.main import create_app
from app.wiring import Wiring

FORCE = "99"
OTHER_FORCE = "98"
LAST_NIGHT = datetime(2026, 11, 19, 22, 40, tzinfo=UTC)


def child(ref: str = "c1", **changes: Any) -> dict[str, Any]:
    """Return a child of a message: a girl of ten whose school was told."""
    return {
        "ref": ref,
        "forename": "Asha",
        "surname": "Example-Khan",
        "date_of_birth": "2016-03-02",
        "education": {"school_name": "St Marys Primary", "town": "Exampleton"},
        **changes,
    }


def incident(reference: str = "99-2026-0000001", **changes: Any) -> dict[str, Any]:
    """Return a message of last night with one child."""
    return {
        "reference": reference,
        "version": 1,
        "occurred_from": LAST_NIGHT.isoformat(),
        "children": [child()],
        **changes,
    }


def child_details(**changes: Any) -> ChildDetails:
    """Return a child as the rules see one: related, with nothing unusual."""
    return ChildDetails(**{"ref": "c1", "relation": "child_of_both", **changes})


def incident_details(**changes: Any) -> IncidentDetails:
    """Return an incident of last night as the rules see one."""
    facts: dict[str, Any] = {
        "reference": "99-2026-0000001",
        "version": 1,
        "notice_type": "domestic_abuse",
        "data_stage": "initial",
        "occurred_from": LAST_NIGHT,
        "occurred_to": None,
        "reported_at": None,
        "attended": True,
        "crime": None,
        "risk_tool": None,
        "risk_grade": "not_graded",
        "location_kind": "undisclosed",
        "residence_force": None,
        "children_seen": None,
        "children_complete": True,
        "party_under_16": "none",
        "restricted_access": False,
    }
    return IncidentDetails(**{**facts, **changes})


@dataclass(frozen=True)
class PoliceSystem:
    """A police system with its secret, and the way to the service."""

    http: TestClient
    force: str
    client_id: str
    secret: str

    def token(self, scope: str | None = None) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        if scope:
            form["scope"] = scope
        token: str = self.http.post("/api/v1/token", data=form).json()["access_token"]
        return token

    def headers(self, scope: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(scope)}"}


def add_tester(wiring: Wiring, http: TestClient, force: str = FORCE) -> PoliceSystem:
    """Add a test system to a force that is there."""
    now = wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        client, secret = add_client(
            session, force=force, name="vendor's test", now=now, kind=ClientKind.TEST,
            scopes=ALL_SCOPES,
        )  # fmt: skip
    return PoliceSystem(http, force, str(client.id), secret)


def add_police(wiring: Wiring, http: TestClient, force: str = FORCE) -> PoliceSystem:
    """Add a force with one police system."""
    now = wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        add_force(session, code=force, name=f"Force {force}", now=now, actor="job:test")
        client, secret = add_client(
            session, force=force, name="control room", now=now, scopes=ALL_SCOPES
        )
    return PoliceSystem(http, force, str(client.id), secret)


@contextmanager
def serving(wiring: Wiring) -> Iterator[TestClient]:
    """Serve the application in this process; a broken request is an answer, not an exception."""
    with TestClient(create_app(wiring), raise_server_exceptions=False) as http:
        yield http
