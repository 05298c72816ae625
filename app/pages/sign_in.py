"""Signing in with a passkey, or with a password and an authenticator code, and signing out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.access import passkey_answers, passwords, sessions, sign_in
from app.access.browsers import Place
from app.access.ceremonies import Ceremony
from app.access.passkey_answers import Site, site_of
from app.casework import signing_in
from app.casework.desks import desks
from app.core.errors import NotFound, TooMany
from app.core.ids import new_secret
from app.pages import cookies, forms
from app.pages.deps import Posted, Read, SignedIn, Wired, Write, posted_by_visitor
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.translating import Filled
from app.wiring import Wiring

router = APIRouter(route_class=PageRoute)

# What an authenticator answers is a few hundred bytes; some send their certificates along.
LONGEST_ANSWER = 16 * 1024


@router.get("/")
def home(visitor: SignedIn) -> Response:
    return RedirectResponse(visitor.links[0].href, 303)


@router.get("/sign-in")
def sign_in_page(request: Request, session: Read, wiring: Wired) -> Response:
    token = request.cookies.get(cookies.session_name(wiring.settings))
    if sessions.is_alive(session, token, now=wiring.clock.now()):
        return RedirectResponse("/", 303)
    return form(request, wiring, session, signed_out=token is not None)


@router.post("/sign-in", dependencies=[Depends(posted_by_visitor)])
def sign_in_press(
    request: Request,
    wiring: Wired,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    place, cookie = browser_here(request, wiring)
    try:
        found = _check(wiring, place, email=email, password=password, code=code)
    except TooMany as locked:
        return again(request, wiring, email=email, problem=locked.detail, status=429)
    if found is None:
        return again(request, wiring, email=email, problem=sign_in.REFUSAL, status=401)
    if isinstance(found, signing_in.BrowserWaits):
        return waits(request, wiring, found, place, cookie)
    return let_in(wiring, found, cookie)


@router.post("/sign-in/passkey/options", dependencies=[Depends(posted_by_visitor)])
def passkey_options_press(request: Request, session: Write, wiring: Wired) -> Response:
    """Return what a browser needs to ask for a passkey, as the script of the page reads it."""
    site, (place, cookie) = site_here(wiring), browser_here(request, wiring)
    options = passkey_answers.ask(
        session, site, place, Ceremony.SIGN_IN, account_id=None, now=wiring.clock.now()
    )
    answer = Response(options, media_type="application/json")
    cookies.put_browser(answer, cookie, settings=wiring.settings)
    return answer


@router.post("/sign-in/passkey", dependencies=[Depends(posted_by_visitor)])
def passkey_press(
    request: Request,
    wiring: Wired,
    answer: Annotated[str, Form(max_length=LONGEST_ANSWER)] = "",
) -> Response:
    site, (place, cookie) = site_here(wiring), browser_here(request, wiring)
    try:
        with wiring.database.write() as session:
            token = signing_in.sign_in_by_passkey(
                session, wiring.cipher, site, place, answer=answer, now=wiring.clock.now()
            )
    except TooMany as locked:
        return again(request, wiring, problem=locked.detail, status=429)
    if token is None:
        return again(request, wiring, problem=sign_in.PASSKEY_REFUSAL, status=401)
    return let_in(wiring, token, cookie)


@router.post("/sign-out")
def sign_out_press(visitor: Posted, session: Write, wiring: Wired) -> Response:
    signing_in.sign_out(session, visitor.sign_in, now=visitor.now)
    answer = RedirectResponse("/sign-in", 303)
    # Not "cookies": the browser's own, which lets nobody in, is how it is known again.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    cookies.drop(answer, cookies.session_name(wiring.settings), settings=wiring.settings)
    return answer


def let_in(wiring: Wiring, token: str, browser: str, *, to: str = "/") -> Response:
    """Send a person who has just proved who they are to their first page, with the cookies."""
    answer = RedirectResponse(to, 303)
    cookies.put(answer, cookies.session_name(wiring.settings), token, settings=wiring.settings)
    cookies.put_browser(answer, browser, settings=wiring.settings)
    cookies.drop(answer, cookies.form_name(wiring.settings), settings=wiring.settings)
    return answer


def site_here(wiring: Wiring) -> Site:
    """Return what passkeys of this installation are tied to; raise `NotFound` where it has none."""
    site = site_of(wiring.settings.base_url)
    if site is None:
        raise NotFound("Passkeys need a host with a name.")
    return site


def browser_here(request: Request, wiring: Wiring) -> tuple[Place, str]:
    """Return where a post comes from, with the cookie to set again."""
    return cookies.browser_of(request, wiring.settings, wiring.cipher)


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


def _check(
    wiring: Wiring, place: Place, *, email: str, password: str, code: str
) -> str | signing_in.BrowserWaits | None:
    """Return a session token, or why not; the slow hash runs while no transaction is open."""
    now = wiring.clock.now()
    with wiring.database.read() as session:
        attempt = sign_in.look_up(session, wiring.cipher, email=email, place=place, now=now)
    matched = passwords.matches(password, attempt.password_hash)
    with wiring.database.write() as session:
        return signing_in.sign_in_person(
            session, wiring.cipher, attempt, matched=matched, code=code, now=now
        )


def waits(
    request: Request, wiring: Wiring, found: signing_in.BrowserWaits, place: Place, cookie: str
) -> Response:
    """Say that this browser has to be let in first, and keep it known as the one that asked."""
    answer = page(
        request, "browser_waits.html", status=found.status, title=found.title,
        browser=place.browser, origin=forms.origin_of(wiring.settings),
    )  # fmt: skip
    cookies.put_browser(answer, cookie, settings=wiring.settings)
    return answer


def again(
    request: Request, wiring: Wiring, *, problem: str | Filled, status: int, email: str = ""
) -> Response:
    """Return the page to sign in once more, with what was wrong."""
    with wiring.database.read() as session:
        return form(request, wiring, session, email=email, problem=problem, status=status)


def form(
    request: Request,
    wiring: Wiring,
    session: Session,
    *,
    email: str = "",
    problem: str | Filled | None = None,
    signed_out: bool = False,
    status: int = 200,
) -> Response:
    """Return the page to sign in, tied to this browser."""
    return with_form_token(
        request, wiring, "sign_in.html", status=status, title="Sign in", email=email,
        problem=problem, signed_out=signed_out, desks=desks(session, now=wiring.clock.now()),
        passkeys=site_of(wiring.settings.base_url) is not None,
        provider=wiring.identity_provider,
    )  # fmt: skip
