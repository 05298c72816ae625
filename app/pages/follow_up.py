"""Follow-up: what the school did, chosen from a short list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import opening
from app.casework.following_up import record_follow_up
from app.core.errors import Invalid
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.wording import FOLLOW_UPS
from notifications.states import FollowUpCode

router = APIRouter(route_class=PageRoute)


@router.get("/notifications/{notification_id}/follow-up")
def follow_up_page(
    request: Request, notification_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    found = opening.look(session, visitor.acting, notification_id=notification_id)
    if found.shown is not opening.Shown.CONTENT:
        return RedirectResponse(f"/notifications/{notification_id}", 303)
    return _form(request, visitor, found)


@router.post("/notifications/{notification_id}/follow-up")
def follow_up_press(
    request: Request,
    notification_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    codes: Annotated[list[FollowUpCode] | None, Form()] = None,
) -> Response:
    try:
        record_follow_up(
            session, visitor.acting, notification_id=notification_id, codes=codes or []
        )
    except Invalid as problem:
        found = opening.look(session, visitor.acting, notification_id=notification_id)
        return _form(request, visitor, found, chosen=codes or [], errors=messages(problem.errors))
    return RedirectResponse(f"/notifications/{notification_id}", 303)


def _form(
    request: Request,
    visitor: Visitor,
    found: opening.Opening,
    *,
    chosen: list[FollowUpCode] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    return page(
        request, "follow_up.html", visitor=visitor, status=400 if errors else 200,
        title="What has the school done?", opening=found, choices=FOLLOW_UPS,
        chosen=chosen or [], errors=errors or {},
    )  # fmt: skip
