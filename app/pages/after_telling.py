"""What a key adult does after opening: attendance, changes, taking it to the school's own file."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import amendments, attending, exporting, recalling, watching
from app.casework.acting import reach_of
from app.core.clock import london_date
from app.core.errors import NotFoundAndNoted
from app.pages import school_file
from app.pages.deps import Posted, ProvedPost, Read, SignedIn, Watching, Wired, Write
from app.pages.problems import PageRoute
from app.pages.rendering import language_for, page
from notifications import rendered
from notifications.receipt_states import AttendanceAnswer
from notifications.states import ReceiptKind

router = APIRouter(route_class=PageRoute)
Count = Annotated[int, Path(ge=0, le=2_000_000_000)]
_FILES = {
    "csv": ("csv", "text/csv; charset=utf-8", school_file.as_csv),
    "json": ("json", "application/json", school_file.as_json),
}


@router.get("/notifications/{notification_id}/still-shown/{version}/{incidents}")
def still_shown(
    notification_id: UUID, version: Count, incidents: Count, *, acting: Watching, session: Read,
    wiring: Wired,
) -> Response:  # fmt: skip
    on_screen = watching.OnScreen(version, incidents)
    try:
        watching.still_shown(session, acting, notification_id=notification_id, on_screen=on_screen)
    except NotFoundAndNoted:
        with wiring.database.write(reach_of(acting.actor)) as noting:
            watching.note_connected(noting, acting, notification_id=notification_id)
        raise
    return Response(status_code=204)


@router.get("/morning/calls/{line_id}/still-shown/{version}/{incidents}")
def still_read_out(
    line_id: UUID, version: Count, incidents: Count, acting: Watching, session: Read
) -> Response:
    on_screen = watching.OnScreen(version, incidents)
    watching.still_read_out(session, acting, line_id=line_id, on_screen=on_screen)
    return Response(status_code=204)


@router.get("/notifications/{notification_id}/covered")
def covered_page(request: Request, notification_id: UUID, visitor: SignedIn) -> Response:
    return page(
        request, "covered.html", visitor=visitor, title="Covered", notification_id=notification_id
    )


@router.post("/notifications/{notification_id}/attendance")
def attendance_press(
    notification_id: UUID, *, visitor: Posted, session: Write, answer: Annotated[str, Form()] = ""
) -> Response:
    if answer in set(AttendanceAnswer):
        attending.answer(
            session, visitor.acting, notification_id=notification_id, said=AttendanceAnswer(answer)
        )
    return RedirectResponse(f"/notifications/{notification_id}#attendance", 303)


@router.post("/notifications/{notification_id}/changes-read")
def changes_read_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    amendments.read_changes(session, visitor.acting, notification_id=notification_id)
    return RedirectResponse(f"/notifications/{notification_id}", 303)


@router.post("/notifications/{notification_id}/destroyed")
def destroyed_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    recalling.destroy(session, visitor.acting, notification_id=notification_id)
    return RedirectResponse("/inbox", 303)


@router.post("/notifications/{notification_id}/export")
def export_press(
    notification_id: UUID, *, visitor: ProvedPost, session: Write, kind: Annotated[str, Form()] = ""
) -> Response:
    _, content = exporting.take_away(
        session, visitor.acting, notification_id=notification_id, how=ReceiptKind.EXPORTED
    )
    ending, media, written = _FILES.get(kind, _FILES["csv"])
    name = f"message-{notification_id.hex[:8]}.{ending}"
    return Response(
        written(content, now=visitor.now), media_type=media,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


@router.post("/notifications/{notification_id}/print")
def print_press(
    request: Request, notification_id: UUID, visitor: ProvedPost, session: Write
) -> Response:
    notification, content = exporting.take_away(
        session, visitor.acting, notification_id=notification_id, how=ReceiptKind.PRINTED
    )
    today, said_in = london_date(visitor.now), rendered.spoken(content, language_for(request))
    return page(
        request, "print.html", visitor=visitor, title="For the child-protection file",
        shown=rendered.shown(content, today=today, language=said_in), said_in=said_in,
        note=notification, now=visitor.now,
    )  # fmt: skip
