"""Whether a force may go live: what its matching finds, and whether its schools and people answer.

Source: features.md AD2. Asked once, before the first live police system is added; a force that is
live is never taken back to trial, since that would leave children of a morning to nobody.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from app.access.forces import councils_of
from app.core.cipher import Cipher
from app.core.policy import Policy
from app.reports.readiness import ALARMS, Gap, force_readiness
from schools.drills import last_answered
from schools.queries import places_of_councils


@dataclass(frozen=True, slots=True)
class MatchingTrial:
    """What the matching made of a force's own records: counts, nobody.

    `needing` are the children somebody has to be told of; of `found` the school or council was
    found with no person looking; `reasons` say why the others went to a person.
    """

    incidents: int = 0
    needing: int = 0
    found: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


class Standard(StrEnum):
    """What has to be reached before a force is live."""

    # Children of its own records, so that the share means something.
    CHILDREN = "children"
    MATCHED = "matched"
    READY = "ready"
    DRILLED = "drilled"
    # Its own people: reviewer, desk, duty officer, a group for restricted incidents, an area.
    COVER = "cover"


@dataclass(frozen=True, slots=True)
class Reached:
    """One standard: `reached` and `wanted` are shares, or counts where it is a number."""

    standard: Standard
    reached: float
    wanted: float
    # What is missing, as codes.
    gaps: tuple[Gap, ...] = ()

    @property
    def figure(self) -> int:
        """Return what was reached as a whole number: a count, or a share in hundredths."""
        counted = self.standard is Standard.CHILDREN
        return int(self.reached if counted else self.reached * 100)

    @property
    def met(self) -> bool:
        return self.reached >= self.wanted and not self.gaps


def standing(
    session: Session, cipher: Cipher, *, force: str, trial: MatchingTrial, on: date, policy: Policy
) -> tuple[Reached, ...]:
    """Return how far a force is on a London date, by the thresholds of its policy."""
    wanted = policy.going_live
    ready = force_readiness(session, cipher, force=force, on=on, policy=policy)
    urns = {urn for urn, _ in places_of_councils(session, councils_of(session, force))}
    since = on - timedelta(days=wanted.drill_days)
    answered = sum(day >= since for day in last_answered(session, urns).values()) if urns else 0
    lacking = tuple(gap for gap in ready.gaps if gap in ALARMS or gap is Gap.AREA_UNKNOWN)
    return (
        Reached(Standard.CHILDREN, trial.needing, wanted.children),
        Reached(Standard.MATCHED, _share(trial.found, trial.needing), wanted.matched),
        Reached(Standard.READY, _share(ready.can_receive, ready.schools), wanted.ready),
        Reached(Standard.DRILLED, _share(answered, len(urns)), wanted.drilled),
        Reached(Standard.COVER, 0, 0, lacking),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
