"""The morning board and the call sheet: who is told, who is not, and the calls that change it."""

from collections.abc import Collection, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.access.permissions import Action, may_at_all
from app.casework import calling, live, morning, open_matters, recalling_many, releasing
from app.casework.calling_on_paper import told_from_paper
from app.casework.passing_on import pass_call_on
from app.core.clock import london_date
from app.core.errors import Invalid
from app.pages import wording
from app.pages.dates import today_at
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page
from notifications import rendered

router = APIRouter(route_class=PageRoute)


@router.get("/morning")
def board_page(request: Request, visitor: SignedIn, session: Write, paused: str = "") -> Response:
    boards = morning.live_boards(session, visitor.acting)
    sheets = {
        board.force: calling.sheet(session, visitor.acting, force=board.force) for board in boards
    }
    protected = {
        board.force: tuple(releasing.waiting(session, visitor.acting, force=board.force))
        for board in boards
    }
    return page(
        request, "morning.html", visitor=visitor, title="This morning", paused=bool(paused),
        parts=[
            wording.BoardPart(board, tuple(sheets[board.force]), protected[board.force])
            for board in boards
        ],
        open_counts={
            board.force: open_matters.counted(session, visitor.acting, force=board.force)
            for board in boards
        },
        asked_counts={
            board.force: recalling_many.waiting_for(session, visitor.acting, force=board.force)
            for board in boards
        },
        marker=live.marker(session, visitor.acting),
        may_call=may_at_all(visitor.actor, Action.CLAIM_CALL), now=visitor.now,
        today=london_date(visitor.now),
    )  # fmt: skip


@router.post("/morning/calls/{line_id}/claim")
def claim_press(line_id: UUID, visitor: Posted, session: Write) -> Response:
    calling.claim(session, visitor.acting, line_id=line_id)
    return RedirectResponse(f"/morning/calls/{line_id}", 303)


@router.get("/morning/calls/{line_id}")
def call_page(request: Request, line_id: UUID, visitor: SignedIn, session: Write) -> Response:
    call = calling.call(session, visitor.acting, line_id=line_id)
    return _call(request, visitor, call)


@router.post("/morning/calls/{line_id}/pass")
def pass_press(line_id: UUID, visitor: Posted, session: Write) -> Response:
    pass_call_on(session, visitor.acting, line_id=line_id)
    return RedirectResponse("/morning", 303)


@router.post("/morning/calls/{line_id}/content")
def content_press(
    request: Request, line_id: UUID, *, visitor: Posted, session: Write,
    untied: Annotated[str, Form()] = "", known_by: Annotated[str, Form(max_length=20)] = "",
) -> Response:  # fmt: skip
    call, content = calling.show_content(
        session, visitor.acting, line_id=line_id, untied=untied == "yes",
        known_by=wording.KNOWN_BY.get(known_by),
    )  # fmt: skip
    shown = rendered.shown(content, today=london_date(visitor.now))
    return _call(request, visitor, call, shown=shown, changed=content.changed)


@router.post("/morning/calls/{line_id}/record")
def record_press(
    request: Request,
    line_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    result: Annotated[str, Form()] = "",
) -> Response:
    chosen = wording.CALL_RESULTS.get(result)
    if chosen is None:
        call = calling.call(session, visitor.acting, line_id=line_id)
        return _call(request, visitor, call, error="Choose what came of the call")
    calling.record_call(
        session, visitor.acting, line_id=line_id, result=chosen.result,
        recipient_trained=chosen.recipient_trained,
    )  # fmt: skip
    return RedirectResponse("/morning", 303)


@router.post("/morning/calls/{line_id}/told-from-paper")
def paper_press(
    request: Request, line_id: UUID, *, visitor: Posted, session: Write,
    told_time: Annotated[str, Form(max_length=20)] = "",
    told_whom: Annotated[str, Form(max_length=20)] = "",
    untied: Annotated[str, Form(max_length=3)] = "",
) -> Response:  # fmt: skip
    chosen = wording.TOLD_FROM_PAPER.get(told_whom)
    wrong = {} if chosen else {"told_whom": "Choose whom you told"}
    typed = {"told_time": told_time, "told_whom": told_whom, "untied": untied}
    if chosen is not None:
        try:
            told_from_paper(
                session, visitor.acting, line_id=line_id, told_at=today_at(told_time, visitor.now),
                recipient_trained=chosen.recipient_trained, untied=untied == "yes",
            )  # fmt: skip
        except Invalid as problem:
            wrong = messages(problem.errors)
    if wrong:
        call = calling.call(session, visitor.acting, line_id=line_id)
        return _call(request, visitor, call, typed=typed, paper=wrong)
    return RedirectResponse("/morning", 303)


def _call(
    request: Request,
    visitor: Visitor,
    call: calling.Call,
    *,
    shown: rendered.Notice | None = None,
    error: str = "",
    changed: Collection[str] = (),
    typed: Mapping[str, str] | None = None,
    paper: Mapping[str, str] | None = None,
) -> Response:
    wrong = {**({"result": error} if error else {}), **(paper or {})}
    return page(
        request, "call.html", visitor=visitor, status=400 if wrong else 200, title="Make the call",
        call=call, shown=shown, errors=wrong, choices=wording.CALL_RESULTS,
        from_paper=wording.TOLD_FROM_PAPER, typed=typed or {}, now=visitor.now, changed=changed,
    )  # fmt: skip
