"""What waits for a key adult or council officer: list, two-step opening, acknowledging."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import (
    acknowledging,
    cover,
    drilling,
    not_our_pupil,
    opening,
    own_contact,
    taken_back,
)
from app.casework.inbox import inbox
from app.core.clock import london_date
from app.pages import after_words, wording
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.register_words import NOTICES
from app.pages.rendering import language_for, page
from notifications import rendered

router = APIRouter(route_class=PageRoute)

_TEMPLATES = {
    opening.Shown.COVER: "cover.html",
    opening.Shown.QUESTIONS: "questions.html",
    opening.Shown.CONTENT: "notification.html",
    opening.Shown.WITHHELD: "for_a_colleague.html",
    opening.Shown.CLOSED: "closed.html",
    opening.Shown.ENDED: "ended.html",
}


@router.get("/inbox")
def inbox_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    found = inbox(session, visitor.acting)
    return page(
        request, "inbox.html", visitor=visitor, title="Messages", inbox=found,
        drills=drilling.waiting(session, visitor.acting), now=visitor.now,
        taken_back=taken_back.waiting(session, visitor.acting),
        tested_at=cover.last_test(session, visitor.acting),
        today=london_date(visitor.now),
        entries=own_contact.own_entries(session, visitor.acting), notice_words=NOTICES,
    )  # fmt: skip


@router.get("/notifications/{notification_id}")
def notification_page(
    request: Request, notification_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    found = opening.look(session, visitor.acting, notification_id=notification_id)
    return _page(request, visitor, found)


@router.post("/notifications/{notification_id}/first-step")
def first_step_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    opening.take_first_step(session, visitor.acting, notification_id=notification_id)
    return _back(notification_id)


@router.post("/notifications/{notification_id}/open")
def open_press(
    request: Request,
    notification_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    on_roll: Annotated[str, Form()] = "",
    knows_family: Annotated[str, Form()] = "",
    tied: Annotated[str, Form()] = "",
) -> Response:
    asked = opening.asks_tie(session, visitor.acting, notification_id=notification_id)
    if wording.questions_left(on_roll, knows_family, tied if asked else "no"):
        found = opening.look(session, visitor.acting, notification_id=notification_id)
        errors = wording.questions_left(
            on_roll, knows_family, tied if asked else "no", at_council=found.at_council
        )
        return _page(request, visitor, found, errors=errors)
    answer = opening.answer_questions(
        session, visitor.acting, notification_id=notification_id, on_roll=on_roll == "yes",
        knows_family=knows_family == "yes", tied=tied == "yes" if asked else None,
    )  # fmt: skip
    return _next(notification_id, answer)


@router.post("/notifications/{notification_id}/acknowledge")
def acknowledge_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    acknowledging.acknowledge(session, visitor.acting, notification_id=notification_id)
    return _back(notification_id)


@router.get("/notifications/{notification_id}/not-our-pupil")
def not_our_pupil_page(
    request: Request, notification_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    found = opening.look(session, visitor.acting, notification_id=notification_id)
    if found.first_name is None and found.birth_year is None:
        return _back(notification_id)
    return page(
        request, "not_our_pupil.html", visitor=visitor, title="Not our pupil?", opening=found,
        reasons=after_words.NOT_OURS,
    )  # fmt: skip


@router.post("/notifications/{notification_id}/not-our-pupil")
def not_our_pupil_press(
    notification_id: UUID, *, visitor: Posted, session: Write, why: Annotated[str, Form()] = ""
) -> Response:
    said = not_our_pupil.NotOurs(why) if why in set(not_our_pupil.NotOurs) else None
    not_our_pupil.say_not_our_pupil(
        session, visitor.acting, notification_id=notification_id, why=said
    )
    return _back(notification_id)


@router.post("/notifications/{notification_id}/undo")
def undo_press(notification_id: UUID, visitor: Posted, session: Write) -> Response:
    not_our_pupil.undo_not_our_pupil(session, visitor.acting, notification_id=notification_id)
    return _back(notification_id)


@router.get("/notifications/{notification_id}/for-a-colleague")
def for_a_colleague_page(
    request: Request, notification_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    found = opening.look(session, visitor.acting, notification_id=notification_id)
    if found.shown is not opening.Shown.WITHHELD:
        return _back(notification_id)
    return _page(request, visitor, found)


def _page(
    request: Request,
    visitor: Visitor,
    found: opening.Opening,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    said_in = rendered.spoken(found.content, language_for(request))
    return page(
        request, _TEMPLATES[found.shown], visitor=visitor, status=400 if errors else 200,
        title=wording.TITLES[found.shown], opening=found, errors=errors or {},
        now=visitor.now, said_in=said_in,
        shown=rendered.shown(found.content, today=london_date(visitor.now), language=said_in),
        changed=found.content.changed if found.content else (),
        attendance=after_words.ATTENDANCE,
    )  # fmt: skip


def _next(notification_id: UUID, answer: opening.Answer) -> Response:
    step = {
        opening.Answer.OPENED: "",
        opening.Answer.NOT_ON_ROLL: "/not-our-pupil",
        opening.Answer.KNOWS_FAMILY: "/for-a-colleague",
    }[answer]
    return RedirectResponse(f"/notifications/{notification_id}{step}", 303)


def _back(notification_id: UUID) -> Response:
    return RedirectResponse(f"/notifications/{notification_id}", 303)
