"""What is still open after telling, recalls with their questions, and one message's timeline."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import attending, open_matters, recalling
from app.casework.timeline import timeline
from app.pages import after_words
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page
from notifications.receipt_states import AbsenceResponse, AttendanceAnswer, BreachDecision, Said

router = APIRouter(route_class=PageRoute)
Chosen = Annotated[str, Form()]


@router.get("/morning/open")
def open_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    return page(
        request, "open_matters.html", visitor=visitor, title="Still open",
        parts=open_matters.of_forces(session, visitor.acting), now=visitor.now,
        responses=after_words.RESPONSES, answers=after_words.ATTENDANCE,
    )  # fmt: skip


@router.post("/morning/open/{notification_id}/attendance")
def attendance_press(
    notification_id: UUID, *, visitor: Posted, session: Write, answer: Chosen = ""
) -> Response:
    if answer in set(AttendanceAnswer):
        attending.answer_by_phone(
            session, visitor.acting, notification_id=notification_id, said=AttendanceAnswer(answer)
        )
    return RedirectResponse("/morning/open", 303)


@router.post("/morning/open/{notification_id}/response")
def response_press(
    notification_id: UUID, *, visitor: Posted, session: Write, response: Chosen = ""
) -> Response:
    if response in set(AbsenceResponse):
        attending.respond(
            session, visitor.acting, notification_id=notification_id,
            response=AbsenceResponse(response),
        )  # fmt: skip
    return RedirectResponse("/morning/open", 303)


@router.get("/timeline/{notification_id}")
def timeline_page(
    request: Request, notification_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    found = timeline(session, visitor.acting, notification_id=notification_id)
    return page(
        request, "timeline.html", visitor=visitor, title="Timeline of a message", story=found,
        now=visitor.now, kinds=after_words.MOMENTS, words=after_words.code_words,
    )  # fmt: skip


@router.get("/morning/recalls/new/{notification_id}")
def recall_page(
    request: Request, notification_id: UUID, visitor: SignedIn, session: Write
) -> Response:
    case = recalling.before(session, visitor.acting, notification_id=notification_id)
    return _new(request, visitor, case)


@router.post("/morning/recalls/new/{notification_id}")
def recall_press(
    request: Request, notification_id: UUID, *, visitor: Posted, session: Write, reason: Chosen = ""
) -> Response:
    if reason not in set(recalling.RecallReason):
        case = recalling.before(session, visitor.acting, notification_id=notification_id)
        return _new(request, visitor, case, error="Say why it is taken back")
    recall_id = recalling.recall(
        session, visitor.acting, notification_id=notification_id,
        reason=recalling.RecallReason(reason),
    )  # fmt: skip
    return RedirectResponse(f"/morning/recalls/{recall_id}" if recall_id else "/morning", 303)


@router.get("/morning/recalls/{recall_id}")
def case_page(request: Request, recall_id: UUID, visitor: SignedIn, session: Write) -> Response:
    case = recalling.look(session, visitor.acting, recall_id=recall_id)
    return page(
        request, "recall.html", visitor=visitor, title="A message was taken back", case=case,
        said=after_words.SAID, seen=after_words.SEEN, decisions=after_words.DECISIONS,
        now=visitor.now,
    )  # fmt: skip


@router.post("/morning/recalls/{recall_id}/protecting")
def protecting_press(
    recall_id: UUID, *, visitor: Posted, session: Write, said: Chosen = ""
) -> Response:
    if said in set(Said):
        recalling.say_protecting(session, visitor.acting, recall_id=recall_id, said=Said(said))
    return _back(recall_id)


@router.post("/morning/recalls/{recall_id}/disclosed")
def disclosed_press(
    recall_id: UUID, *, visitor: Posted, session: Write, said: Chosen = ""
) -> Response:
    if said in set(Said):
        recalling.say_disclosed(session, visitor.acting, recall_id=recall_id, said=Said(said))
    return _back(recall_id)


@router.post("/morning/recalls/{recall_id}/dpo")
def dpo_press(recall_id: UUID, visitor: Posted, session: Write) -> Response:
    recalling.told_dpo(session, visitor.acting, recall_id=recall_id)
    return _back(recall_id)


@router.post("/morning/recalls/{recall_id}/decision")
def decision_press(
    recall_id: UUID, *, visitor: Posted, session: Write, decision: Chosen = ""
) -> Response:
    if decision in set(BreachDecision):
        recalling.decide(
            session, visitor.acting, recall_id=recall_id, decision=BreachDecision(decision)
        )
    return _back(recall_id)


def _new(request: Request, visitor: Visitor, case: recalling.Case, *, error: str = "") -> Response:
    return page(
        request, "recall_new.html", visitor=visitor, status=400 if error else 200,
        title="Take a message back", case=case, error=error,
        reasons=after_words.RECALL_REASONS, seen=after_words.SEEN,
    )  # fmt: skip


def _back(recall_id: UUID) -> Response:
    return RedirectResponse(f"/morning/recalls/{recall_id}", 303)
