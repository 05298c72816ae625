"""The review queue, and one review with the child and the candidate schools side by side."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import reviewing, taking_back
from app.casework.passing_on import pass_review_on
from app.casework.settling import Answer, settle
from app.core.errors import Conflict, Invalid
from app.pages import evidence
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page
from schools.matching.models import ReviewReason
from schools.models import Establishment

Code = TypeVar("Code", bound=StrEnum)

router = APIRouter(route_class=PageRoute)
_NOTHING_SAID = Answer((), None)


@router.get("/review")
def queue_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    lines = reviewing.queue(session, visitor.acting)
    return page(
        request, "review.html", visitor=visitor, title="Schools to settle", lines=lines,
        undoable=taking_back.undoable(session, visitor.acting),
        second_looks=taking_back.second_looks(session, visitor.acting), now=visitor.now,
    )  # fmt: skip


@router.get("/review/{review_id}")
def case_page(request: Request, review_id: UUID, visitor: SignedIn, session: Write) -> Response:
    settled = reviewing.settled_line(session, visitor.acting, review_id=review_id)
    if settled is None:
        return _case(request, visitor, reviewing.case(session, visitor.acting, review_id=review_id))
    mine = taking_back.undoable(session, visitor.acting)
    return page(
        request, "review_settled.html", visitor=visitor, title="Settled", line=settled,
        undo=next((one for one in mine if one.review_id == review_id), None),
    )  # fmt: skip


@router.post("/review/{review_id}/claim")
def claim_press(
    review_id: UUID, *, visitor: Posted, session: Write, untied: Annotated[str, Form()] = ""
) -> Response:
    reviewing.claim(session, visitor.acting, review_id=review_id, untied=untied == "yes")
    return RedirectResponse(f"/review/{review_id}", 303)


@router.post("/review/{review_id}/pass")
def pass_press(review_id: UUID, visitor: Posted, session: Write) -> Response:
    pass_review_on(session, visitor.acting, review_id=review_id)
    return RedirectResponse("/review", 303)


@router.post("/review/{review_id}/give-back")
def give_back_press(review_id: UUID, visitor: Posted, session: Write) -> Response:
    reviewing.give_back(session, visitor.acting, review_id=review_id)
    return RedirectResponse("/review", 303)


@router.post("/review/{review_id}/search")
def search_press(
    request: Request,
    review_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    text: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    found = reviewing.other_schools(session, visitor.acting, review_id=review_id, text=text)
    case = reviewing.case(session, visitor.acting, review_id=review_id)
    return _case(request, visitor, case, others=found, searched=text)


@router.post("/review/{review_id}/settle")
def settle_press(
    request: Request,
    review_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    urn: Annotated[str, Form(max_length=6)] = "",
    also: Annotated[tuple[str, ...], Form()] = (),
    not_here: Annotated[tuple[str, ...], Form()] = (),
    reason: Annotated[str, Form(max_length=32)] = "",
    words: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    answer = Answer(
        urns=numbers((urn, *also)), reason=one_of(ReviewReason, reason), words=words,
        not_here=numbers(not_here),
    )  # fmt: skip
    try:
        settle(session, visitor.acting, review_id=review_id, answer=answer)
    except Invalid as problem:
        case = reviewing.case(session, visitor.acting, review_id=review_id)
        return _case(request, visitor, case, answer=answer, errors=messages(problem.errors))
    return RedirectResponse("/review", 303)


@router.post("/review/{review_id}/undo")
def undo_press(review_id: UUID, visitor: Posted, session: Write) -> Response:
    taking_back.undo(session, visitor.acting, review_id=review_id)
    return RedirectResponse(f"/review/{review_id}/again", 303)


@router.get("/review/{review_id}/again")
def again_page(review_id: UUID, visitor: SignedIn, session: Write) -> Response:
    """Go to where the child waits now: a decision that was taken back has a new review."""
    again = taking_back.open_again(session, visitor.acting, review_id=review_id)
    return RedirectResponse(f"/review/{again}", 303)


@router.get("/review/{review_id}/second")
def second_page(request: Request, review_id: UUID, visitor: SignedIn, session: Write) -> Response:
    case = reviewing.settled_case(session, visitor.acting, review_id=review_id)
    return page(
        request, "review_second.html", visitor=visitor, title="A second look", case=case,
        now=visitor.now, child_facts=evidence.child_facts(case.child),
        earlier=evidence.earlier(case.earlier),
    )  # fmt: skip


@router.post("/review/{review_id}/second")
def second_press(
    review_id: UUID, *, visitor: Posted, session: Write, agrees: Annotated[str, Form()] = ""
) -> Response:
    if agrees not in {"yes", "no"}:
        raise Conflict("Say whether you agree: go back and choose.")
    taking_back.look_again(session, visitor.acting, review_id=review_id, agrees=agrees == "yes")
    return RedirectResponse("/review", 303)


def numbers(given: Iterable[str]) -> tuple[int, ...]:
    """Return the URNs among what a form carried; anything else was not chosen."""
    return tuple(int(one) for one in given if one.isascii() and one.isdecimal())


def one_of(kind: type[Code], given: str) -> Code | None:
    """Return the code of a closed list that a form carried, or None."""
    return kind(given) if given in set(kind) else None


def _case(
    request: Request,
    visitor: Visitor,
    case: reviewing.Case,
    *,
    others: Sequence[Establishment] = (),
    searched: str = "",
    answer: Answer = _NOTHING_SAID,
    errors: dict[str, str] | None = None,
) -> Response:
    return page(
        request, "review_case.html", visitor=visitor, status=400 if errors else 200,
        title="Which school is this child at?", case=case, others=others, searched=searched,
        answer=answer, errors=errors or {}, now=visitor.now,
        child_facts=evidence.child_facts(case.child), earlier=evidence.earlier(case.earlier),
    )  # fmt: skip
