"""A new link for a key adult who cannot get in any more, from whoever approves key adults."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import locked_out
from app.core.errors import Invalid
from app.pages.deps import Proved, ProvedPost, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)


@router.get("/register/key-adults/{key_adult_id}/new-link")
def new_link_page(
    request: Request, key_adult_id: UUID, visitor: Proved, session: Write
) -> Response:
    asked = locked_out.locked_out(session, visitor.acting, key_adult_id=key_adult_id)
    return _page(request, visitor, asked)


@router.post("/register/key-adults/{key_adult_id}/new-link")
def new_link_press(
    request: Request,
    key_adult_id: UUID,
    *,
    visitor: ProvedPost,
    session: Write,
    made_sure: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    asked = locked_out.locked_out(session, visitor.acting, key_adult_id=key_adult_id)
    try:
        locked_out.send_new_link(
            session, visitor.acting, key_adult_id=key_adult_id, made_sure=made_sure == "yes"
        )
    except Invalid as problem:
        return _page(request, visitor, asked, errors=messages(problem.errors))
    return RedirectResponse(f"/register/schools/{asked.urn}/key-adults", 303)


def _page(
    request: Request,
    visitor: Visitor,
    asked: locked_out.LockedOut,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    return page(
        request, "new_link.html", visitor=visitor, status=400 if errors else 200,
        title="Send a new link", asked=asked, errors=errors or {},
    )  # fmt: skip
