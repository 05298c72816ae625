"""Signing in, and linking one's account, by the OpenID provider of this installation.

The session cookie and the browser's own are `SameSite=Strict`, so they do not come along when the
provider sends a browser back. What arrives is therefore put into a form of ours and nothing else:
its button posts it from our own page, with the cookies, and only then is anything believed or
stored. The way there is a link and not a redirect after a form, which `form-action 'self'` stops.
"""

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.access import identities, sign_in
from app.access.browsers import Place
from app.access.identities import Question, Subject
from app.access.identity_provider import IdentityProvider, NotBelieved, ProviderFailed
from app.casework import own_access, signing_in
from app.core.errors import Conflict, NotFound, TooMany
from app.pages import cookies
from app.pages.deps import (
    OWN_ACCESS,
    ProvedPost,
    Read,
    Visitor,
    Wired,
    Write,
    posted_by_visitor,
    signed_in,
)
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.sign_in import again, browser_here, form, let_in, waits, with_form_token
from app.pages.translating import Filled
from app.wiring import Wiring

router = APIRouter(route_class=PageRoute)

_TOO_LATE = (
    "That took too long, or was finished already. Begin again, or sign in with your password or "
    "passkey"
)
_NOT_SIGNED_IN = "%(name)s did not sign you in. Use your password or passkey instead"
_NOT_REACHED = "We could not reach %(name)s. %(detail)s"
_NOT_LINKED = "Nothing was linked. Go back to How you sign in, and try again."

Answer = Annotated[str, Form(max_length=4096)]
Short = Annotated[str, Form(max_length=500)]


@router.post("/sign-in/identity", dependencies=[Depends(posted_by_visitor)])
def begin_press(request: Request, wiring: Wired) -> Response:
    provider, (place, cookie) = _provider(wiring), browser_here(request, wiring)
    try:
        provider.make_ready()
        with wiring.database.write() as session:
            question = identities.ask(
                session, wiring.cipher, place, account_id=None, now=wiring.clock.now()
            )
        return _go(request, wiring, provider, question, cookie)
    except (TooMany, ProviderFailed) as problem:
        return _refused(request, wiring, provider, problem)


