"""Changing one's own password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import own_password
from app.core.errors import TooMany
from app.pages.deps import OWN_ACCESS, Proved, ProvedPost, Visitor, Wired, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)
Typed = Annotated[str, Form(max_length=1024)]


@router.get("/account/password")
def password_page(request: Request, visitor: Proved) -> Response:
    return _page(request, visitor)


@router.post("/account/password")
def password_press(
    request: Request, *, visitor: ProvedPost, session: Write, wiring: Wired, old: Typed = "",
    password: Typed = "", repeated: Typed = "",
) -> Response:  # fmt: skip
    try:
        problems = own_password.change(
            session, visitor.acting, visitor.sign_in, old=old, password=password,
            repeated=repeated, breached=wiring.settings.breached_passwords_file,
        )  # fmt: skip
    except TooMany as locked:
        return _page(request, visitor, errors={"old": locked.detail})
    if problems:
        return _page(request, visitor, errors=messages(problems))
    return RedirectResponse(OWN_ACCESS, 303)


def _page(request: Request, visitor: Visitor, errors: dict[str, str] | None = None) -> Response:
    return page(
        request, "password.html", visitor=visitor, status=400 if errors else 200,
        title="Change your password", errors=errors or {},
    )  # fmt: skip
