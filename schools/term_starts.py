"""When the current term began, for many schools with two queries."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from schools.models import Establishment, Term
from schools.reverifying import term_began


def term_starts(
    session: Session, *, on: date, urns: Iterable[int] | None = None
) -> dict[int, date]:
    """Return the first day of the current term of each school where somebody knows it.

    The school's own terms count before its council's; of all schools where none are named.
    """
    wanted = None if urns is None else set(urns)
    if wanted is not None and not wanted:
        return {}
    query = select(Establishment.urn, Establishment.la_code)
    if wanted is not None:
        query = query.where(Establishment.urn.in_(wanted))
    places = session.execute(query).all()
    owners = {f"council:{council}" for _, council in places}
    terms = _terms(session, owners, wanted)
    began = {owner: term_began(spans, on=on) for owner, spans in terms.items()}
    found: dict[int, date] = {}
    for urn, council in places:
        own = f"urn:{urn}"
        first = began.get(own if own in terms else f"council:{council}")
        if first is not None:
            found[urn] = first
    return found


def _terms(
    session: Session, councils: set[str], urns: set[int] | None
) -> dict[str, list[tuple[date, date]]]:
    schools = (
        Term.owner.startswith("urn:")
        if urns is None
        else Term.owner.in_({f"urn:{urn}" for urn in urns})
    )
    found: dict[str, list[tuple[date, date]]] = {}
    rows = session.scalars(
        select(Term).where(or_(Term.owner.in_(councils), schools)).order_by(Term.first_on)
    )
    for row in rows:
        found.setdefault(row.owner, []).append((row.first_on, row.last_on))
    return found
