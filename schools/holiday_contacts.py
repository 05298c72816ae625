"""Who answers for a school while it is closed: key adults with holiday cover on that date."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schools.key_adult_models import HolidayCover
from schools.models import KeyAdult


def holiday_contacts(session: Session, urns: Collection[int], *, on: date) -> frozenset[UUID]:
    """Return the ids of these schools' key adults who answer on this London date."""
    if not urns:
        return frozenset()
    rows = session.scalars(
        select(HolidayCover.key_adult_id)
        .join(KeyAdult, KeyAdult.id == HolidayCover.key_adult_id)
        .where(KeyAdult.urn.in_(set(urns)), HolidayCover.first_on <= on, HolidayCover.last_on >= on)
    )
    return frozenset(rows)
