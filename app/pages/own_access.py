"""The ways into one's own account: passkeys, browsers, where one is signed in, and proving it."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.access import sessions, sign_in
from app.access.passkey_answers import site_of
from app.access.sessions import TimeLeft
from app.casework import own_access
from app.core.errors import Invalid, TooMany
from app.pages import cookies
from app.pages.deps import (
    OWN_ACCESS,
    Posted,
    Proved,
    ProvedPost,
    Read,
    SignedIn,
    Visitor,
    Wired,
    Write,
    watching,
)
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.sign_in import LONGEST_ANSWER, browser_here, site_here
from app.wiring import Wiring

router = APIRouter(route_class=PageRoute)
_OURS = re.compile(r"(/[A-Za-z0-9-]+)+")

Answer = Annotated[str, Form(max_length=LONGEST_ANSWER)]


@router.get(OWN_ACCESS)
def access_page(request: Request, visitor: SignedIn, session: Write, wiring: Wired) -> Response:
    shown = own_access.look(session, visitor.acting)
    place, _ = browser_here(request, wiring)
    return page(
        request, "access.html", visitor=visitor, title="How you sign in", shown=shown,
        this_browser=place.browser_digest, passkeys=site_of(wiring.settings.base_url) is not None,
        provider=wiring.identity_provider,
    )  # fmt: skip


@router.get("/account/passkey")
def passkey_page(request: Request, visitor: Proved, wiring: Wired) -> Response:
    return _new_passkey(request, visitor, wiring)


@router.post("/account/passkey/options")
def passkey_options_press(
    request: Request, visitor: ProvedPost, session: Write, wiring: Wired
) -> Response:
    """Return what a browser needs to make a passkey, as the script of the page reads it."""
    place, cookie = browser_here(request, wiring)
    options = own_access.passkey_options(session, visitor.acting, site_here(wiring), place)
    return _json(options, cookie, wiring)


@router.post("/account/passkey")
def passkey_press(
    request: Request,
    *,
    visitor: ProvedPost,
    session: Write,
    wiring: Wired,
    answer: Answer = "",
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    place, _ = browser_here(request, wiring)
    try:
        own_access.add_passkey(
            session, visitor.acting, site_here(wiring), place, answer=answer, name=name
        )
    except Invalid as wrong:
        return _new_passkey(request, visitor, wiring, errors=messages(wrong.errors), name=name)
    return _back()


@router.post("/account/passkeys/{ident}/remove")
def remove_press(ident: UUID, visitor: ProvedPost, session: Write) -> Response:
    own_access.remove_passkey(session, visitor.acting, visitor.sign_in, ident)
    return _back()


@router.post("/account/browsers/{ident}/let-in")
def let_in_press(ident: UUID, visitor: ProvedPost, session: Write) -> Response:
    own_access.let_browser_in(session, visitor.acting, ident)
    return _back()


@router.post("/account/browsers/{ident}/shut-out")
def shut_out_press(ident: UUID, visitor: Posted, session: Write) -> Response:
    own_access.shut_browser_out(session, visitor.acting, visitor.sign_in, ident)
    return _back()


@router.post("/account/sessions/others/end")
def end_others_press(visitor: Posted, session: Write) -> Response:
    own_access.end_other_sessions(session, visitor.acting, visitor.sign_in)
    return _back()


@router.post("/account/sessions/{ident}/end")
def end_press(ident: UUID, visitor: Posted, session: Write) -> Response:
    own_access.end_session(session, visitor.acting, visitor.sign_in, ident)
    return _back()


@router.get("/account/signed-in", dependencies=[Depends(watching, scope="function")])
def signed_in_answer(request: Request, session: Read, wiring: Wired) -> Response:
    """Say how long this sign-in lasts; asking does not make it longer."""
    token = request.cookies.get(cookies.session_name(wiring.settings))
    return _lasts(sessions.time_left_of(session, token, now=wiring.clock.now()))


@router.post("/account/signed-in")
def stay_press(visitor: Posted) -> Response:
    """Stay signed in: the press of a person, sent by the script so that nothing typed is lost."""
    return _lasts(sessions.time_left(visitor.sign_in, now=visitor.now))


@router.get("/account/prove")
def prove_page(request: Request, visitor: SignedIn, wiring: Wired, back: str = "") -> Response:
    return _prove(request, visitor, wiring, back=back)


@router.post("/account/prove/options")
def prove_options_press(
    request: Request, visitor: Posted, session: Write, wiring: Wired
) -> Response:
    """Return what a browser needs to ask for an own passkey, as the script of the page reads it."""
    place, cookie = browser_here(request, wiring)
    options = own_access.proof_options(session, visitor.acting, site_here(wiring), place)
    return _json(options, cookie, wiring)


@router.post("/account/prove/passkey")
def prove_passkey_press(
    request: Request,
    *,
    visitor: Posted,
    session: Write,
    wiring: Wired,
    answer: Answer = "",
    back: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    place, _ = browser_here(request, wiring)
    token = own_access.prove_by_passkey(
        session, visitor.acting, visitor.sign_in, site_here(wiring), place, answer=answer
    )
    if token is None:
        return _prove(request, visitor, wiring, back=back, problem=sign_in.PASSKEY_REFUSAL)
    return _proved(wiring, token, back)


@router.post("/account/prove")
def prove_press(
    request: Request,
    *,
    visitor: Posted,
    session: Write,
    wiring: Wired,
    code: Annotated[str, Form(max_length=20)] = "",
    back: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    try:
        token = own_access.prove_by_code(session, visitor.acting, visitor.sign_in, code=code)
    except TooMany as locked:
        return _prove(request, visitor, wiring, back=back, problem=locked.detail)
    if token is None:
        return _prove(request, visitor, wiring, back=back, problem=sign_in.PROOF_REFUSAL)
    return _proved(wiring, token, back)


def _back() -> Response:
    return RedirectResponse(OWN_ACCESS, 303)


def _way_back(asked: str) -> str:
    """Return where to go on: a page of ours that asked for proof, else the own ways in."""
    return asked if _OURS.fullmatch(asked) else OWN_ACCESS


def _proved(wiring: Wiring, token: str, back: str) -> Response:
    answer = RedirectResponse(_way_back(back), 303)
    cookies.put(answer, cookies.session_name(wiring.settings), token, settings=wiring.settings)
    return answer


def _prove(
    request: Request, visitor: Visitor, wiring: Wiring, *, back: str, problem: str | None = None
) -> Response:
    return page(
        request, "prove.html", visitor=visitor, status=400 if problem else 200,
        title="Show that it is you", back=_way_back(back), problem=problem,
        passkeys=site_of(wiring.settings.base_url) is not None,
    )  # fmt: skip


def _new_passkey(
    request: Request,
    visitor: Visitor,
    wiring: Wiring,
    *,
    errors: dict[str, str] | None = None,
    name: str = "",
) -> Response:
    place, _ = browser_here(request, wiring)
    return page(
        request, "passkey.html", visitor=visitor, status=400 if errors else 200,
        title="Add a passkey", errors=errors or {}, name=name or place.browser,
        passkeys=site_of(wiring.settings.base_url) is not None,
    )  # fmt: skip


def _json(options: str, cookie: str, wiring: Wiring) -> Response:
    answer = Response(options, media_type="application/json")
    cookies.put_browser(answer, cookie, settings=wiring.settings)
    return answer


def _lasts(left: TimeLeft) -> Response:
    return JSONResponse({"seconds": left.seconds, "may_stay": left.may_stay})
