"""Who could not receive tomorrow, and the drills that show whether messages arrive."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.access.permissions import Role
from app.casework import drilling, readiness
from app.core.errors import NotFound
from app.pages import readiness_words
from app.pages.deps import Posted, SignedIn, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)


@router.get("/reports/readiness")
def readiness_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    parts = readiness.tomorrow(session, visitor.acting)
    return page(
        request, "readiness.html", visitor=visitor, title="Ready for tomorrow?", parts=parts,
        unready_words=readiness_words.UNREADY, gap_words=readiness_words.GAPS,
    )  # fmt: skip


@router.get("/reports/drills")
def drills_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    views = drilling.all_drills(session, visitor.acting)
    return page(
        request, "drills.html", visitor=visitor, title="Drills", drills=views,
        forces=sorted(visitor.actor.forces(Role.LEAD)),
        councils=sorted(visitor.actor.councils(Role.LEAD)),
    )  # fmt: skip


@router.post("/reports/drills")
def begin_press(
    visitor: Posted, session: Write, whose: Annotated[str, Form(max_length=24)] = ""
) -> Response:
    kind, _, code = whose.partition(":")
    if kind == "force":
        drill = drilling.begin_for_force(session, visitor.acting, force=code)
    elif kind == "council":
        drill = drilling.begin_for_council(session, visitor.acting, council=code)
    else:
        raise NotFound("There is nothing here for you.")
    return RedirectResponse(f"/reports/drills/{drill.id}", 303)


@router.get("/reports/drills/{drill_id}")
def drill_page(request: Request, drill_id: UUID, visitor: SignedIn, session: Write) -> Response:
    view = drilling.one_drill(session, visitor.acting, drill_id=drill_id)
    return page(request, "drill.html", visitor=visitor, title="Drill", view=view)


@router.post("/drills/{drill_school_id}/received")
def received_press(drill_school_id: UUID, visitor: Posted, session: Write) -> Response:
    drilling.answer(session, visitor.acting, drill_school_id=drill_school_id)
    return RedirectResponse("/inbox", 303)
