"""None of the candidates: who looks next, the council, or a coded reason to tell nobody."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import none_of_these, reviewing
from app.casework.none_of_these import NoneOfThese, say_none
from app.casework.other_services import Service
from app.core.errors import Invalid
from app.intake.outcomes import OutcomeReason
from app.pages.codes import REASONS
from app.pages.dates import today_at
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.evidence import PASSED_TO
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.rendering import page, sentence
from app.pages.review import one_of
from schools.matching.models import PassedTo, ReviewReason

router = APIRouter(route_class=PageRoute)

# What happens with the child now, in three groups; the values are codes of three closed lists.
_WAYS = (
    ("Somebody else looks", tuple((to.value, text) for to, text in PASSED_TO.items())),
    (
        "The officers of the council where the child lives are told",
        tuple((one.value, sentence(REASONS[one])) for one in none_of_these.COUNCIL),
    ),
    (
        "Nobody is told by this service",
        tuple((one.value, sentence(REASONS[one])) for one in none_of_these.NOBODY),
    ),
)


@router.get("/review/{review_id}/none")
def none_page(request: Request, review_id: UUID, visitor: SignedIn, session: Write) -> Response:
    case = reviewing.case(session, visitor.acting, review_id=review_id)
    if not case.line.mine:
        return RedirectResponse(f"/review/{review_id}", 303)
    council = none_of_these.council_of(session, visitor.acting, review_id=review_id)
    return _page(request, visitor, case, NoneOfThese(None, certain=False, council=council))


@router.post("/review/{review_id}/none")
def none_press(
    request: Request,
    review_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    certain: Annotated[str, Form(max_length=3)] = "",
    then: Annotated[str, Form(max_length=32)] = "",
    council: Annotated[str, Form(max_length=3)] = "",
    service: Annotated[str, Form(max_length=32)] = "",
    service_reference: Annotated[str, Form(max_length=64)] = "",
    service_time: Annotated[str, Form(max_length=5)] = "",
    legal_reference: Annotated[str, Form(max_length=100)] = "",
    reason: Annotated[str, Form(max_length=32)] = "",
    words: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    answer = NoneOfThese(
        reason=one_of(ReviewReason, reason), certain=certain == "yes", words=words,
        passed_to=one_of(PassedTo, then), outcome=one_of(OutcomeReason, then),
        council=council.strip() or None, service=one_of(Service, service),
        service_reference=service_reference,
        service_told_at=today_at(service_time, visitor.now), legal_reference=legal_reference,
    )  # fmt: skip
    try:
        say_none(session, visitor.acting, review_id=review_id, answer=answer)
    except Invalid as problem:
        case = reviewing.case(session, visitor.acting, review_id=review_id)
        return _page(
            request, visitor, case, answer, then=then, service_time=service_time,
            errors=messages(problem.errors),
        )  # fmt: skip
    return RedirectResponse("/review", 303)


def _page(
    request: Request,
    visitor: Visitor,
    case: reviewing.Case,
    answer: NoneOfThese,
    *,
    then: str = "",
    service_time: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    return page(
        request, "review_none.html", visitor=visitor, status=400 if errors else 200,
        title="None of these schools", case=case, answer=answer, then=then, ways=_WAYS,
        service_time=service_time, errors=errors or {}, now=visitor.now,
    )  # fmt: skip
