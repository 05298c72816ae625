"""A child who was seen but not listed: the desk names it, or says why nobody is told."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import awaited
from app.casework.awaited import Who, WhyNobody
from app.core.errors import FieldError, Invalid
from app.pages.dates import read_date
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)
WHY = {
    WhyNobody.MISCOUNTED.value: "There was no such child: miscounted",
    WhyNobody.LISTED_ALREADY.value: "Is one of the children listed",
    WhyNobody.OVER_18.value: "Is over 18",
    WhyNobody.NOT_RELATED.value: "Is not related to either adult, and was not affected",
}


@router.get("/morning/awaited/{child_id}")
def awaited_page(request: Request, child_id: UUID, visitor: SignedIn, session: Write) -> Response:
    found = awaited.look(session, visitor.acting, child_id=child_id)
    return _page(request, visitor, found)


@router.post("/morning/awaited/{child_id}/name")
def name_press(
    request: Request,
    child_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    forename: Annotated[str, Form(max_length=100)] = "",
    surname: Annotated[str, Form(max_length=100)] = "",
    date_of_birth: Annotated[str, Form(max_length=20)] = "",
    postcode: Annotated[str, Form(max_length=10)] = "",
    school_name: Annotated[str, Form(max_length=200)] = "",
    town: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    found = awaited.look(session, visitor.acting, child_id=child_id)
    said = {
        "forename": forename, "surname": surname, "date_of_birth": date_of_birth,
        "postcode": postcode, "school_name": school_name, "town": town,
    }  # fmt: skip
    try:
        who = Who(
            forename, surname, read_date(date_of_birth, "date_of_birth"), postcode, school_name,
            town,
        )  # fmt: skip
        awaited.name(session, visitor.acting, child_id=child_id, who=who)
    except Invalid as problem:
        return _page(request, visitor, found, said=said, errors=problem.errors)
    return RedirectResponse("/morning", 303)


@router.post("/morning/awaited/{child_id}/end")
def end_press(
    request: Request,
    child_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    why: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    found = awaited.look(session, visitor.acting, child_id=child_id)
    if why not in WHY:
        missing = FieldError("why", "missing", "Say why nobody has to be told")
        return _page(request, visitor, found, errors=[missing])
    awaited.end(session, visitor.acting, child_id=child_id, why=WhyNobody(why))
    return RedirectResponse("/morning", 303)


def _page(
    request: Request,
    visitor: Visitor,
    found: awaited.Awaited,
    *,
    said: dict[str, str] | None = None,
    errors: Sequence[FieldError] = (),
) -> Response:
    return page(
        request, "awaited.html", visitor=visitor, status=400 if errors else 200,
        title="A child who is not named", case=found, said=said or {}, why=WHY,
        errors=messages(errors), now=visitor.now,
    )  # fmt: skip
