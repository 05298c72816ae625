"""Choosing Welsh or English: on the account for good, and in a browser before signing in."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from app.access import accounts
from app.core.languages import Language
from app.pages import cookies
from app.pages.deps import Posted, Wired, Write, posted_by_visitor
from app.pages.problems import PageRoute

router = APIRouter(route_class=PageRoute)

_LINK = re.compile(r"[A-Za-z0-9_-]{1,100}")


@router.post("/account/language")
def account_press(
    visitor: Posted, session: Write, wiring: Wired, language: Annotated[Language, Form()]
) -> Response:
    accounts.choose_language(session, visitor.sign_in.account_id, language)
    answer = RedirectResponse("/account#language", 303)
    cookies.put_language(answer, language, settings=wiring.settings)
    return answer


@router.post("/sign-in/language", dependencies=[Depends(posted_by_visitor)])
def browser_press(
    wiring: Wired, language: Annotated[Language, Form()], link: Annotated[str, Form()] = ""
) -> Response:
    """Remember the language in this browser, and go back to where it was asked."""
    to = f"/enrol/{link}" if _LINK.fullmatch(link) else "/sign-in"
    answer = RedirectResponse(to, 303)
    cookies.put_language(answer, language, settings=wiring.settings)
    return answer
