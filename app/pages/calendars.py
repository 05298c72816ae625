"""Calendars: terms, closures and training days, hours of a school, and bank holidays."""

from datetime import time
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import calendars
from app.core.clock import london_date
from app.core.errors import FieldError, Invalid
from app.pages.dates import needed_date, read_date
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.translating import Filled
from schools.term_dates import DayKind

router = APIRouter(route_class=PageRoute)

# `schools/990001`, `councils/999` and `bank-holidays`: whose calendar, as an address says it.
Urn = Annotated[int, Path(ge=100_000, le=999_999)]
Council = Annotated[str, Path(pattern="^[0-9]{3}$")]
DateField = Annotated[str, Form(max_length=20)]
DAYS = {
    DayKind.CLOSED: "Closed",
    DayKind.INSET: "Training day (INSET)",
    DayKind.OPEN: "Open to pupils",
    DayKind.BANK_HOLIDAY: "Bank holiday",
}
_TIME = "Enter a time, like 8:45"
# The names by which the register's rules call a field, and ours on the page.
_FIELDS = {"From": "first", "To": "last", "DoorsOpen": "doors", "name": "note"}


@router.get("/register/calendars/bank-holidays")
def bank_holidays_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    return _calendar(request, visitor, session, calendars.NATIONS)


@router.get("/register/calendars/schools/{urn}")
def school_calendar_page(request: Request, urn: Urn, visitor: SignedIn, session: Write) -> Response:
    return _calendar(request, visitor, session, f"urn:{urn}")


@router.get("/register/calendars/councils/{council}")
def council_calendar_page(
    request: Request, council: Council, visitor: SignedIn, session: Write
) -> Response:
    return _calendar(request, visitor, session, f"council:{council}")


@router.post("/register/calendars/terms")
def term_press(
    request: Request,
    *,
    visitor: Posted,
    session: Write,
    owner: Annotated[str, Form(max_length=20)] = "",
    first: DateField = "",
    last: DateField = "",
) -> Response:
    try:
        calendars.set_term(
            session, visitor.acting, owner=owner, first=needed_date(first, "term-first"),
            last=needed_date(last, "term-last"),
        )  # fmt: skip
    except Invalid as problem:
        return _again(request, visitor, session, owner, problem, part="term-")
    return _back(owner)


@router.post("/register/calendars/terms/remove")
def no_term_press(
    visitor: Posted,
    session: Write,
    owner: Annotated[str, Form(max_length=20)] = "",
    first: DateField = "",
) -> Response:
    on = needed_date(first, "term-first")
    calendars.remove_term(session, visitor.acting, owner=owner, first=on)
    return _back(owner)


@router.post("/register/calendars/days")
def days_press(
    request: Request,
    *,
    visitor: Posted,
    session: Write,
    owner: Annotated[str, Form(max_length=20)] = "",
    first: DateField = "",
    last: DateField = "",
    kind: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    try:
        begins = needed_date(first, "days-first")
        calendars.set_days(
            session, visitor.acting, owner=owner, first=begins,
            last=read_date(last, "days-last") or begins, kind=_kind(kind), note=note,
        )  # fmt: skip
    except Invalid as problem:
        return _again(request, visitor, session, owner, problem, part="days-")
    return _back(owner)


@router.post("/register/calendars/days/clear")
def clear_press(
    visitor: Posted,
    session: Write,
    owner: Annotated[str, Form(max_length=20)] = "",
    first: DateField = "",
) -> Response:
    on = needed_date(first, "days-first")
    calendars.clear_day(session, visitor.acting, owner=owner, on=on)
    return _back(owner)


@router.post("/register/calendars/schools/{urn}/hours")
def hours_press(
    request: Request,
    urn: Urn,
    *,
    visitor: Posted,
    session: Write,
    doors: DateField = "",
    closes: DateField = "",
    leave: DateField = "",
) -> Response:
    try:
        calendars.set_hours(
            session, visitor.acting, urn=urn, doors=_time(doors, "hours-doors"),
            register=_time(closes, "hours-closes"), leave=_time(leave, "hours-leave"),
        )  # fmt: skip
    except Invalid as problem:
        return _again(request, visitor, session, f"urn:{urn}", problem, part="hours-")
    return _back(f"urn:{urn}")


def _calendar(
    request: Request, visitor: Visitor, session: Write, owner: str,
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    found = calendars.calendar(session, visitor.acting, owner=owner)
    return page(
        request, "calendar.html", visitor=visitor, status=400 if errors else 200,
        title=Filled("Calendar: %(owner)s", {"owner": found.title}), calendar=found,
        errors=errors or {}, day_words=DAYS, today=london_date(visitor.now),
        nations=owner == calendars.NATIONS,
    )  # fmt: skip


def _again(
    request: Request, visitor: Visitor, session: Write, owner: str, problem: Invalid, *, part: str
) -> Response:
    """Show the calendar with what was wrong beside the fields of this form."""
    errors = {
        place if place.startswith(part) else part + _FIELDS.get(place, "first"): text
        for place, text in messages(problem.errors).items()
    }
    return _calendar(request, visitor, session, owner, errors)


def _kind(said: str) -> DayKind:
    try:
        return DayKind(said)
    except ValueError:
        message = "Choose closed, training day or open"
        raise Invalid(message, [FieldError("days-kind", "kind", message)]) from None


def _time(text: str, loc: str) -> time | None:
    typed = text.strip().replace(".", ":")
    if not typed:
        return None
    hours, _, minutes = typed.partition(":")
    if hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60:
        return time(int(hours), int(minutes))
    raise Invalid(_TIME, [FieldError(loc, "time", _TIME)])


def _back(owner: str) -> RedirectResponse:
    kind, _, code = owner.partition(":")
    place = {"urn": f"schools/{code}", "council": f"councils/{code}"}.get(kind, "bank-holidays")
    return RedirectResponse(f"/register/calendars/{place}", 303)
