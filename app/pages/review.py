"""The review queue, and one review with the child and the candidate schools side by side."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import reviewing
from app.casework.passing_on import pass_review_on
from app.core.errors import Invalid
from app.pages import evidence
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page
from schools.models import Establishment

router = APIRouter(route_class=PageRoute)


@router.get("/review")
def queue_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    lines = reviewing.queue(session, visitor.acting)
    return page(
        request, "review.html", visitor=visitor, title="Schools to settle", lines=lines,
        now=visitor.now,
    )  # fmt: skip


@router.get("/review/{review_id}")
def case_page(request: Request, review_id: UUID, visitor: SignedIn, session: Write) -> Response:
    return _case(request, visitor, reviewing.case(session, visitor.acting, review_id=review_id))


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
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    chosen = int(urn) if urn.isdecimal() else None
    try:
        reviewing.settle(session, visitor.acting, review_id=review_id, urn=chosen, reason=reason)
    except Invalid as problem:
        case = reviewing.case(session, visitor.acting, review_id=review_id)
        return _case(request, visitor, case, reason=reason, errors=messages(problem.errors))
    return RedirectResponse("/review", 303)


def _case(
    request: Request,
    visitor: Visitor,
    case: reviewing.Case,
    *,
    others: Sequence[Establishment] = (),
    searched: str = "",
    reason: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    return page(
        request, "review_case.html", visitor=visitor, status=400 if errors else 200,
        title="Which school is this child at?", case=case, others=others, searched=searched,
        reason=reason, errors=errors or {}, now=visitor.now,
        child_facts=evidence.child_facts(case.child),
    )  # fmt: skip
