"""Signing in with a password and an authenticator code, and signing out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.access import passwords, sessions, sign_in
from app.casework import signing_in
from app.core.errors import TooMany
from app.core.ids import new_secret
from app.pages import cookies, forms
from app.pages.deps import Posted, Read, SignedIn, Wired, Write, posted_by_visitor
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.wiring import Wiring

router = APIRouter(route_class=PageRoute)


@router.get("/")
def home(visitor: SignedIn) -> Response:
    return RedirectResponse(visitor.links[0].href, 303)


@router.get("/sign-in")
def sign_in_page(request: Request, session: Read, wiring: Wired) -> Response:
    token = request.cookies.get(cookies.session_name(wiring.settings))
    if sessions.is_alive(session, token, now=wiring.clock.now()):
        return RedirectResponse("/", 303)
    return _form(request, wiring, signed_out=token is not None)


@router.post("/sign-in", dependencies=[Depends(posted_by_visitor)])
def sign_in_press(
    request: Request,
    wiring: Wired,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    try:
        token = _check(request, wiring, email=email, password=password, code=code)
    except TooMany as locked:
        return _form(request, wiring, email=email, problem=locked.detail, status=429)
    if token is None:
        return _form(request, wiring, email=email, problem=sign_in.REFUSAL, status=401)
    return let_in(wiring, token)


@router.post("/sign-out")
def sign_out_press(visitor: Posted, session: Write, wiring: Wired) -> Response:
    signing_in.sign_out(session, visitor.sign_in, now=visitor.now)
    answer = RedirectResponse("/sign-in", 303)
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    cookies.drop(answer, cookies.session_name(wiring.settings), settings=wiring.settings)
    return answer


def let_in(wiring: Wiring, token: str) -> Response:
    """Send a person who has just proved who they are to their first page, with the cookie."""
    answer = RedirectResponse("/", 303)
    cookies.put(answer, cookies.session_name(wiring.settings), token, settings=wiring.settings)
    cookies.drop(answer, cookies.form_name(wiring.settings), settings=wiring.settings)
    return answer


def with_form_token(
    request: Request, wiring: Wiring, template: str, *, status: int = 200, **values: Any
) -> Response:
    """Return a page with a form for somebody not signed in, tied to this browser."""
    name = cookies.form_name(wiring.settings)
    cookie = request.cookies.get(name) or new_secret()
    token = forms.visitor_token(wiring.cipher, cookie)
    answer = page(request, template, status=status, form_token=token, **values)
    cookies.put(answer, name, cookie, settings=wiring.settings)
    return answer


def _check(request: Request, wiring: Wiring, *, email: str, password: str, code: str) -> str | None:
    """Return a session token, or `None`; the slow hash runs while no transaction is open."""
    now = wiring.clock.now()
    address = request.client.host if request.client else "unknown"
    with wiring.database.read() as session:
        attempt = sign_in.look_up(session, wiring.cipher, email=email, address=address, now=now)
    matched = passwords.matches(password, attempt.password_hash)
    with wiring.database.write() as session:
        return signing_in.sign_in_person(
            session, wiring.cipher, attempt, matched=matched, code=code, now=now
        )


def _form(
    request: Request,
    wiring: Wiring,
    *,
    email: str = "",
    problem: str | None = None,
    signed_out: bool = False,
    status: int = 200,
) -> Response:
    return with_form_token(
        request, wiring, "sign_in.html", status=status, title="Sign in", email=email,
        problem=problem, signed_out=signed_out,
    )  # fmt: skip
