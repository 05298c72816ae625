"""Whether somebody who can help was told of a child; computed, never stored. Pure.

Source: domain.md §2. Only opened by a named person, or told by phone, counts as told; received,
awaited, in review, held and in the mailbox unread are all `not_told`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.intake.outcomes import NEEDS_SERVICE, SENT, Outcome, OutcomeReason
from notifications.states import VISIBLE, NotificationState


class Told(StrEnum):
    """The three answers there are."""

    TOLD = "told"
    NOT_TOLD = "not_told"
    NOT_NEEDED = "not_needed"


# Each has a coded reason and an audit row; a superseded child is counted in its newer version.
_NOT_NEEDED = frozenset({Outcome.NOT_NOTIFIED, Outcome.WITHDRAWN, Outcome.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Telling:
    """What one notification says about telling."""

    state: NotificationState
    told_at: datetime | None


def told_of(
    outcome: Outcome, tellings: Sequence[Telling], *, reason: OutcomeReason | None,
    service_told: bool,
) -> Told:  # fmt: skip
    """Return the told state of a child: told only when every recipient concerned was told.

    A child who stays at risk and whom no school here is told of (`reason`) needs nobody more once
    a person recorded which other service was told.
    """
    if outcome is Outcome.NOT_NOTIFIED and reason in NEEDS_SERVICE and not service_told:
        return Told.NOT_TOLD
    if outcome in _NOT_NEEDED:
        return Told.NOT_NEEDED
    if outcome not in SENT:
        return Told.NOT_TOLD
    concerned = [telling for telling in tellings if telling.state in VISIBLE]
    everybody = bool(concerned) and all(telling.told_at is not None for telling in concerned)
    return Told.TOLD if everybody else Told.NOT_TOLD
