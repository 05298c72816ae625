"""A person's own account: enrolling by the one-time link, and seeing what it may do."""

from collections.abc import Sequence
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from app.access import authenticator, enrolment, passwords
from app.access.accounts import AccountDetails
from app.access.browsers import Place
from app.access.enrolment import Offer
from app.access.passkey_answers import site_of
from app.casework import own_access, own_contact, own_roles, signing_in, spoken_codes
from app.core.errors import FieldError, Invalid
from app.pages.deps import Posted, Read, SignedIn, Wired, Write, posted_by_visitor
from app.pages.forms import messages
from app.pages.links import ROLES
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.sign_in import browser_here, let_in, with_form_token
from app.wiring import Wiring

router = APIRouter(route_class=PageRoute)


@router.get("/account")
def own_account(request: Request, visitor: SignedIn, session: Write) -> Response:
    return page(
        request, "account.html", visitor=visitor, title="Your account",
        entries=own_contact.own_entries(session, visitor.acting),
        roles=[
            (ROLES[role], where) for role, where in own_roles.own_roles(session, visitor.acting)
        ],
        may_have_code=spoken_codes.may_have_one(visitor.acting),
        code=spoken_codes.own_code(session, visitor.acting),
        waiting=own_access.look(session, visitor.acting).waiting,
    )  # fmt: skip


@router.post("/account/spoken-code")
def spoken_code_press(visitor: Posted, session: Write) -> Response:
    spoken_codes.agree(session, visitor.acting)
    return RedirectResponse("/account#spoken-code", 303)


@router.get("/enrol/{token}")
def enrol_page(request: Request, token: str, session: Read, wiring: Wired) -> Response:
    offered, details = signing_in.invitation(session, wiring.cipher, token, now=wiring.clock.now())
    return _form(request, wiring, token=token, offered=offered, details=details)


@router.post("/enrol/{token}", dependencies=[Depends(posted_by_visitor)])
def enrol_press(
    request: Request,
    token: str,
    *,
    wiring: Wired,
    password: Annotated[str, Form(max_length=1024)] = "",
    repeated: Annotated[str, Form(max_length=1024)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    now = wiring.clock.now()
    place, cookie = browser_here(request, wiring)
    with wiring.database.read() as session:
        offered, details = signing_in.invitation(session, wiring.cipher, token, now=now)
    try:
        came_in = _enrol(wiring, token, details, place, typed=(password, repeated), code=code)
    except Invalid as problem:
        return _form(
            request, wiring, token=token, offered=offered, details=details, errors=problem.errors
        )
    to = "/account/passkey" if site_of(wiring.settings.base_url) else "/"
    return let_in(wiring, came_in, cookie, to=to)


def _enrol(
    wiring: Wiring,
    token: str,
    details: AccountDetails,
    place: Place,
    *,
    typed: tuple[str, str],
    code: str,
) -> str:
    """Return the token of a new session; the slow hash runs while no transaction is open."""
    found = enrolment.password_faults(
        *typed, email=details.email, breached=wiring.settings.breached_passwords_file
    )
    if found:
        raise Invalid(found[0].message, found)
    hashed = passwords.hash_of(typed[0])
    with wiring.database.write() as session:
        return signing_in.enrol(
            session, wiring.cipher, token, password_hash=hashed, code=code, place=place,
            now=wiring.clock.now(),
        )  # fmt: skip


def _form(
    request: Request,
    wiring: Wiring,
    *,
    token: str,
    offered: Offer,
    details: AccountDetails,
    errors: Sequence[FieldError] = (),
) -> Response:
    uri = authenticator.uri(offered.secret, account=details.email)
    drawn = segno.make(uri, error="m").svg_inline(border=2, omitsize=True)
    # Drawn from our own text, by a library that draws only paths.
    picture = Markup(drawn)  # noqa: S704  # nosec B704
    return with_form_token(
        request, wiring, "enrol.html", status=400 if errors else 200, title="Set up your account",
        token_in_path=token, details=details, secret=_in_fours(offered.secret),
        errors=messages(errors),
        qr=picture,
    )  # fmt: skip


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
