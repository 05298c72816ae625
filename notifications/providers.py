"""The providers of alerts as rows: who may be handed how many now, and what a block tells of them.

A provider that fails is left alone for everybody at once, and every change of its standing is kept
on the trail with its reason. Needs the scope of the platform.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, logs
from app.core.audit import Event
from app.core.database import insert_unless_there
from notifications import breaker
from notifications.attempts import NOT_TRIES, AlertResult, ResultKind
from notifications.breaker import ProviderState, Standing
from notifications.channels.base import AlertChannel
from notifications.provider_models import Provider
from notifications.states import TEXTING, Channel, Medium

log = logs.get(__name__)

ACTOR = "job:send_due"
# The provider's trouble without a doubt, whichever alert met it.
_ITS_OWN = frozenset(
    {ResultKind.BUSY, ResultKind.REFUSED, ResultKind.CONNECTION, ResultKind.UNASKED}
)
_ANSWERED = frozenset({ResultKind.HANDED_OVER, ResultKind.PERMANENT})


@dataclass(slots=True)
class Room:
    """How many alerts one provider may be handed in this block."""

    channel: AlertChannel
    left: int
    probe: bool = False
    used: int = 0

    @property
    def only_full(self) -> bool:
        """Whether it works, and has been handed all that it may be for now."""
        return not self.probe and not self.left

    def take(self) -> None:
        self.left -= 1
        self.used += 1


@dataclass(frozen=True, slots=True)
class News:
    """How the providers stand after a block."""

    standing: Mapping[Channel, Standing]

    def works(self, name: str) -> bool:
        """Return whether a provider is handed alerts as usual; one without a row is."""
        return self.standing.get(Channel(name), breaker.WORKING).works

    def another(self, medium: Medium) -> bool:
        """Return whether some provider of this medium works."""
        return any(
            one.works and (name in TEXTING) == (medium is Medium.TEXT)
            for name, one in self.standing.items()
        )


def rooms(
    session: Session, channels: Sequence[AlertChannel], *, limit: int, now: datetime
) -> list[Room]:
    """Return what each provider may be handed now, in their order; locks their rows."""
    for channel in channels:
        insert_unless_there(
            session, Provider, name=channel.name, state=ProviderState.CLOSED, failures=0,
            openings=0, changed_at=now,
        )  # fmt: skip
    rows = _locked(session, [Channel(channel.name) for channel in channels])
    return [_room(channel, rows[Channel(channel.name)], limit, now) for channel in channels]


def spend(session: Session, handed: Iterable[Room], *, now: datetime) -> None:
    """Write down what was taken from each provider's allowance, and who is being probed."""
    for room in handed:
        row = session.get_one(Provider, room.channel.name)
        if room.used and room.probe:
            _store(session, row, breaker.probing(_standing(row), now), now)
        if room.used and room.channel.per_minute is not None:
            row.tokens = _allowed(row, room.channel.per_minute, now) - room.used
            row.tokens_at = now
    session.flush()


def heard(session: Session, results: Sequence[AlertResult], *, now: datetime) -> News:
    """Take in what a block tells of the providers; return how they stand."""
    rows = _locked(session)
    for name, row in rows.items():
        its = [one for one in results if one.channel == name and one.code not in NOT_TRIES]
        _store(session, row, _after(_standing(row), its, now), now)
    session.flush()
    return News({name: _standing(row) for name, row in rows.items()})


def troubles(session: Session) -> list[Provider]:
    """Return the providers that are not handed alerts as usual, with the reason: for the alarms."""
    return list(
        session.scalars(
            select(Provider).where(Provider.state != ProviderState.CLOSED).order_by(Provider.name)
        )
    )


def _after(standing: Standing, results: Sequence[AlertResult], now: datetime) -> Standing:
    """Return a provider's standing after its results of one block.

    What got through in the same block outweighs what failed, unless the provider itself said stop.
    """
    told_to_stop = [one for one in results if one.seconds is not None]
    if any(one.kind in _ANSWERED for one in results):
        standing = breaker.worked(standing)
        results = told_to_stop
    for one in results:
        if one.seconds is None and not one.blames_provider:
            continue
        standing = breaker.failed(
            standing, code=one.code or one.kind.value, now=now, seconds=one.seconds,
            alert_id=None if one.kind in _ITS_OWN else one.alert_id,
        )  # fmt: skip
    return standing


def _room(channel: AlertChannel, row: Provider, limit: int, now: datetime) -> Room:
    standing = _standing(row)
    if not standing.works:
        return Room(channel, int(breaker.may_probe(standing, now)), probe=True)
    if channel.per_minute is None:
        return Room(channel, limit)
    return Room(channel, min(limit, int(_allowed(row, channel.per_minute, now))))


def _allowed(row: Provider, per_minute: int, now: datetime) -> float:
    return breaker.allowance(row.tokens, row.tokens_at, per_minute=per_minute, now=now)


def _locked(session: Session, names: Collection[Channel] | None = None) -> dict[Channel, Provider]:
    """Return the rows, locked in the order of their names so that two claims never cross."""
    wanted = [] if names is None else [Provider.name.in_(names)]
    rows = session.scalars(
        select(Provider)
        .where(*wanted)
        .order_by(Provider.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.name: row for row in rows}


def _standing(row: Provider) -> Standing:
    return Standing(
        row.state, row.failures, row.openings, row.last_failed_id, row.until, row.reason_code
    )


def _store(session: Session, row: Provider, standing: Standing, now: datetime) -> None:
    before = row.state
    row.state, row.until, row.reason_code = standing.state, standing.until, standing.reason_code
    row.failures, row.openings = standing.failures, standing.openings
    row.last_failed_id = standing.last_failed_id
    if standing.state is before:
        return
    row.changed_at = now
    if standing.state is ProviderState.HALF_OPEN:
        return
    audit.record(
        session, event=Event.PROVIDER_CHANGED, actor=ACTOR, force=None,
        subject=f"provider:{row.name.value}", now=now,
        reason_code=standing.reason_code or "works_again",
        detail={"state": standing.state.value, "openings": standing.openings},
    )  # fmt: skip
    say = log.info if standing.works else log.error
    say("provider changed", channel=row.name.value, state=standing.state.value,
        code=standing.reason_code)  # fmt: skip
