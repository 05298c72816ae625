"""The ladder of a holiday: the school's holiday contact, the others, then the council's desk.

Source: domain.md §6. While its pupils are away a school's council answers for it, once its
officers were asked; on the first pupil morning that ends, and with it what they may see.
"""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from notifications.models import Alert, AlertCover, Notification
from schools.holiday_contacts import holiday_contacts
from schools.key_adults import Contact


def in_holiday(notification: Notification, *, on: date) -> bool:
    """Return whether a school's notification is told in its holiday on this London date."""
    back = notification.return_on
    return notification.urn is not None and back is not None and on < back


def holiday_order(session: Session, urn: int, people: list[Contact], *, on: date) -> list[Contact]:
    """Return a school's key adults with those first who answer in this holiday."""
    covering = holiday_contacts(session, [urn], on=on)
    return sorted(people, key=lambda one: one.key_adult_id not in covering)


def answered_by_council(on: date) -> ColumnElement[bool]:
    """Return what is true of notifications whose council's officers were asked in a holiday."""
    asked = exists().where(
        AlertCover.notification_id == Notification.id,
        Alert.id == AlertCover.alert_id,
        Alert.officer_id.is_not(None),
    )
    return and_(Notification.urn.is_not(None), Notification.return_on > on, asked)


def council_answers(session: Session, notification: Notification, *, on: date) -> bool:
    """Return whether the council's officers may act on this school's notification now."""
    if not in_holiday(notification, on=on):
        return False
    found = select(Notification.id).where(
        Notification.id == notification.id, answered_by_council(on)
    )
    return session.scalars(found).first() is not None
