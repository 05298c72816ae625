"""Kills while keys change or are destroyed: all stays readable, or an incident is erased whole."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.accounts import details_of
from app.access.models import Account
from app.core import keys, rotation
from app.core.audit import Event
from app.core.cipher import Cipher
from app.core.crash_points import CrashPoint
from app.core.key_file import KeyFile, Keys
from app.core.models import AuditEntry, ContentKey
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children
from benchmarks.crash_place import Place, Tally
from notifications.models import NotificationContent

# After this long nothing is kept, whoever was told and whoever was not.
_ALL_OVER = timedelta(days=400)
# Kills of one round at most.
_AT_ONCE = 5
# How often the places are passed by one change of keys, and by the erasure of one incident.
TURNS, ERASING = 8, 3


def turned(here: Place, first: int, tally: Tally, most: int) -> int:
    """Cut changes of the master key off and finish each, looking all the time; return the kills."""
    kills = 0
    for number in range(min(most, _AT_ONCE)):
        place = (first + number) % TURNS + 1
        killed, _ = here.live("rotate", crash=f"{CrashPoint.KEYS_TURNED.value}:{place}")
        kills += killed
        _all_opens(here, tally)
        here.live("rotate")
        _retire(here, tally)
        _all_opens(here, tally)
        # The morning goes on beside it: what falls due meanwhile is done under the new key.
        here.live("tick")
    return kills


def _retire(here: Place, tally: Tally) -> None:
    path, base = here.settings.key_path, here.wiring.database
    if left := rotation.left_behind(base, here.wiring.cipher):
        _half(tally, f"left behind {left}")
    later = here.now + rotation.RETIRED_AFTER
    rotation.retire(base, here.wiring.cipher, path, now=later, actor="operator:rehearsal")
    if len(Keys.load(path).masters) != 1:
        _half(tally, "the old key is still there")


def erased(here: Place, first: int, tally: Tally, most: int) -> int:
    """Cut the erasure of everything off several times, looking, and finish it; return the kills."""
    kills, killed = 0, True
    while killed and kills < min(most, _AT_ONCE):
        crash = f"{CrashPoint.CONTENT_ERASED.value}:{(first + kills) % ERASING + 1}"
        killed, _ = here.live("purge", crash=crash, now=_when_all_is_over(here))
        kills += killed
        _each_whole_or_erased(here, tally)
    # What it was killed at twice the next life knows, and leaves alone for a while
    # (docs/decisions/0146).
    for hours in range(2):
        here.live("purge", now=_when_all_is_over(here, later=timedelta(hours=hours)))
    if left := _each_whole_or_erased(here, tally):
        _half(tally, f"{left} incidents not erased")
    here.live("tick")
    return kills


def _when_all_is_over(here: Place, *, later: timedelta = timedelta()) -> str:
    return (here.now + _ALL_OVER + later).isoformat()


Afterwards = Callable[[Place, int, Tally, int], int]
AFTERWARDS: Mapping[CrashPoint, Afterwards] = MappingProxyType(
    {CrashPoint.KEYS_TURNED: turned, CrashPoint.CONTENT_ERASED: erased}
)


def _half(tally: Tally, said: str) -> None:
    tally.half += 1
    tally.said.append(said)


def _all_opens(here: Place, tally: Tally) -> None:
    """Open every child and every account with the keys as the file has them, and no other."""
    cipher = Cipher(KeyFile(here.settings.key_path).current())
    with here.wiring.database.read(PLATFORM) as session:
        pairs = session.execute(
            select(InvolvedChild, Incident.content_key_id).join(
                Incident, Incident.id == InvolvedChild.incident_id
            )
        ).all()
        opened = keys.open_keys(session, cipher, [key for _, key in pairs])
        for child, key in pairs:
            open_children(cipher, [child], opened[key])
        for account in session.scalars(select(Account)):
            details_of(cipher, account)
    if not pairs:
        _half(tally, "nothing was there to open")


def _each_whole_or_erased(here: Place, tally: Tally) -> int:
    """Hold each incident to being one or the other in all its parts; return how many are whole."""
    whole = 0
    with here.wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(Incident, ContentKey).join(ContentKey, ContentKey.id == Incident.content_key_id)
        ).all()
        for incident, key in rows:
            gone = key.destroyed_at is not None
            whole += not gone
            facts = {
                "key": key.wrapped_key is None, "digests": not _digests(session, incident),
                "trail": _erasures(session, incident) == 1,
            }  # fmt: skip
            if any(fact is not gone for fact in facts.values()):
                _half(tally, f"{incident.reference} erased in part: {facts}")
        contents = session.scalar(select(func.count()).select_from(NotificationContent))
    if not contents:
        _half(tally, "no content was there to erase")
    return whole


def _digests(session: Session, incident: Incident) -> int:
    known = select(func.count()).where(
        InvolvedChild.incident_id == incident.id, InvolvedChild.person_digest.is_not(None)
    )
    return session.scalar(known) or 0


def _erasures(session: Session, incident: Incident) -> int:
    rows = select(func.count()).where(
        AuditEntry.subject == f"incident:{incident.id}", AuditEntry.event == Event.CONTENT_ERASED
    )
    return session.scalar(rows) or 0
