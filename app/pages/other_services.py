"""No school is told of a child who stays at risk: the desk records which other service was."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import other_services
from app.casework.other_services import Means, Said, Service, Untold
from app.core.clock import at_london, london_date
from app.core.errors import FieldError, Invalid
from app.pages.dates import read_date
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.review import one_of

router = APIRouter(route_class=PageRoute)
MEANS = {
    Means.TELEPHONE.value: "By telephone",
    Means.SECURE_EMAIL.value: "By secure email",
    Means.REFERRAL_FORM.value: "By its referral form",
    Means.IN_PERSON.value: "In person",
}


@router.get("/morning/services/{child_id}")
def service_page(request: Request, child_id: UUID, visitor: SignedIn, session: Write) -> Response:
    found = other_services.look(session, visitor.acting, child_id=child_id)
    return _page(request, visitor, found)


@router.post("/morning/services/{child_id}")
def service_press(
    request: Request,
    child_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    service: Annotated[str, Form(max_length=32)] = "",
    means: Annotated[str, Form(max_length=32)] = "",
    told_on: Annotated[str, Form(max_length=20)] = "",
    told_time: Annotated[str, Form(max_length=20)] = "",
    reference: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    found = other_services.look(session, visitor.acting, child_id=child_id)
    typed = {
        "service": service, "means": means, "told_on": told_on, "told_time": told_time,
        "reference": reference,
    }  # fmt: skip
    try:
        on = read_date(told_on, "told_on") or london_date(visitor.now)
        said = Said(
            one_of(Service, service), one_of(Means, means), _instant(on, told_time), reference
        )
        other_services.record(session, visitor.acting, child_id=child_id, said=said)
    except Invalid as problem:
        return _page(request, visitor, found, typed=typed, errors=problem.errors)
    return RedirectResponse("/morning", 303)


def _instant(on: date, text: str) -> datetime | None:
    """Return the instant of a London date and clock time (`07:40`), or None."""
    try:
        clock_time = datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007 (a clock time)
    except ValueError:
        return None
    return at_london(on, clock_time)


def _page(
    request: Request,
    visitor: Visitor,
    found: Untold,
    *,
    typed: dict[str, str] | None = None,
    errors: Sequence[FieldError] = (),
) -> Response:
    return page(
        request, "other_service.html", visitor=visitor, status=400 if errors else 200,
        title="Another service to be told", case=found, typed=typed or {}, means=MEANS,
        errors=messages(errors), now=visitor.now,
    )  # fmt: skip
