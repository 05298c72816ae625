"""Whether the process lives, can work, and is on time; and its counts for Prometheus."""

import hmac
import shutil
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.access.forces import every_force
from app.api import metrics
from app.api.deps import wiring_of
from app.core import logs, schema
from app.core.clock import SystemClock
from app.core.errors import NotFound, NotSignedIn
from app.core.models import Lease
from app.core.scope import scope
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from app.wiring import Wiring
from notifications.models import Notification
from notifications.states import NotificationState

router = APIRouter(tags=["health"])

_log = logs.get(__name__)
_CLOCK_SECONDS = 5.0
_DISK_FREE = 0.10
_PROBE = "health:ready"
_WAITING = (Outcome.RECEIVED, Outcome.DETAILS_AWAITED, Outcome.IN_REVIEW, Outcome.HELD)

Token = Annotated[str | None, Header(alias="Authorization")]


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Say that the process answers; asks nothing else."""
    return {"status": "live"}


@router.get("/health/ready", responses={503: {"description": "One of the checks fails"}})
def ready(request: Request) -> JSONResponse:
    """Say whether this process can store an incident now: write, schema, clock, disk."""
    wiring = wiring_of(request)
    checks: dict[str, Any] = {}
    try:
        with wiring.database.write() as session:
            _write_probe(session, wiring.clock.now())
            checks["database"] = True
            checks["clock"] = _clock_agrees(session, wiring)
        checks["schema"] = schema.current(wiring.database.engine) == schema.newest()
    except Exception as error:  # noqa: BLE001 (whatever it is, the answer is: not ready)
        _log.error("not ready", error=logs.error_kind(error))
        checks = {"database": False}
    checks["disk"] = _disk_is_free(wiring)
    good = all(checks.values())
    body = {"ready": good, "checks": checks, "schema_version": schema.newest()}
    return JSONResponse(body, 200 if good else 503)


@router.get("/health/deadline")
def deadline(request: Request, authorization: Token = None) -> dict[str, Any]:
    """Count by state and age what is not yet told; no names. To who has the token of the metrics.

    Off without one: that a child was received a minute ago is nothing for whoever asks.
    """
    wiring = wiring_of(request)
    _check_token(wiring, authorization)
    now = wiring.clock.now()
    with wiring.database.read() as session:
        scope(session, every_force(session))
        return {"now": now, **_children(session, now), **_notifications(session, now)}


@router.get("/metrics", response_class=Response)
def prometheus(request: Request, authorization: Token = None) -> Response:
    """Give the counts of this process in the text format of Prometheus, to who has the token."""
    _check_token(wiring_of(request), authorization)
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _check_token(wiring: Wiring, authorization: str | None) -> None:
    wanted = wiring.settings.metrics_token
    if wanted is None:
        raise NotFound("This is off: set ENCOMPASS_METRICS_TOKEN.")
    given = (authorization or "").removeprefix("Bearer ")
    secret = wanted.get_secret_value()
    if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
        raise NotSignedIn("Send the metrics token as a bearer token.")


def _write_probe(session: Session, now: datetime) -> None:
    session.merge(Lease(name=_PROBE, fence=0, finished_at=now))
    session.flush()


def _clock_agrees(session: Session, wiring: Wiring) -> bool:
    """Compare with the database's clock; a clock moved by hand and SQLite have nothing to say."""
    if wiring.settings.on_sqlite or not isinstance(wiring.clock, SystemClock):
        return True
    theirs: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return abs((theirs - wiring.clock.now()).total_seconds()) < _CLOCK_SECONDS


def _disk_is_free(wiring: Wiring) -> bool:
    folder = wiring.settings.data_dir
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return usage.free > usage.total * _DISK_FREE


def _children(session: Session, now: datetime) -> dict[str, Any]:
    counted = session.execute(
        select(InvolvedChild.outcome, func.count(), func.min(InvolvedChild.received_at))
        .where(InvolvedChild.outcome.in_(_WAITING))
        .group_by(InvolvedChild.outcome)
    ).all()
    overdue = session.execute(
        select(func.count())
        .select_from(InvolvedChild)
        .where(InvolvedChild.outcome.in_(_WAITING), InvolvedChild.due_at < now)
    ).scalar_one()
    return {
        "children": {
            outcome.value: {"count": count, "oldest_seconds": _age(now, oldest)}
            for outcome, count, oldest in counted
        },
        "children_overdue": overdue,
    }


def _notifications(session: Session, now: datetime) -> dict[str, Any]:
    untold = (Notification.told_at.is_(None), Notification.state == NotificationState.READY)
    count, overdue, following = session.execute(
        select(
            func.count(),
            func.count().filter(Notification.due_at < now),
            func.min(Notification.due_at).filter(Notification.due_at >= now),
        )
        .select_from(Notification)
        .where(*untold)
    ).one()
    return {"untold": count, "untold_overdue": overdue, "next_due_at": following}


def _age(now: datetime, oldest: datetime) -> int:
    return int((now - oldest).total_seconds())
