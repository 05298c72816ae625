"""A key adult's own contact: the code that proves the address, and where alerts go."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.casework import own_contact
from app.core.errors import Invalid, NotFound
from app.pages.deps import Posted, SignedIn, Visitor, Write, wiring_of
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.register_words import WORDS
from app.pages.rendering import page
from schools.contact_codes import Answer

router = APIRouter(route_class=PageRoute)

_ANSWERS = {
    Answer.WRONG: "That is not the code. Look at the newest email and try again",
    Answer.NO_CODE: "That code does not work any more. Ask for a new one",
}

_TEXT_ANSWERS = {
    Answer.WRONG: "That is not the code. Look at the newest text message and try again",
    Answer.NO_CODE: "That code does not work any more. Ask for a new one",
}


@router.get("/account/contact")
def contact_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    return _page(request, visitor, session)


@router.post("/account/contact/{key_adult_id}/code")
def code_press(key_adult_id: UUID, visitor: Posted, session: Write) -> Response:
    own_contact.ask_for_code(session, visitor.acting, key_adult_id=key_adult_id)
    return _back()


@router.post("/account/contact/{key_adult_id}/confirm")
def confirm_press(
    request: Request,
    key_adult_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    answer = own_contact.type_code(session, visitor.acting, key_adult_id=key_adult_id, code=code)
    if answer is Answer.RIGHT:
        return _back()
    return _page(request, visitor, session, errors={f"code-{key_adult_id}": _ANSWERS[answer]})


@router.post("/account/contact/{key_adult_id}/text")
def text_press(key_adult_id: UUID, visitor: Posted, session: Write) -> Response:
    own_contact.ask_for_text(session, visitor.acting, key_adult_id=key_adult_id)
    return _back()


@router.post("/account/contact/{key_adult_id}/mobile")
def mobile_press(
    request: Request,
    key_adult_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    answer = own_contact.type_text_code(
        session, visitor.acting, key_adult_id=key_adult_id, code=code
    )
    if answer is Answer.RIGHT:
        return _back()
    errors = {f"mobile-{key_adult_id}": _TEXT_ANSWERS[answer]}
    return _page(request, visitor, session, errors=errors)


@router.post("/account/contact/{key_adult_id}/address")
def address_press(
    request: Request,
    key_adult_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    address: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    try:
        own_contact.change_address(
            session, visitor.acting, key_adult_id=key_adult_id, address=address
        )
    except Invalid as problem:
        errors = {f"address-{key_adult_id}": messages(problem.errors)["address"]}
        return _page(request, visitor, session, errors=errors)
    return _back()


def _page(
    request: Request, visitor: Visitor, session: Session, *, errors: dict[str, str] | None = None
) -> Response:
    entries = own_contact.own_entries(session, visitor.acting)
    if not entries:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    return page(
        request, "own_contact.html", visitor=visitor, title="How messages reach you",
        status=400 if errors else 200, entries=entries, errors=errors or {},
        texts=wiring_of(request).texts, **WORDS,
    )  # fmt: skip


def _back() -> Response:
    return RedirectResponse("/account/contact", 303)
