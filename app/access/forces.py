"""Police forces: the tenants and data controllers."""

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.access.models import Force, ForceArea
from app.core import audit
from app.core.errors import Refused
from app.core.scope import Scope
from schools.queries import council_known, register_empty

# The code stands in audit chains and sealed records, so it is short, plain and never changes.
_COUNCIL = re.compile(r"[0-9]{3}")
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


def every_force(session: Session) -> Scope:
    """Return the scope of all forces by name, for pages and calls that belong to none of them.

    What a provider says of an alert, and counts without names. The database holds such a process
    to the forces it names; the platform's own work is for jobs and commands.
    """
    return Scope(forces=frozenset(codes(session)))


def codes(session: Session) -> list[str]:
    """Return the codes of all forces, in their order."""
    return list(session.scalars(select(Force.code).order_by(Force.code)))


def force_named(session: Session, code: str) -> Force:
    """Return a force; raise `Refused` where there is none with this code."""
    found = session.get(Force, code)
    if found is None:
        raise Refused("There is no such force: `encompass force add CODE NAME` adds one.")
    return found


def force_name(session: Session, code: str) -> str:
    """Return what people call a force; its code where there is none with it."""
    found = session.get(Force, code)
    return code if found is None else found.name


def require_live(session: Session, code: str) -> None:
    """Raise `Refused` for a force that is not live yet, and for one there is not."""
    if force_named(session, code).live_at is None:
        raise Refused(
            f"Force {code} is not live yet. Its system tries its messages with --test; then "
            f"`encompass force go-live {code} FILE` says what is missing, and makes it live."
        )


def only_force(session: Session) -> Force:
    """Return the one force there is; raise `Refused` where there is none, or a choice."""
    found = session.scalars(select(Force).order_by(Force.code).limit(2)).all()
    if not found:
        raise Refused("There is no force yet: `encompass force add CODE NAME` adds one.")
    if len(found) > 1:
        raise Refused("There are several forces: name one with --force CODE.")
    return found[0]


def set_area(
    session: Session, *, code: str, councils: Iterable[str], now: datetime, actor: str
) -> frozenset[str]:
    """Say which councils' areas a force polices, in place of what was said before.

    Raises `Refused` for an unknown force, for what is no council's three-digit code, and for a
    council that the register does not have; while the register is empty, any code will do.
    """
    force_named(session, code)
    wanted = frozenset(councils)
    if not all(_COUNCIL.fullmatch(council) for council in wanted):
        raise Refused("A council is its three-digit code in the register, such as 999.")
    unknown = sorted(code for code in wanted if not council_known(session, code))
    if unknown and not register_empty(session):
        raise Refused(
            f"No school of the register lies in council {', '.join(unknown)}: check the code."
        )
    session.execute(delete(ForceArea).where(ForceArea.force == code))
    session.add_all(ForceArea(force=code, council=council) for council in sorted(wanted))
    session.flush()
    audit.record(
        session, event=audit.Event.FORCE_AREA_CHANGED, actor=actor, force=code,
        subject=f"force:{code}", now=now, detail={"councils": sorted(wanted)},
    )  # fmt: skip
    return wanted


def councils_of(session: Session, force: str) -> frozenset[str]:
    """Return the codes of the councils whose area a force polices."""
    found = session.scalars(select(ForceArea.council).where(ForceArea.force == force))
    return frozenset(found)


def forces_of(session: Session, council: str) -> list[str]:
    """Return the forces that police a council's area, by code; mostly one."""
    found = session.scalars(
        select(ForceArea.force).where(ForceArea.council == council).order_by(ForceArea.force)
    )
    return list(found)


def force_for(session: Session, council: str) -> str | None:
    """Return whose mail carries what the platform itself says to a school of this council.

    The force of the area; where nobody has said which, the first there is.
    """
    of_area = forces_of(session, council)
    if of_area:
        return of_area[0]
    return session.scalars(select(Force.code).order_by(Force.code).limit(1)).first()
