"""A school's key adults: the list, asking for another, and keeping one entry."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.casework import key_adult_requests, key_adults
from app.casework.key_adult_requests import Asked
from app.casework.key_adults import Days
from app.casework.school_people import one_of_them, school_people
from app.core.clock import london_date
from app.core.errors import FieldError, Invalid
from app.pages.dates import needed_date, read_date
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.register_words import WORDS
from app.pages.rendering import page
from app.pages.translating import Filled
from schools.key_adult_requests import Training
from schools.key_adult_upkeep import key_adult_named

router = APIRouter(route_class=PageRoute)

Text = Annotated[str, Form(max_length=254)]
Day = Annotated[str, Form(max_length=20)]
Number = Annotated[str, Form(max_length=3)]
Urn = Annotated[int, Path(ge=100_000, le=999_999)]


@router.get("/register/schools/{urn}/key-adults")
def school_page(request: Request, urn: Urn, visitor: SignedIn, session: Write) -> Response:
    return _school(request, visitor, session, urn)


@router.post("/register/schools/{urn}/dates")
def dates_press(
    request: Request, urn: Urn, *, visitor: Posted, session: Write,
    protocol_on: Day = "", statement_on: Day = "",
) -> Response:  # fmt: skip
    try:
        key_adults.record_dates(
            session, visitor.acting, urn=urn, protocol_on=read_date(protocol_on, "protocol_on"),
            statement_on=read_date(statement_on, "statement_on"),
        )  # fmt: skip
    except Invalid as problem:
        return _school(request, visitor, session, urn, errors=messages(problem.errors))
    return _to_school(urn)


@router.get("/register/schools/{urn}/key-adults/add")
def ask_page(request: Request, urn: Urn, visitor: SignedIn, session: Write) -> Response:
    return _ask(request, visitor, session, urn, typed={})


@router.post("/register/schools/{urn}/key-adults/add")
def ask_press(
    request: Request, urn: Urn, *, visitor: Posted, session: Write,
    name: Text = "", email: Text = "", telephone: Text = "", alert_email: Text = "",
    position: Number = "", course: Text = "", trained_on: Day = "", expires_on: Day = "",
    date_of_birth: Day = "",
) -> Response:  # fmt: skip
    typed = {
        "name": name, "email": email, "telephone": telephone, "alert_email": alert_email,
        "position": position, "course": course, "trained_on": trained_on,
        "expires_on": expires_on, "date_of_birth": date_of_birth,
    }  # fmt: skip
    try:
        key_adult_requests.request_key_adult(session, visitor.acting, urn=urn, asked=_asked(typed))
    except Invalid as problem:
        errors = messages(problem.errors)
        return _ask(request, visitor, session, urn, typed=typed, errors=errors)
    return _to_school(urn)


@router.get("/register/key-adults/{key_adult_id}")
def key_adult_page(
    request: Request, key_adult_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    return _one(request, visitor, session, key_adult_id)


@router.post("/register/key-adults/{key_adult_id}/earlier")
def earlier_press(key_adult_id: UUID, visitor: Posted, session: Write) -> Response:
    adult = key_adults.move_key_adult(
        session, visitor.acting, key_adult_id=key_adult_id, earlier=True
    )
    return _to_school(adult.urn)


@router.post("/register/key-adults/{key_adult_id}/later")
def later_press(key_adult_id: UUID, visitor: Posted, session: Write) -> Response:
    adult = key_adults.move_key_adult(
        session, visitor.acting, key_adult_id=key_adult_id, earlier=False
    )
    return _to_school(adult.urn)


@router.post("/register/key-adults/{key_adult_id}/training")
def training_press(
    request: Request, key_adult_id: UUID, *, visitor: Posted, session: Write,
    course: Annotated[str, Form(max_length=100)] = "", trained_on: Day = "",
    expires_on: Day = "",
) -> Response:  # fmt: skip
    def act() -> None:
        training = Training(
            course.strip() or None, read_date(trained_on, "trained_on"),
            read_date(expires_on, "expires_on"),
        )  # fmt: skip
        key_adults.record_training(
            session, visitor.acting, key_adult_id=key_adult_id, training=training
        )

    return _try(request, visitor, session, key_adult_id, act)


@router.post("/register/key-adults/{key_adult_id}/away")
def away_press(
    request: Request, key_adult_id: UUID, *, visitor: Posted, session: Write,
    first_on: Day = "", last_on: Day = "",
    auto_reply: Annotated[str, Form(max_length=3)] = "",
) -> Response:  # fmt: skip
    def act() -> None:
        key_adults.record_absence(
            session, visitor.acting, key_adult_id=key_adult_id, days=_days(first_on, last_on),
            auto_reply=auto_reply == "yes",
        )  # fmt: skip

    return _try(request, visitor, session, key_adult_id, act, prefix="away_")


@router.post("/register/key-adults/{key_adult_id}/back")
def back_press(
    request: Request, key_adult_id: UUID, *, visitor: Posted, session: Write, first_on: Day = ""
) -> Response:
    def act() -> None:
        key_adults.end_absence(
            session, visitor.acting, key_adult_id=key_adult_id,
            first_on=needed_date(first_on, "first_on"),
        )  # fmt: skip

    return _try(request, visitor, session, key_adult_id, act, prefix="away_")


@router.post("/register/key-adults/{key_adult_id}/holidays")
def holidays_press(
    request: Request, key_adult_id: UUID, *, visitor: Posted, session: Write,
    first_on: Day = "", last_on: Day = "",
) -> Response:  # fmt: skip
    def act() -> None:
        key_adults.set_holiday_cover(
            session, visitor.acting, key_adult_id=key_adult_id, days=_days(first_on, last_on)
        )

    return _try(request, visitor, session, key_adult_id, act, prefix="holiday_")


@router.post("/register/key-adults/{key_adult_id}/holidays-end")
def holidays_end_press(
    request: Request, key_adult_id: UUID, *, visitor: Posted, session: Write, first_on: Day = ""
) -> Response:
    def act() -> None:
        key_adults.end_holiday_cover(
            session, visitor.acting, key_adult_id=key_adult_id,
            first_on=needed_date(first_on, "first_on"),
        )  # fmt: skip

    return _try(request, visitor, session, key_adult_id, act, prefix="holiday_")


@router.post("/register/key-adults/{key_adult_id}/leave")
def leave_press(
    request: Request, key_adult_id: UUID, *, visitor: Posted, session: Write, left_on: Day = ""
) -> Response:
    try:
        adult = key_adults.record_leaving(
            session, visitor.acting, key_adult_id=key_adult_id,
            left_on=needed_date(left_on, "left_on"),
        )  # fmt: skip
    except Invalid as problem:
        return _one(request, visitor, session, key_adult_id, errors=messages(problem.errors))
    return _to_school(adult.urn)


@router.post("/register/key-adults/{key_adult_id}/stay")
def stay_press(key_adult_id: UUID, visitor: Posted, session: Write) -> Response:
    adult = key_adults.record_leaving(
        session, visitor.acting, key_adult_id=key_adult_id, left_on=None
    )
    return _to_school(adult.urn)


@router.post("/register/key-adults/{key_adult_id}/invite")
def invite_press(key_adult_id: UUID, visitor: Posted, session: Write) -> Response:
    key_adults.invite_again(session, visitor.acting, key_adult_id=key_adult_id)
    return _to_school(key_adult_named(session, key_adult_id).urn)


def _try(
    request: Request, visitor: Visitor, session: Session, key_adult_id: UUID,
    act: Callable[[], object], *, prefix: str = "",
) -> Response:  # fmt: skip
    """Do one change of an entry, or show the entry again with what was wrong beside its field."""
    try:
        act()
    except Invalid as problem:
        errors = {f"{prefix}{loc}": text for loc, text in messages(problem.errors).items()}
        return _one(request, visitor, session, key_adult_id, errors=errors)
    return RedirectResponse(f"/register/key-adults/{key_adult_id}", 303)


def _days(first_on: str, last_on: str) -> Days:
    first = needed_date(first_on, "first_on")
    return Days(first, read_date(last_on, "last_on") or first)


def _asked(typed: dict[str, str]) -> Asked:
    problems: list[FieldError] = []
    dates: dict[str, Any] = {}
    for loc in ("trained_on", "expires_on", "date_of_birth"):
        try:
            dates[loc] = read_date(typed[loc], loc)
        except Invalid as problem:
            problems += problem.errors
    position = typed["position"].strip()
    if position and not position.isdecimal():
        text = "Enter a number from 1, or leave it empty"
        problems.append(FieldError("position", "wrong", text))
    if problems:
        raise Invalid(problems[0].message, problems)
    return Asked(
        name=typed["name"], email=typed["email"], telephone=typed["telephone"],
        alert_email=typed["alert_email"], date_of_birth=dates["date_of_birth"],
        position=int(position) if position else None,
        training=Training(
            typed["course"].strip()[:100] or None, dates["trained_on"], dates["expires_on"]
        ),
    )  # fmt: skip


def _school(
    request: Request, visitor: Visitor, session: Session, urn: int, *,
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    people = school_people(session, visitor.acting, urn=urn)
    return page(
        request, "key_adults.html", visitor=visitor, people=people,
        title=Filled("Key adults of %(school)s", {"school": people.name}),
        status=400 if errors else 200, errors=errors or {},
        waiting=key_adult_requests.requests_waiting(session, visitor.acting, urn=urn), **WORDS,
    )  # fmt: skip


def _ask(
    request: Request, visitor: Visitor, session: Session, urn: int, *, typed: dict[str, str],
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    return page(
        request, "key_adult_ask.html", visitor=visitor, title="Ask for a key adult",
        status=400 if errors else 200, typed=typed, errors=errors or {},
        place=key_adult_requests.askable(session, visitor.acting, urn=urn),
    )  # fmt: skip


def _one(
    request: Request, visitor: Visitor, session: Session, key_adult_id: UUID, *,
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    line = one_of_them(session, visitor.acting, key_adult_id=key_adult_id)
    adult = key_adult_named(session, key_adult_id)
    return page(
        request, "key_adult.html", visitor=visitor, title=line.name, line=line,
        status=400 if errors else 200, errors=errors or {}, today=london_date(visitor.now),
        last_one=key_adults.only_one_left(session, visitor.acting, adult), **WORDS,
    )  # fmt: skip


def _to_school(urn: int) -> Response:
    return RedirectResponse(f"/register/schools/{urn}/key-adults", 303)
