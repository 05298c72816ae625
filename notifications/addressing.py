"""Where an alert goes and what its text is filled in with: looked up at the moment of claiming."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import logs
from app.core.cipher import CannotOpen, Cipher
from notifications.attempts import Resolver, WaitingAlert
from notifications.states import Medium, Template
from schools.calendars import nation_of_council
from schools.key_adult_details import SealedKeyAdult, mobile_of, open_details, verified_mobile
from schools.models import KeyAdult
from schools.officers import Officer, officer_details
from schools.queries import nations
from schools.term_dates import Nation

log = logs.get(__name__)

Resolvers = Mapping[str, Resolver]


def addresses(session: Session, cipher: Cipher, alerts: Sequence[WaitingAlert]) -> dict[UUID, str]:
    """Return the address of each alert; a record that does not open gives one that is none."""
    adults = _key_adults(session, {alert.key_adult_id for alert in alerts})
    officers = _officers(session, {alert.officer_id for alert in alerts})
    found: dict[UUID, str] = {}
    for alert in alerts:
        try:
            if alert.officer_id is not None:
                found[alert.id] = officer_details(cipher, officers[alert.officer_id]).email
            elif alert.key_adult_id is not None:
                found[alert.id] = _of_key_adult(cipher, adults[alert.key_adult_id], alert)
        except CannotOpen:
            found[alert.id] = ""
    return found


def in_welsh(session: Session, alerts: Sequence[WaitingAlert]) -> set[UUID]:
    """Return the alerts that are written in both languages: to Welsh schools and councils."""
    places = nations(session, {alert.urn for alert in alerts if alert.urn is not None})
    return {alert.id for alert in alerts if _nation(alert, places) is Nation.WALES}


def fillings(
    session: Session, cipher: Cipher, alerts: Sequence[WaitingAlert], resolvers: Resolvers
) -> dict[UUID, Mapping[str, str] | None]:
    """Return what each text is filled in with; None where an alert is no longer needed.

    A resolver that fails leaves its alert with nothing: that one cannot be built and is set aside
    in the end, and none of the others waits for it.
    """
    found: dict[UUID, Mapping[str, str] | None] = {}
    for alert in alerts:
        kind, _, ident = (alert.about or "").partition(":")
        resolver = resolvers.get(kind)
        if resolver is None:
            found[alert.id] = {}
            continue
        try:
            found[alert.id] = resolver(session, cipher, UUID(ident))
        except Exception as error:  # noqa: BLE001 (one alert that cannot be filled in stops no other)
            log.error("alert not filled in", item=str(alert.id), error=logs.error_kind(error))
            found[alert.id] = {}
    return found


def _of_key_adult(cipher: Cipher, adult: SealedKeyAdult, alert: WaitingAlert) -> str:
    """Return where a key adult's alerts go; a link that makes an account goes to the person alone.

    An alert tells nothing and may go to a mailbox that several read (features.md RE10).
    """
    details = open_details(cipher, adult)
    if alert.medium is Medium.TEXT:
        # A code goes to the number it is to prove.
        proved = verified_mobile(cipher, adult, details)
        return (mobile_of(details) if alert.template == Template.CODE else proved) or ""
    return details.email if alert.template == Template.INVITATION else details.address


def _nation(alert: WaitingAlert, places: Mapping[int, Nation]) -> Nation | None:
    if alert.urn is not None:
        return places.get(alert.urn)
    return nation_of_council(alert.council) if alert.council is not None else None


def _key_adults(session: Session, ids: set[UUID | None]) -> dict[UUID, SealedKeyAdult]:
    columns = (getattr(KeyAdult, name) for name in SealedKeyAdult._fields)
    rows = session.execute(select(*columns).where(KeyAdult.id.in_(ids - {None})))
    return {row.id: row for row in map(SealedKeyAdult._make, rows)}


def _officers(session: Session, ids: set[UUID | None]) -> dict[UUID, Officer]:
    rows = session.scalars(select(Officer).where(Officer.id.in_(ids - {None})))
    return {row.id: row for row in rows}
