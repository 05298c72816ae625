"""Who has a child that is not told yet: a person's name wherever one is known, else a room's."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.models import Account, AccountRole
from app.access.permissions import Role
from app.core.cipher import Cipher
from app.core.clock import show_date
from app.core.policy import Policy
from app.intake.models import InvolvedChild
from app.intake.outcomes import SENT, Outcome, OutcomeReason
from notifications.models import CallSheetLine, Notification, UnsettledChild
from notifications.passing_over import passed_over_each
from notifications.recipients import Recipient, people_of, people_of_each, those_shown
from schools.matching.models import PassedTo, Review, ReviewState
from schools.officers import Duty, officers_of


class Holders:
    """Answers for one force and date; each school, account and room is looked up once."""

    def __init__(
        self, session: Session, cipher: Cipher, *, force: str, policy: Policy, on: date,
        only: frozenset[UUID] | None = None,
    ) -> None:  # fmt: skip
        """`only` are the accounts that alone may know of the children asked about here."""
        self._only = only
        self._session = session
        self._cipher = cipher
        self._force = force
        self._policy = policy
        self._on = on
        self._names: dict[UUID, str] = {}
        self._rooms: dict[Role, list[UUID]] = {}
        # By child or message, of those that were looked up: what is open for it, else None.
        self._late_at: dict[UUID, datetime | None] = {}
        self._reviews: dict[UUID, Review | None] = {}
        self._lines: dict[UUID, CallSheetLine | None] = {}
        # By recipient, and by message: who may be told there, and who is left out of it.
        self._people: dict[str, list[Recipient]] = {}
        self._left_out: dict[UUID, frozenset[UUID]] = {}
        self._officers: dict[Duty, str] = {}

    def look_up(self, children: Iterable[UUID], untold: Iterable[Notification]) -> None:
        """Read at once what `of` will be asked of these; what was left out it reads by itself."""
        if wanted := set(children) - self._late_at.keys():
            self._late_at |= dict.fromkeys(wanted)
            late = select(UnsettledChild.involved_child_id, UnsettledChild.late_at).where(
                UnsettledChild.involved_child_id.in_(wanted), UnsettledChild.closed_at.is_(None)
            )
            self._late_at |= {
                row.involved_child_id: row.late_at for row in self._session.execute(late)
            }
            reviews = select(Review).where(
                Review.involved_child_id.in_(wanted), Review.state == ReviewState.OPEN
            )
            self._reviews |= dict.fromkeys(wanted)
            self._reviews |= {one.involved_child_id: one for one in self._session.scalars(reviews)}
        if messages := {one.id: one for one in untold if one.id not in self._lines}:
            self._lines |= dict.fromkeys(messages)
            lines = select(CallSheetLine).where(
                CallSheetLine.notification_id.in_(messages), CallSheetLine.closed_at.is_(None)
            )
            self._lines |= {one.notification_id: one for one in self._session.scalars(lines)}
            self._look_up_people(
                [one for ident, one in messages.items() if self._lines[ident] is None]
            )

    def _look_up_people(self, messages: Sequence[Notification]) -> None:
        """Read who may be told of messages that no caller has, and who is left out of each."""
        if not messages:
            return
        urns = {one.recipient: one.urn for one in messages if one.urn is not None}
        new = {place: urn for place, urn in urns.items() if place not in self._people}
        found = people_of_each(
            self._session, self._cipher, set(new.values()), on=self._on, policy=self._policy
        )
        self._people |= {place: found[urn] for place, urn in new.items()}
        asked = {one.id: self._people_for(one) for one in messages}
        self._left_out |= {
            ident: who.everybody
            for ident, who in passed_over_each(self._session, self._cipher, asked).items()
        }

    def of(self, child: InvolvedChild, visible: Sequence[Notification]) -> str:
        """Return who has this child now."""
        self.look_up([child.id], [one for one in visible if one.told_at is None])
        late = self._late(child)
        if late is not None:
            return late
        if child.outcome is Outcome.IN_REVIEW:
            return self._in_review(child)
        if child.outcome in {Outcome.DETAILS_AWAITED, Outcome.HELD}:
            desk = self._room("Desk", Role.FORCE_DESK)
            back = child.return_on if child.outcome is Outcome.HELD else None
            return f"{desk}, until pupils are back on {show_date(back)}" if back else desk
        if child.outcome is Outcome.NOT_NOTIFIED:
            return f"{self._room('Desk', Role.FORCE_DESK)}, other service to be told"
        untold = [one for one in visible if one.told_at is None]
        if untold:
            return "; ".join(dict.fromkeys(self._school(one) for one in untold))
        return self._room("Matching, then desk", Role.FORCE_DESK)

    def _in_review(self, child: InvolvedChild) -> str:
        """Return the reviewer; of a child whose school may be abroad first who finds it there."""
        if child.outcome_reason is not OutcomeReason.OTHER_JURISDICTION:
            return self._reviewer(child)
        desk = self._room("Desk", Role.FORCE_DESK)
        return f"{desk}, school abroad to be found; {self._reviewer(child)}"

    def _reviewer(self, child: InvolvedChild) -> str:
        review = self._reviews[child.id]
        if review is not None and review.claimed_by is not None:
            return f"Reviewer: {self._name(review.claimed_by)}"
        passed_to = review.passed_to if review is not None else None
        if passed_to is PassedTo.DESK:
            return self._room("Desk", Role.FORCE_DESK)
        room = self._by_duty("Reviewers", Duty.REVIEWER)
        room = room or self._room("Reviewers", Role.REVIEWER)
        return f"Council look-up; {room}" if passed_to is PassedTo.COUNCIL_LOOKUP else room

    def _late(self, child: InvolvedChild) -> str | None:
        """Return who has a child whose school nobody settled in time, beside whoever claimed it."""
        late = self._late_at[child.id]
        if late is None or child.outcome in SENT:
            return None
        duty = self._by_duty("Duty officer", Duty.DUTY_OFFICER)
        duty = duty or (
            f"Duty officer: {self._of_policy}"
            if self._only is None
            else self._room("Duty officer", Role.FORCE_DESK)
        )
        if child.outcome is not Outcome.IN_REVIEW:
            return duty
        return f"{duty}; {self._in_review(child)}"

    def _by_duty(self, room: str, duty: Duty) -> str | None:
        """Return the named officers of the force with a duty, in the order asked."""
        if duty not in self._officers:
            owner = f"force:{self._force}"
            found = officers_of(self._session, self._cipher, owner, duty, on=self._on)
            self._officers[duty] = ", ".join(
                one.name
                for one in found
                if one.name and (self._only is None or one.account_id in self._only)
            )
        names = self._officers[duty]
        return f"{room}: {names}" if names else None

    def _school(self, notification: Notification) -> str:
        line = self._lines[notification.id]
        if line is not None and line.claimed_by is not None:
            return f"Caller: {self._name(line.claimed_by)}"
        if line is not None:
            return self._room("Call sheet", Role.FORCE_DESK)
        if notification.shown_only_to is not None:
            return self._of_released(notification)
        who = "Council officer" if notification.urn is None else "Key adult"
        name = self._recipient(notification)
        return f"{who}: {name}" if name else self._room("Desk", Role.FORCE_DESK)

    def _of_released(self, notification: Notification) -> str:
        """Name nobody whose name says at which school a protected child is."""
        if self._recipient(notification) is None:
            return self._room("Desk", Role.FORCE_DESK)
        return "The one person it was released to"

    def _recipient(self, notification: Notification) -> str | None:
        """Return the first person who can receive and is not left out of this one."""
        left_out = self._left_out[notification.id]
        able = (
            one
            for one in self._people_for(notification)
            if one.can_receive and one.id not in left_out
        )
        return next((one.name for one in able), None)

    def _people_for(self, notification: Notification) -> list[Recipient]:
        place = notification.recipient
        if place not in self._people:
            self._people[place] = people_of(
                self._session, self._cipher, urn=notification.urn, council=notification.council,
                on=self._on, policy=self._policy,
            )  # fmt: skip
        return those_shown(self._people[place], notification.shown_only_to)

    def _room(self, room: str, role: Role) -> str:
        """Return a room and its people who can sign in; an empty room's work is the duty officer's.

        The name in the policy stands for the officer only where nobody is registered as one.
        """
        ids = self._in_room(role)
        people = ", ".join(self._each_name(ids))
        if people:
            return f"{room}: {people}"
        if self._only is not None:
            return (
                f"{room}: {', '.join(self._each_name(sorted(self._only))) or 'nobody may see it'}"
            )
        return self._by_duty(room, Duty.DUTY_OFFICER) or f"{room}: {self._of_policy}"

    def _in_room(self, role: Role) -> list[UUID]:
        if role not in self._rooms:
            ids = self._session.scalars(
                select(AccountRole.account_id)
                .join(Account, Account.id == AccountRole.account_id)
                .where(
                    AccountRole.force == self._force,
                    AccountRole.role == role,
                    AccountRole.ended_at.is_(None),
                    Account.enrolled_at.is_not(None),
                    Account.disabled_at.is_(None),
                )
                .order_by(AccountRole.granted_at)
            )
            only = self._only
            self._rooms[role] = [one for one in ids if only is None or one in only]
        return self._rooms[role]

    @property
    def _of_policy(self) -> str:
        """Return the duty officer whom only the policy names: a name, and nothing to ring."""
        return f"{self._policy.desk.duty_officer} (no number known)"

    def _each_name(self, ids: Iterable[UUID]) -> list[str]:
        return [self._name(account_id) for account_id in ids]

    def _name(self, account_id: UUID) -> str:
        if account_id not in self._names:
            self._names |= names_of(self._session, self._cipher, [account_id])
        return self._names[account_id]
