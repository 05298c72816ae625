"""What a force lead does with stored records: keep one beyond its time, and make a dossier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.casework import dossiers, legal_holds
from app.casework.dossiers import WhyMade
from app.core.errors import Invalid
from app.intake.legal_holds import WhyEnded, WhyKept
from app.pages import after_words
from app.pages.deps import Posted, ProvedPost, SignedIn, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)
HERE = "/records"
Text = Annotated[str, Form()]
KEPT = {
    WhyKept.COURT.value: "A court, or a criminal investigation",
    WhyKept.COMPLAINT.value: "A complaint or a claim",
    WhyKept.SAFEGUARDING_REVIEW.value: "A review of a child’s or an adult’s case",
    WhyKept.SUBJECT_REQUEST.value: "Somebody asked for, or contests, what is held of them",
    WhyKept.DATA_BREACH.value: "A data breach is looked into",
}
ENDED = {
    WhyEnded.MATTER_CLOSED.value: "The matter is closed",
    WhyEnded.EVIDENCE_TAKEN.value: "It is on another file by now",
    WhyEnded.SET_IN_ERROR.value: "It was kept in error",
}
MADE = {
    WhyMade.SUBJECT_ACCESS.value: "Somebody asked what is held of this child",
    WhyMade.RECTIFICATION.value: "Somebody says that it is wrong",
    WhyMade.COMMISSIONER.value: "The Information Commissioner asks",
}


@router.get(HERE)
def records_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    return _page(request, visitor, legal_holds.look(session, visitor.acting))


@router.post(f"{HERE}/keep")
def keep_press(
    request: Request, *, visitor: Posted, session: Write, force: Text = "", reference: Text = "",
    reason: Text = "",
) -> Response:  # fmt: skip
    shown = legal_holds.look(session, visitor.acting)
    errors = {} if reason in KEPT else {"keep-reason": "Say why it has to be kept"}
    if not errors:
        try:
            legal_holds.keep(
                session, visitor.acting, force=force, reference=reference, reason=WhyKept(reason)
            )
        except Invalid as wrong:
            errors = {f"keep-{one.loc}": one.message for one in wrong.errors}
    if errors:
        return _page(request, visitor, shown, errors=errors)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{hold_id}}/ask")
def ask_press(
    request: Request, hold_id: UUID, *, visitor: Posted, session: Write, reason: Text = ""
) -> Response:
    if reason not in ENDED:
        shown = legal_holds.look(session, visitor.acting)
        wrong = {f"end-{hold_id}": "Say why it need not be kept any longer"}
        return _page(request, visitor, shown, errors=wrong)
    legal_holds.ask_to_end(session, visitor.acting, hold_id=hold_id, reason=WhyEnded(reason))
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{hold_id}}/end")
def end_press(hold_id: UUID, visitor: Posted, session: Write) -> Response:
    legal_holds.answer(session, visitor.acting, hold_id=hold_id, ends=True)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{hold_id}}/leave")
def leave_press(hold_id: UUID, visitor: Posted, session: Write) -> Response:
    legal_holds.answer(session, visitor.acting, hold_id=hold_id, ends=False)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/dossier")
def dossier_press(
    request: Request, *, visitor: ProvedPost, session: Write, force: Text = "",
    reference: Text = "", child: Text = "", reason: Text = "", requester: Text = "",
    safe: Text = "",
) -> Response:  # fmt: skip
    shown = legal_holds.look(session, visitor.acting)
    errors = {}
    if reason not in MADE:
        errors["dossier-reason"] = "Say what the dossier is for"
    if requester != "yes":
        errors["requester"] = "First establish who asks, and that they may"
    if safe != "yes":
        errors["safe"] = "First ask whether an answer could put the child or an adult at risk"
    if not errors:
        try:
            found = dossiers.make(
                session, visitor.acting, force=force, reference=reference, child_ref=child,
                reason=WhyMade(reason),
            )  # fmt: skip
        except Invalid as wrong:
            errors = {f"dossier-{one.loc}": one.message for one in wrong.errors}
        else:
            return page(
                request, "dossier.html", visitor=visitor, title="Dossier of a child", found=found,
                now=visitor.now, words=after_words.code_words,
            )  # fmt: skip
    return _page(request, visitor, shown, errors=errors)


def _page(
    request: Request, visitor: Visitor, shown: legal_holds.Page, *,
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    return page(
        request, "records.html", visitor=visitor, status=400 if errors else 200, title="Records",
        shown=shown, errors=errors or {}, why_kept=KEPT, why_ended=ENDED, why_made=MADE,
    )  # fmt: skip
