"""The force lead's lists: quality, decisions not to tell, patterns, fairness, recipients."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import lead_lists
from app.core.clock import london_date
from app.core.errors import FieldError, Invalid
from app.pages.codes import CHANGE_REASONS, DECISIONS, PATTERNS, WARNINGS
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)


@router.get("/reports/quality/{force}/{on}")
def quality_page(
    request: Request, force: str, on: date, visitor: SignedIn, session: Write
) -> Response:
    found = lead_lists.see_quality(session, visitor.acting, force=force, on=on)
    return page(
        request, "report_quality.html", visitor=visitor, title="Quality of records", found=found,
        warnings=WARNINGS, **_days(visitor, on),
    )  # fmt: skip


@router.get("/reports/decisions/{force}/{on}")
def decisions_page(
    request: Request, force: str, on: date, visitor: SignedIn, session: Write
) -> Response:
    rows = lead_lists.see_decisions(session, visitor.acting, force=force, on=on)
    return page(
        request, "report_decisions.html", visitor=visitor, title="Decisions not to tell",
        rows=rows, force=force, kinds=DECISIONS, **_days(visitor, on),
    )  # fmt: skip


@router.get("/reports/fairness/{force}/{on}")
def fairness_page(
    request: Request, force: str, on: date, visitor: SignedIn, session: Write
) -> Response:
    found = lead_lists.see_fairness(session, visitor.acting, force=force, on=on)
    return page(
        request, "report_fairness.html", visitor=visitor, title="Fairness by area", found=found,
        **_days(visitor, on),
    )  # fmt: skip


@router.get("/reports/patterns/{force}")
def patterns_page(request: Request, force: str, visitor: SignedIn, session: Write) -> Response:
    found = lead_lists.see_patterns(session, visitor.acting, force=force)
    return page(
        request, "report_patterns.html", visitor=visitor, title="Patterns", found=found,
        words=PATTERNS,
    )  # fmt: skip


@router.post("/reports/patterns/{pattern_id}/decide")
def decide_press(
    pattern_id: UUID, *, visitor: Posted, session: Write, verdict: Annotated[str, Form()] = ""
) -> Response:
    if verdict not in {"confirmed", "dismissed"}:
        problem = "Choose whether this is one person"
        raise Invalid(problem, [FieldError("verdict", "missing", problem)])
    force = lead_lists.decide_pattern(
        session, visitor.acting, pattern_id=pattern_id, confirmed=verdict == "confirmed"
    )
    return RedirectResponse(f"/reports/patterns/{force}", 303)


@router.get("/reports/recipients/{force}")
def recipients_page(request: Request, force: str, visitor: SignedIn, session: Write) -> Response:
    rows = lead_lists.see_recipient_changes(session, visitor.acting, force=force)
    return page(
        request, "report_recipients.html", visitor=visitor, title="Recipients changed",
        rows=rows, force=force, why=CHANGE_REASONS,
    )  # fmt: skip


def _days(visitor: Visitor, on: date) -> dict[str, Any]:
    day = timedelta(days=1)
    return {"on": on, "before": on - day, "after": on + day, "today": london_date(visitor.now)}