@router.get("/sign-in/identity/back")
def back_page(
    request: Request,
    *,
    session: Read,
    wiring: Wired,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Hold what the provider sent along until somebody presses the button; believe none of it."""
    provider = wiring.identity_provider
    linking = identities.is_for_linking(session, state, now=wiring.clock.now())
    if provider is None or linking is None:
        return form(request, wiring, session, problem=_TOO_LATE, status=400)
    if not code:
        problem = Filled(_NOT_SIGNED_IN, {"name": provider.name})
        return form(request, wiring, session, problem=problem, status=400)
    return with_form_token(
        request, wiring, "identity_back.html", answer=code,
        title=Filled("Back from %(name)s", {"name": provider.name}),
        state=state, iss=iss, linking=linking,
        asks_code=not linking and not provider.vouches_for_both_steps,
    )  # fmt: skip


@router.post("/sign-in/identity/finish", dependencies=[Depends(posted_by_visitor)])
def finish_press(
    request: Request,
    *,
    wiring: Wired,
    answer: Answer = "",
    state: Short = "",
    iss: Short = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    provider, (place, cookie) = _provider(wiring), browser_here(request, wiring)
    linking = False
    try:
        question, linking = _taken(request, wiring, state, place)
        subject = provider.who(question, code=answer, issuer=iss)
        if linking:
            return _link(request, wiring, subject)
        step = None if provider.vouches_for_both_steps else code
        with wiring.database.write() as session:
            found = signing_in.sign_in_by_identity(
                session, wiring.cipher, place, subject=subject, code=step, now=wiring.clock.now()
            )
    except NotBelieved as problem:
        with wiring.database.write() as session:
            sign_in.identity_not_believed(session, wiring.cipher, place, now=wiring.clock.now())
        return _refused(request, wiring, provider, problem, linking=linking)
    except (TooMany, ProviderFailed) as problem:
        return _refused(request, wiring, provider, problem, linking=linking)
    if found is None:
        return again(request, wiring, problem=sign_in.IDENTITY_REFUSAL, status=401)
    if isinstance(found, signing_in.BrowserWaits):
        return waits(request, wiring, found, place, cookie)
    return let_in(wiring, found, cookie)


def ready(wiring: Wired) -> None:
    """Ask the provider what it is asked first, while no transaction is open."""
    if wiring.identity_provider is not None:
        try:
            wiring.identity_provider.make_ready()
        except ProviderFailed:
            raise ProviderFailed("Nothing was linked: try again later.") from None


@router.post("/account/identity", dependencies=[Depends(ready)])
def link_press(request: Request, visitor: ProvedPost, session: Write, wiring: Wired) -> Response:
    provider, (place, cookie) = wiring.identity_provider, browser_here(request, wiring)
    if provider is None:
        raise Conflict("Signing in by another service is not set up here.")
    question = own_access.ask_to_link(session, visitor.acting, place)
    return _go(request, wiring, provider, question, cookie, visitor=visitor)


@router.post("/account/identity/{ident}/remove")
def unlink_press(ident: UUID, visitor: ProvedPost, session: Write) -> Response:
    own_access.unlink_identity(session, visitor.acting, visitor.sign_in, ident)
    return RedirectResponse(OWN_ACCESS, 303)


def _provider(wiring: Wiring) -> IdentityProvider:
    if wiring.identity_provider is None:
        raise NotFound("Signing in by another service is not set up here.")
    return wiring.identity_provider


def _go(
    request: Request,
    wiring: Wiring,
    provider: IdentityProvider,
    question: Question,
    cookie: str,
    *,
    visitor: Visitor | None = None,
) -> Response:
    """Return the page with the way to the provider; raise `ProviderFailed`."""
    href = provider.address(question)
    there = urlsplit(href)
    answer = page(
        request, "identity_go.html", visitor=visitor,
        title=Filled("Sign in with %(name)s", {"name": provider.name}),
        name=provider.name, href=href, origin=f"{there.scheme}://{there.netloc}",
        back=OWN_ACCESS if visitor else "/sign-in",
    )  # fmt: skip
    cookies.put_browser(answer, cookie, settings=wiring.settings)
    return answer


def _taken(request: Request, wiring: Wiring, state: str, place: Place) -> tuple[Question, bool]:
    """Use up what this browser asked, and say whether it was to link; raise `NotBelieved`."""
    now = wiring.clock.now()
    with wiring.database.write() as session:
        sign_in.identity_may_try(session, wiring.cipher, place, now=now)
        linking = bool(identities.is_for_linking(session, state, now=now))
        account_id = signed_in(request, session, wiring).actor.account_id if linking else None
        question = identities.take(
            session, wiring.cipher, state, place, account_id=account_id, now=now
        )
    if question is None:
        raise NotBelieved(_TOO_LATE)
    return question, linking


def _link(request: Request, wiring: Wiring, subject: Subject) -> Response:
    with wiring.database.write() as session:
        visitor = signed_in(request, session, wiring)
        refused = own_access.link_identity(session, visitor.acting, subject)
    if refused is not None:
        return _not_linked(request, refused.detail, refused.status)
    return RedirectResponse(OWN_ACCESS, 303)


def _not_linked(request: Request, detail: str, status: int) -> Response:
    title = "It could not be linked"
    return page(request, "problem.html", status=status, title=title, detail=detail)


def _refused(
    request: Request,
    wiring: Wiring,
    provider: IdentityProvider,
    problem: TooMany | ProviderFailed | NotBelieved,
    *,
    linking: bool = False,
) -> Response:
    """Return the page to sign in by other means: the same for all that is not believed."""
    if linking:
        return _not_linked(request, _NOT_LINKED, problem.status)
    known: dict[type[Exception], str | Filled] = {
        NotBelieved: sign_in.IDENTITY_REFUSAL,
        ProviderFailed: Filled(
            _NOT_REACHED, {"name": provider.name, "detail": problem.detail.rstrip(".")}
        ),
    }
    words = known.get(type(problem), problem.detail)
    return again(request, wiring, problem=words, status=problem.status)
