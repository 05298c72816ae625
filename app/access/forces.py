"""Police forces: the tenants and data controllers."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Force
from app.core import audit
from app.core.errors import Refused

# The code stands in audit chains and sealed records, so it is short, plain and never changes.
_CODE = re.compile(r"[A-Za-z0-9-]{1,16}")


def add_force(session: Session, *, code: str, name: str, now: datetime, actor: str) -> Force:
    """Add a force under the scheme's default policy; raise `Refused` for a code that cannot be."""
    if not _CODE.fullmatch(code) or code.casefold() == audit.PLATFORM_CHAIN:
        raise Refused("A force's code is one to sixteen letters, digits or hyphens.")
    if session.get(Force, code) is not None:
        raise Refused("There is a force with this code already: choose another code.")
    if not 1 <= len(name.strip()) <= 100:
        raise Refused("A force's name is one to a hundred characters.")
    force = Force(code=code, name=name.strip(), added_at=now)
    session.add(force)
    session.flush()
    audit.record(
        session, event=audit.Event.FORCE_ADDED, actor=actor, force=code,
        subject=f"force:{code}", now=now,
    )  # fmt: skip
    return force


def force_named(session: Session, code: str) -> Force:
    """Return a force; raise `Refused` where there is none with this code."""
    found = session.get(Force, code)
    if found is None:
        raise Refused("There is no such force: `encompass force add CODE NAME` adds one.")
    return found


def only_force(session: Session) -> Force:
    """Return the one force there is; raise `Refused` where there is none, or a choice."""
    found = session.scalars(select(Force).order_by(Force.code).limit(2)).all()
    if not found:
        raise Refused("There is no force yet: `encompass force add CODE NAME` adds one.")
    if len(found) > 1:
        raise Refused("There are several forces: name one with --force CODE.")
    return found[0]
