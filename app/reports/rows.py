"""The rows of a morning and the board they make. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from app.core.clock import at_london
from app.intake.outcomes import Outcome, OutcomeReason
from app.reports.night_feed import NightFeed, Refusals
from app.reports.told import Told
from notifications.states import LateCause, ToldHow

# What a list says in the place of a protected child's school.
NOT_SHOWN = "Not shown: protected"


@dataclass(frozen=True, slots=True)
class ChildRow:
    """One child on the board; `held_by` names who has it while it is not told."""

    child_id: UUID
    reference: str
    child_ref: str
    outcome: Outcome
    outcome_reason: OutcomeReason | None
    told: Told
    held_by: str
    schools: tuple[str, ...]
    notification_ids: tuple[UUID, ...]
    due_at: datetime | None
    minutes_left: int | None
    told_at: datetime | None
    told_how: ToldHow | None
    acknowledged_at: datetime | None
    late_cause: LateCause | None
    late_record: bool
    # Somebody was left out and another is asked; why is not for this page.
    recipient_changed: bool = False
    # Its schools are not named: the reference beside them would say where it is.
    protected: bool = False

    @property
    def told_in_time(self) -> bool:
        """Told by the deadline; a record that came after its morning never counts as met."""
        if self.told_at is None or self.due_at is None:
            return False
        return not self.late_record and self.told_at <= self.due_at


@dataclass(frozen=True, slots=True)
class HolidayBacklog:
    """Who waits for the first pupil morning: held untold, or told and to be matched again."""

    held: int = 0
    to_match_again: int = 0
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """One force's date; `all_told` only when nobody is left."""

    force: str
    on: date
    now: datetime
    rows: tuple[ChildRow, ...]
    holiday: HolidayBacklog = HolidayBacklog()
    # How the night was fed, while that is known: a silent feed may hide a child.
    feed: NightFeed | None = None
    # What police systems pushed and was turned away: each may be a child nobody knows of here.
    refused: Refusals | None = None
    # What test systems pushed in a day: apart from every count, told to nobody.
    trials: int = 0

    def count(self, told: Told) -> int:
        return sum(row.told is told for row in self.rows)

    @property
    def told(self) -> int:
        return self.count(Told.TOLD)

    @property
    def not_told(self) -> int:
        return self.count(Told.NOT_TOLD)

    @property
    def not_needed(self) -> int:
        return self.count(Told.NOT_NEEDED)

    @property
    def told_in_time(self) -> int:
        return sum(row.told_in_time for row in self.rows)

    @property
    def told_before_nine(self) -> int:
        nine = at_london(self.on, time(9, 0))
        return sum(row.told_at is not None and row.told_at < nine for row in self.rows)

    @property
    def acknowledged(self) -> int:
        return sum(row.acknowledged_at is not None for row in self.rows)

    @property
    def all_told(self) -> bool:
        """Nobody known is left, and nothing says that somebody may be missing."""
        in_doubt = self.refused is not None or (self.feed is not None and self.feed.rings)
        return self.not_told == 0 and not in_doubt
