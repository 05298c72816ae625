"""The release of a protected child: one desk person names who is told, somebody else confirms."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.access.permissions import Action, may_at_all
from app.casework import releasing
from app.core.errors import Conflict
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)
# The choice of a form for the head, who has no entry among the key adults.
HEAD = "head"
WHY = {
    releasing.WhySafe.SOCIAL_CARE_AGREES.value: "Children’s social care agrees",
    releasing.WhySafe.HEAD_AGREES.value: "The head agrees, and was rung on the register’s number",
    releasing.WhySafe.KNOWS_ALREADY.value: "Keeps this child’s place secret already",
    releasing.WhySafe.NO_TIE_KNOWN.value: "No tie to the family is known",
}


@router.get("/morning/releases/{notification_id}")
def release_page(
    request: Request, notification_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    found = releasing.case(session, visitor.acting, notification_id=notification_id)
    return _page(request, visitor, found)


@router.post("/morning/releases/{notification_id}/claim")
def claim_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    releasing.claim(session, visitor.acting, notification_id=notification_id)
    return RedirectResponse(f"/morning/releases/{notification_id}", 303)


@router.post("/morning/releases/{notification_id}/give-back")
def give_back_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    releasing.leave(session, visitor.acting, notification_id=notification_id)
    return RedirectResponse("/morning", 303)


@router.post("/morning/releases/{notification_id}/propose")
def propose_press(
    request: Request,
    notification_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    person: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    found = releasing.case(session, visitor.acting, notification_id=notification_id)
    chosen = {str(one.id): one.id for one in found.people}
    errors = {}
    if person != HEAD and person not in chosen:
        errors["person"] = "Choose whom the child is released to"
    if reason not in WHY:
        errors["reason"] = "Say why this person is safe"
    if errors and found.mine:
        return _page(request, visitor, found, errors=errors, chosen=person, reason=reason)
    if errors:
        raise Conflict("Take this child first: load the page again.")
    releasing.propose(
        session, visitor.acting, notification_id=notification_id, person_id=chosen.get(person),
        reason=releasing.WhySafe(reason),
    )  # fmt: skip
    return RedirectResponse("/morning", 303)


@router.post("/morning/releases/{notification_id}/confirm")
def confirm_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    releasing.answer(session, visitor.acting, notification_id=notification_id, confirms=True)
    return RedirectResponse("/morning", 303)


@router.post("/morning/releases/{notification_id}/refuse")
def refuse_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    releasing.answer(session, visitor.acting, notification_id=notification_id, confirms=False)
    return RedirectResponse("/morning", 303)


def _page(
    request: Request,
    visitor: Visitor,
    found: releasing.Case,
    *,
    errors: dict[str, str] | None = None,
    chosen: str = "",
    reason: str = "",
) -> Response:
    return page(
        request, "release.html", visitor=visitor, status=400 if errors else 200,
        title="Release a protected child", case=found, line=found.waiting, errors=errors or {},
        chosen=chosen, reason=reason, why=WHY, now=visitor.now,
        may_propose=may_at_all(visitor.actor, Action.PROPOSE_RELEASE),
    )  # fmt: skip
