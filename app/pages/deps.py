"""What a page may ask for: one session of the request, and who is signed in.

A signed-in request always gets the writing session: it marks the sign-in as seen, and reading a
child's content leaves a row in the trail. Everything above a session is function-scoped, so that
the commit comes before the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Form, Request
from sqlalchemy.orm import Session

from app.access import sessions
from app.access.accounts import details_of
from app.access.forces import force_name
from app.access.models import Account, SignInSession
from app.access.permissions import Actor
from app.casework.acting import Acting, reach_of
from app.casework.refusals import asker_of
from app.casework.restricted import close_to
from app.core.crash_points import CrashPoint, crash_point
from app.core.errors import Noted, NotSignedIn
from app.core.scope import scope
from app.pages import cookies, forms
from app.pages.links import Link, links_of
from app.wiring import Wiring

# What a page says that renews itself, with nobody there to press anything.
_BY_ITSELF = "x-by-itself"


def wiring_of(request: Request) -> Wiring:
    """Return what this process holds."""
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(wiring_of)]


def reading(wiring: Wired) -> Iterator[Session]:
    """Yield the request's session, rolled back at the end."""
    with wiring.database.read() as session:
        yield session


def writing(wiring: Wired) -> Iterator[Session]:
    """Yield the request's session, committed before the answer goes out."""
    with wiring.database.write() as session:
        yield session
    crash_point(CrashPoint.PAGE_STORED)


Read = Annotated[Session, Depends(reading, scope="function")]
Write = Annotated[Session, Depends(writing, scope="function")]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in, for this request."""

    acting: Acting
    sign_in: SignInSession
    name: str
    session: Session = field(repr=False)

    @property
    def actor(self) -> Actor:
        return self.acting.actor

    @property
    def now(self) -> datetime:
        return self.acting.now

    @property
    def form_token(self) -> str:
        return self.sign_in.form_token

    @property
    def seconds_left(self) -> int:
        return sessions.time_left(self.sign_in, now=self.now).seconds

    @property
    def links(self) -> tuple[Link, ...]:
        return links_of(self.actor)

    def force_name(self, code: str) -> str:
        """Return what people call a force."""
        return force_name(self.session, code)


def signed_in(request: Request, session: Write, wiring: Wired) -> Visitor:
    """Return who is signed in, with their rows in reach; raise `NotSignedIn`."""
    token = request.cookies.get(cookies.session_name(wiring.settings))
    now = wiring.clock.now()
    by_itself = request.method == "GET" and _BY_ITSELF in request.headers
    actor, row = sessions.actor_of(session, token, now=now, by_itself=by_itself)
    request.state.asker = asker_of(actor)
    scope(session, reach_of(actor))
    close_to(session, actor, now=now)
    account = session.get_one(Account, row.account_id)
    # Also for an error that comes later: its page knows the request alone.
    request.state.language = account.language
    name = details_of(wiring.cipher, account).name
    return Visitor(Acting(now, actor, wiring.cipher), row, name, session)


def watching(request: Request, session: Read, wiring: Wired) -> Acting:
    """Return whose page asks by itself whether it may still show what it shows; writes nothing."""
    token = request.cookies.get(cookies.session_name(wiring.settings))
    now = wiring.clock.now()
    actor = sessions.peek(session, token, now=now)
    request.state.asker = asker_of(actor)
    scope(session, reach_of(actor))
    close_to(session, actor, now=now)
    return Acting(now, actor, wiring.cipher)


Watching = Annotated[Acting, Depends(watching, scope="function")]
SignedIn = Annotated[Visitor, Depends(signed_in, scope="function")]


def posted(
    request: Request,
    visitor: SignedIn,
    wiring: Wired,
    form_token: Annotated[str, Form()] = "",
) -> Visitor:
    """Return who pressed a button on one of our own pages; raise `ForeignForm`."""
    forms.check_origin(request, wiring.settings)
    forms.check_token(form_token, visitor.form_token)
    return visitor


Posted = Annotated[Visitor, Depends(posted, scope="function")]


def posted_by_visitor(
    request: Request, wiring: Wired, form_token: Annotated[str, Form()] = ""
) -> None:
    """Let a form of somebody not signed in through, if it is ours; raise `ForeignForm`."""
    forms.check_origin(request, wiring.settings)
    cookie = request.cookies.get(cookies.form_name(wiring.settings), "")
    forms.check_token(form_token, forms.visitor_token(wiring.cipher, cookie))
    if not cookie:
        raise forms.refuse()


OWN_ACCESS = "/account/access"
_PAGE_OF_BUTTON = re.compile(
    r"/notifications/[^/]+|/restricted|/records|/register/key-adults/[^/]+/new-link"
)
# A file is asked for on the page above it, or on the one of its own name, or on the list of them.
_FILE = re.compile(r"/[a-z]+\.(csv|xlsx)$|\.csv$|/[0-9a-f-]{36}/file$")


class ProofNeeded(Noted, NotSignedIn):
    """Somebody signed in has to show again who they are; `back` is the page that asked.

    That they were here is kept: being asked ends no session.
    """

    def __init__(self, detail: str, *, back: str) -> None:
        super().__init__(detail)
        self.back = back


def proved(request: Request, visitor: SignedIn) -> Visitor:
    """Return who is signed in and showed it lately, before a page with such a form is shown."""
    if not sessions.proved(visitor.sign_in, now=visitor.now):
        raise ProofNeeded("Show that it is you.", back=_FILE.sub("", request.url.path))
    return visitor


def proved_post(request: Request, visitor: Posted) -> Visitor:
    """Return who pressed a button that asks for proof; a form that was open still counts."""
    if not sessions.proved(visitor.sign_in, now=visitor.now, within=sessions.FORM_HOLDS):
        found = _PAGE_OF_BUTTON.match(request.url.path)
        raise ProofNeeded("Show that it is you.", back=found[0] if found else OWN_ACCESS)
    return visitor


Proved = Annotated[Visitor, Depends(proved, scope="function")]
ProvedPost = Annotated[Visitor, Depends(proved_post, scope="function")]
