"""The morning report of a force and date: as a page and as CSV."""

from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.access.permissions import Action, Role, may_at_all
from app.casework import morning
from app.core.clock import london_date
from app.core.errors import NotFound
from app.pages.deps import Proved, SignedIn, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)


@router.get("/reports")
def newest_report(visitor: SignedIn) -> Response:
    force = min(visitor.actor.forces(Role.LEAD), default=None)
    council = min(visitor.actor.councils(Role.LEAD), default=None)
    if force is None and council is not None:
        return RedirectResponse(f"/reports/timeliness/council/{council}", 303)
    if force is None and may_at_all(visitor.actor, Action.SEE_NATIONAL):
        return RedirectResponse("/reports/national", 303)
    if force is None:
        raise NotFound("There is nothing here for you.")
    return RedirectResponse(f"/reports/morning/{force}/{london_date(visitor.now)}", 303)


@router.get("/reports/morning/{force}/{on}.csv")
def report_csv(force: str, on: date, visitor: Proved, session: Write) -> Response:
    text = morning.export(session, visitor.acting, force=force, on=on)
    disposition = f'attachment; filename="morning-{on}.csv"'
    return Response(
        text, media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )  # fmt: skip


@router.get("/reports/morning/{force}/{on}")
def report_page(
    request: Request, force: str, on: date, visitor: SignedIn, session: Write
) -> Response:
    board = morning.report(session, visitor.acting, force=force, on=on)
    return page(
        request, "report.html", visitor=visitor, title="Morning report", board=board,
        before=on - timedelta(days=1), after=on + timedelta(days=1),
        today=london_date(visitor.now),
    )  # fmt: skip
