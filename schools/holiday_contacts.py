"""Who answers for a school while it is closed: key adults with holiday cover on that date."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schools.key_adult_models import HolidayCover
from schools.models import KeyAdult


def holiday_contacts(session: Session, urn: int, *, on: date) -> frozenset[UUID]:
    """Return the ids of a school's key adults who said that they answer on this London date."""
    rows = session.scalars(
        select(HolidayCover.key_adult_id)
        .join(KeyAdult, KeyAdult.id == HolidayCover.key_adult_id)
        .where(KeyAdult.urn == urn, HolidayCover.first_on <= on, HolidayCover.last_on >= on)
    )
    return frozenset(rows)
