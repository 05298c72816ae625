"""Long reports as files: asking for one, the list of one's own, and taking one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.access.permissions import Action
from app.casework import report_files, timeliness
from app.core.errors import NotFound
from app.pages import timeliness_words as words
from app.pages.deps import Posted, Proved, SignedIn, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.timeliness import FILES, XLSX, Code, Typed, days_of_file, download
from app.reports.timeliness import Kind, Whose
from notifications.report_exports import ExportKind, ExportState, WhyFailed

router = APIRouter(route_class=PageRoute)
Text = Annotated[str, Form(max_length=60)]

WHAT = {ExportKind.LATE: "What was late, as CSV", ExportKind.WORKBOOK: "All of it as a workbook"}
WHY_FAILED = {
    WhyFailed.RIGHT_ENDED: "You no longer led this force or council when it was made.",
    WhyFailed.TOO_LONG: "It took too long. Ask for fewer days.",
    WhyFailed.NOT_MADE: "Something went wrong three times. Tell whoever runs the service.",
}
_TYPES = {ExportKind.LATE: ("csv", "text/csv; charset=utf-8"), ExportKind.WORKBOOK: ("xlsx", XLSX)}


@router.get(FILES)
def files_page(
    request: Request, visitor: SignedIn, session: Write, *, what: Code = "", kind: Code = "",
    code: Code = "", first: Typed = "", last: Typed = "",
) -> Response:  # fmt: skip
    files = report_files.own(session, visitor.acting)
    offer = None
    if what in set(ExportKind) and kind in set(Kind):
        whose = Whose(Kind(kind), code)
        timeliness.let_in(session, visitor.acting, whose, Action.EXPORT_REPORTS)
        period = days_of_file(visitor, first, last)
        offer = {"what": ExportKind(what), "whose": whose, "period": period,
                 "name": timeliness.name_of(session, whose)}  # fmt: skip
    lines = [
        {
            "id": one.id, "what": WHAT[one.kind], "asked_at": one.asked_at,
            "days": words.span(report_files.period_of(one)),
            "name": timeliness.name_of(session, report_files.whose_of(one)),
            "waits": one.state in {ExportState.WAITING, ExportState.MAKING},
            "ready": report_files.may_take(one, now=visitor.now), "expires_at": one.expires_at,
            "failed": WHY_FAILED[one.failed_code] if one.failed_code else "", "rows": one.rows,
        }
        for one in files
    ]  # fmt: skip
    return page(
        request, "report_files.html", visitor=visitor, title="Long reports as files", lines=lines,
        offer=offer, what_words=WHAT, span=words.span, here=FILES,
    )  # fmt: skip


@router.post(FILES)
def ask_press(
    visitor: Posted, session: Write, *, what: Text = "", kind: Text = "", code: Text = "",
    first: Text = "", last: Text = "",
) -> Response:  # fmt: skip
    if what not in set(ExportKind) or kind not in set(Kind):
        raise NotFound("There is nothing here for you.")
    report_files.ask(
        session, visitor.acting, Whose(Kind(kind), code), kind=ExportKind(what),
        period=days_of_file(visitor, first, last),
    )  # fmt: skip
    return RedirectResponse(FILES, 303)


@router.get(f"{FILES}/{{export_id}}/file")
def take_file(export_id: UUID, visitor: Proved, session: Write) -> Response:
    taken = report_files.take(session, visitor.acting, export_id)
    ending, media_type = _TYPES[taken.kind]
    name = f"{taken.kind.value}-{taken.period.first}-{taken.period.last}.{ending}"
    return download(taken.content, name, media_type)
