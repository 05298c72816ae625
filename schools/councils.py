"""The councils of England and Wales by the three-digit code that the register gives them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from schools.models import Establishment

# What the register writes where there is no council.
_NONE = "000"


def council_names(session: Session) -> dict[str, str]:
    """Return every council of the register by code, in the order of the alphabet."""
    rows = session.execute(
        select(Establishment.la_code, Establishment.la_name)
        .where(Establishment.la_code != _NONE)
        .distinct()
        .order_by(Establishment.la_name, Establishment.la_code)
    )
    return {code: name for code, name in rows}  # noqa: C416 (rows are no pairs to the checker)
