"""The auditor's pages: how the trail stands, its days, and what one person did."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import auditing, unusual
from app.core.clock import london_date
from app.pages.after_words import code_words
from app.pages.codes import CHECKPOINT_FAULTS, UNUSUAL_SIGNS
from app.pages.deps import Posted, SignedIn, Wired, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.reports import unusual as rules

router = APIRouter(route_class=PageRoute)


@router.get("/audit")
def audit_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    found = auditing.states(session, visitor.acting)
    return page(
        request, "audit.html", visitor=visitor, title="Audit trail", states=found,
        today=london_date(visitor.now), faults=CHECKPOINT_FAULTS,
    )  # fmt: skip


@router.post("/audit/{force}/day")
def choose_day(force: str, *, visitor: Posted, on: Annotated[str, Form()] = "") -> Response:
    """Lead from the form to the day; one that is no date leads to today."""
    try:
        day = date.fromisoformat(on)
    except ValueError:
        day = london_date(visitor.now)
    return RedirectResponse(f"/audit/{force}/days/{day}", 303)


@router.get("/audit/{force}/days/{on}")
def day_page(
    request: Request, force: str, on: date, *, visitor: SignedIn, session: Write, wiring: Wired,
    first: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:  # fmt: skip
    found = auditing.read_day(
        session, visitor.acting, wiring.chain, force=force, on=on, first=first
    )
    day = timedelta(days=1)
    return page(
        request, "audit_day.html", visitor=visitor, title="Audit trail of a day", found=found,
        force=force, on=on, before=on - day, after=on + day, today=london_date(visitor.now),
        words=code_words,
    )  # fmt: skip


@router.get("/audit/{force}/people/{account_id}")
def person_page(
    request: Request, force: str, account_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    found = auditing.read_person(session, visitor.acting, force=force, account_id=account_id)
    return page(
        request, "audit_person.html", visitor=visitor, title="What one person did", found=found,
        force=force, words=code_words,
    )  # fmt: skip


@router.get("/audit/{force}/unusual/{on}")
def unusual_page(
    request: Request, force: str, on: date, visitor: SignedIn, session: Write
) -> Response:
    found = unusual.unusual(session, visitor.acting, force=force, on=on)
    week = timedelta(days=7)
    return page(
        request, "audit_unusual.html", visitor=visitor, title="Unusual looks", found=found,
        force=force, ends=found.begins + week - timedelta(days=1), before=found.begins - week,
        after=found.begins + week, today=london_date(visitor.now), words=code_words,
        signs=UNUSUAL_SIGNS, rules=rules,
    )  # fmt: skip


@router.post("/audit/{force}/messages")
def messages_press(
    request: Request, force: str, *, visitor: Posted, session: Write,
    reference: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Show the messages about an incident: by POST, as a reference is nothing for an address."""
    found = auditing.find_messages(session, visitor.acting, force=force, reference=reference)
    return page(
        request, "audit_messages.html", visitor=visitor, title="Messages about an incident",
        found=found, force=force,
    )  # fmt: skip
