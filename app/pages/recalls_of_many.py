"""Taking many messages back: one person asks, and a second one of the force agrees."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import recalling_many
from app.casework.recalling import RecallReason
from app.casework.recalling_many import Since
from app.core.errors import Invalid
from app.pages import after_words
from app.pages.deps import Posted, Proved, ProvedPost, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)
HERE = "/morning/recalls-of-many"
Text = Annotated[str, Form()]
SINCE = {
    Since.TODAY.value: "Today",
    Since.WEEK.value: "In the last 7 days",
    Since.MONTH.value: "In the last 30 days",
}
ALL = "all"


@router.get(HERE)
def many_page(request: Request, visitor: Proved, session: Write) -> Response:
    return _page(request, visitor, session)


@router.post(HERE)
def ask_press(
    request: Request, *, visitor: ProvedPost, session: Write, force: Text = "",
    recipient: Text = "", since: Text = "", reason: Text = "",
) -> Response:  # fmt: skip
    errors = {}
    if not recipient:
        errors["recipient"] = "Say to whom they were sent"
    if since not in SINCE:
        errors["since"] = "Say since when"
    if reason not in set(RecallReason):
        errors["reason"] = "Say why they are taken back"
    if not errors:
        try:
            recalling_many.ask(
                session, visitor.acting, force=force, since=Since(since),
                recipient="" if recipient == ALL else recipient, reason=RecallReason(reason),
            )  # fmt: skip
        except Invalid as wrong:
            errors = {one.loc: one.message for one in wrong.errors}
    if errors:
        typed = {"force": force, "recipient": recipient, "since": since, "reason": reason}
        return _page(request, visitor, session, errors=errors, typed=typed)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{many_id}}/agree")
def agree_press(many_id: UUID, visitor: ProvedPost, session: Write) -> Response:
    recalling_many.answer(session, visitor.acting, ident=many_id, agrees=True)
    return RedirectResponse("/morning/open", 303)


@router.post(f"{HERE}/{{many_id}}/leave")
def leave_press(many_id: UUID, visitor: Posted, session: Write) -> Response:
    recalling_many.answer(session, visitor.acting, ident=many_id, agrees=False)
    return RedirectResponse(HERE, 303)


def _page(
    request: Request, visitor: Visitor, session: Write, *, errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    return page(
        request, "recalls_of_many.html", visitor=visitor, status=400 if errors else 200,
        title="Take many messages back", parts=recalling_many.look(session, visitor.acting),
        errors=errors or {}, typed=typed or {}, since=SINCE, reasons=after_words.RECALL_REASONS,
        all_of_them=ALL,
    )  # fmt: skip
