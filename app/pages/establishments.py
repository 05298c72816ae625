"""Schools in the register: facts, names, whose pupils they serve; and what became of each file."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from app.access.permissions import Action, Relation, may
from app.casework import calendars, establishments
from app.casework.tonight import tonight
from app.core.errors import Invalid
from app.pages.deps import Posted, SignedIn, Visitor, Wired, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.register_words import ALERTING, HOLIDAYS, REASONS, STEPS
from app.pages.rendering import page
from schools.models import Establishment, Status
from schools.register_diff import ChangeKind, Use
from schools.register_models import AliasKind

router = APIRouter(route_class=PageRoute)

Urn = Annotated[int, Path(ge=100_000, le=999_999)]

# A school that is open is called so on the page itself: the word is not the verb in Welsh.
STATUSES = {
    Status.OPEN_PROPOSED_TO_CLOSE: "Open, proposed to close",
    Status.PROPOSED_TO_OPEN: "Proposed to open",
    Status.CLOSED: "Closed",
}
KINDS = {AliasKind.ALIAS: "also called", AliasKind.FORMER: "called so before"}
CHANGES = {
    ChangeKind.SPLIT.value: "split",
    ChangeKind.MERGED.value: "merged",
    ChangeKind.URN_CHANGED.value: "has another number",
    ChangeKind.CLOSED.value: "closed",
    ChangeKind.MISSING.value: "not in the file",
    ChangeKind.CLOSING.value: "proposed to close",
    ChangeKind.REOPENED.value: "open again",
    ChangeKind.RENAMED.value: "has another name",
    ChangeKind.CHANGED.value: "changed",
    ChangeKind.ADDED.value: "new",
    "unchanged": "as before",
    "rejected": "rows refused",
    "links": "new links",
    "former_names": "former names kept",
    "touched": "in use here and changed",
}
USES = {
    Use.KEY_ADULTS.value: "key adults",
    Use.ROLL.value: "a roll",
    Use.CALENDAR.value: "a calendar",
    Use.MESSAGES.value: "messages under way",
}
OUTCOMES = {"applied": "Applied", "refused": "Refused", "dry_run": "Looked at"}
REFUSALS = {
    "too_many_closures": "It would close more than a tenth of the open schools.",
    "too_many_changes": "It would change more than a quarter of all schools.",
    "older_than_applied": "It is older than the file applied before.",
    "unreadable": "It cannot be read as the official file.",
}
_WORDS: dict[str, Any] = {
    "statuses": STATUSES, "kinds": KINDS, "change_words": CHANGES, "use_words": USES,
    "import_words": OUTCOMES, "refusals": REFUSALS,
}  # fmt: skip


@router.get("/register/schools")
def search_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    establishments.find(session, visitor.acting, text="")
    return _found(request, visitor, session)


@router.post("/register/schools")
def search_press(
    request: Request,
    *,
    visitor: Posted,
    session: Write,
    text: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    found = establishments.find(session, visitor.acting, text=text)
    return _found(request, visitor, session, found, searched=text)


@router.get("/register/schools/{urn}")
def school_page(request: Request, urn: Urn, visitor: SignedIn, session: Write) -> Response:
    return _school(request, visitor, establishments.school(session, visitor.acting, urn=urn))


@router.get("/register/schools/{urn}/tonight")
def tonight_page(request: Request, urn: Urn, visitor: SignedIn, session: Write) -> Response:
    return page(
        request, "tonight.html", visitor=visitor, title="If an incident came tonight",
        night=tonight(session, visitor.acting, urn=urn), step_words=STEPS, alerting=ALERTING,
        reason_words=REASONS, holiday_words=HOLIDAYS,
    )  # fmt: skip


@router.post("/register/schools/{urn}/names")
def name_press(
    request: Request,
    urn: Urn,
    *,
    visitor: Posted,
    session: Write,
    name: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    try:
        establishments.add_name(session, visitor.acting, urn=urn, name=name)
    except Invalid as problem:
        found = establishments.school(session, visitor.acting, urn=urn)
        return _school(request, visitor, found, name=name, errors=messages(problem.errors))
    return _back(urn)


@router.post("/register/schools/{urn}/names/{alias_id}/remove")
def unname_press(urn: Urn, alias_id: UUID, visitor: Posted, session: Write) -> Response:
    establishments.remove_name(session, visitor.acting, urn=urn, alias_id=alias_id)
    return _back(urn)


@router.post("/register/schools/{urn}/serves/{predecessor_urn}")
def serves_press(urn: Urn, predecessor_urn: Urn, visitor: Posted, session: Write) -> Response:
    establishments.confirm_successor(
        session, visitor.acting, urn=urn, predecessor_urn=predecessor_urn
    )
    return _back(urn)


@router.get("/register/imports")
def imports_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    found = establishments.imports(session, visitor.acting)
    return page(
        request, "register_imports.html", visitor=visitor, title="Register files",
        imports=found, **_WORDS,
    )  # fmt: skip


@router.post("/register/imports/look")
def look_press(visitor: Posted, session: Write, wiring: Wired) -> Response:
    folder = wiring.settings.register_dir
    establishments.look_at_newest(session, visitor.acting, folder=folder)
    return RedirectResponse("/register/imports", 303)


@router.post("/register/imports/{import_id}/accept")
def accept_press(import_id: UUID, visitor: Posted, session: Write) -> Response:
    establishments.accept_import(session, visitor.acting, import_id=import_id)
    return RedirectResponse("/register/imports", 303)


def _found(
    request: Request,
    visitor: Visitor,
    session: Write,
    found: Sequence[Establishment] = (),
    *,
    searched: str = "",
) -> Response:
    return page(
        request, "schools.html", visitor=visitor, title="Find a school", found=found,
        searched=searched, may_manage=may(visitor.actor, Action.MANAGE_REGISTER, Relation()),
        councils=calendars.councils(session, visitor.acting),
    )  # fmt: skip


def _school(
    request: Request,
    visitor: Visitor,
    found: establishments.School,
    *,
    name: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    return page(
        request, "school.html", visitor=visitor, status=400 if errors else 200,
        title=found.place.name, school=found, name=name, errors=errors or {}, **_WORDS,
    )  # fmt: skip


def _back(urn: int) -> RedirectResponse:
    return RedirectResponse(f"/register/schools/{urn}", 303)
