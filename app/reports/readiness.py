"""Who could not receive tomorrow, and whether the force itself has somebody for every duty.

Source: domain.md §5: asked every evening at 18:00, for the schools of the councils that a force
polices and for its own reviewer, desk and duty officer with a stand-in.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.accounts import able_to_sign_in
from app.access.forces import councils_of
from app.access.models import Account, AccountRole
from app.access.permissions import Role
from app.access.restricted import can_do_the_work, members_of, people_of
from app.core.cipher import Cipher
from app.core.errors import FieldError
from app.core.followable import CODE, wrong_with
from app.core.policy import HolidayPolicy, Policy
from schools.assurance import assurance_of
from schools.drills import last_answered
from schools.officers import Duty, OfficerContact, officers_of
from schools.queries import places_of_councils
from schools.readiness import NotReady, not_ready


class Gap(StrEnum):
    """What a force's own cover lacks."""

    AREA_UNKNOWN = "area_unknown"
    REVIEWER_MISSING = "reviewer_missing"
    SECOND_REVIEWER_MISSING = "second_reviewer_missing"
    DESK_MISSING = "desk_missing"
    DUTY_OFFICER_MISSING = "duty_officer_missing"
    DUTY_OFFICER_WITHOUT_NUMBER = "duty_officer_without_number"
    DUTY_OFFICER_UNTESTED = "duty_officer_untested"
    STAND_IN_MISSING = "stand_in_missing"
    LEAD_MISSING = "lead_missing"
    POLICY_NOT_FOLLOWABLE = "policy_not_followable"
    RESTRICTED_GROUP_MISSING = "restricted_group_missing"
    RESTRICTED_GROUP_SMALL = "restricted_group_small"


# Without these nobody would be asked at all: an alarm, not a remark.
ALARMS = frozenset(
    {
        Gap.REVIEWER_MISSING, Gap.DESK_MISSING, Gap.DUTY_OFFICER_MISSING,
        Gap.POLICY_NOT_FOLLOWABLE, Gap.RESTRICTED_GROUP_MISSING, Gap.RESTRICTED_GROUP_SMALL,
    }
)  # fmt: skip

_REVIEWERS_FOR_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Readiness:
    """One force's next morning, or one council's; `gaps` are empty for a council."""

    on: date
    schools: int
    not_ready: tuple[NotReady, ...]
    assured: int
    gaps: tuple[Gap, ...]

    @property
    def can_receive(self) -> int:
        return self.schools - len(self.not_ready)

    @property
    def reasons(self) -> dict[str, int]:
        return dict(sorted(Counter(one.reason_code for one in self.not_ready).items()))

    @property
    def alarm(self) -> bool:
        return not ALARMS.isdisjoint(self.gaps)


def force_readiness(
    session: Session, cipher: Cipher, *, force: str, on: date, policy: Policy
) -> Readiness:
    """Return the readiness of a force's schools and of the force itself for a London date."""
    area = councils_of(session, force)
    gaps = own_cover(session, cipher, force=force, on=on, policy=policy)
    if not area:
        gaps = (Gap.AREA_UNKNOWN, *gaps)
    return _of_councils(session, cipher, area, on=on, policy=policy, gaps=gaps)


def council_readiness(
    session: Session, cipher: Cipher, *, council: str, on: date, policy: Policy
) -> Readiness:
    """Return the readiness of one council's schools for a London date."""
    return _of_councils(session, cipher, frozenset({council}), on=on, policy=policy, gaps=())


def own_cover(
    session: Session, cipher: Cipher, *, force: str, on: date, policy: Policy
) -> tuple[Gap, ...]:
    """Return what a force lacks on a London date: people who can sign in, and a number to ring.

    A force of one person (`policy.desk.size` 1) needs no second one.
    """
    signed = _able_to_sign_in(session, force)
    duty = officers_of(session, cipher, f"force:{force}", Duty.DUTY_OFFICER, on=on)
    alone = policy.desk.size == 1
    found = {
        Gap.REVIEWER_MISSING: signed[Role.REVIEWER] == 0,
        Gap.SECOND_REVIEWER_MISSING: signed[Role.REVIEWER] == 1 and not alone,
        Gap.DESK_MISSING: signed[Role.FORCE_DESK] == 0,
        Gap.LEAD_MISSING: signed[Role.LEAD] == 0,
        Gap.POLICY_NOT_FOLLOWABLE: bool(
            unfollowable(session, cipher, force=force, on=on, policy=policy, able=True)
        ),
        **_duty(duty, alone=alone),
        **_group(session, force, on=on),
    }
    return tuple(gap for gap in Gap if found.get(gap))


def unfollowable(
    session: Session, cipher: Cipher, *, force: str, on: date, policy: Policy, able: bool = False
) -> tuple[FieldError, ...]:
    """Return the places of a policy that nobody could follow.

    Steps that cannot come in their order, and those that need people who are not there. Named
    people count, enrolled or not: a policy is often stored before everybody is. With `able` only
    those count who could act on that London date. A force of one person has its second looks
    afterwards (`policy.desk.size` 1).
    """
    found = [*wrong_with(policy)]
    second = policy.matching.second_person_for_several and policy.desk.size > 1
    if second and _reviewers(session, force, able=able) < _REVIEWERS_FOR_SEVERAL:
        found.append(
            FieldError("matching.second_person_for_several", CODE, "name a second reviewer first")
        )
    if policy.timing.holiday is HolidayPolicy.COUNCIL:
        lacking = [
            code
            for code in sorted(councils_of(session, force))
            if not any(
                one.can_receive or not able
                for one in officers_of(
                    session, cipher, f"council:{code}", Duty.COUNCIL_OFFICER, on=on
                )
            )
        ]
        if lacking:
            found.append(
                FieldError(
                    "timing.holiday", CODE,
                    f"name an officer of these councils first: {', '.join(lacking)}",
                )
            )  # fmt: skip
    return tuple(found)


def _duty(duty: list[OfficerContact], *, alone: bool) -> dict[Gap, bool]:
    able = [one for one in duty if one.can_receive]
    return {
        Gap.DUTY_OFFICER_MISSING: not duty,
        Gap.DUTY_OFFICER_UNTESTED: bool(duty) and not able,
        Gap.DUTY_OFFICER_WITHOUT_NUMBER: bool(duty) and not any(one.telephone for one in duty),
        Gap.STAND_IN_MISSING: len(duty) == 1 and not alone,
    }


def _group(session: Session, force: str, *, on: date) -> dict[Gap, bool]:
    """Say whether a group could do all the work on a restricted incident by itself."""
    named = bool(members_of(session, force))
    members = [one for one in people_of(session, force, on=on) if one.member]
    return {
        Gap.RESTRICTED_GROUP_MISSING: not named,
        Gap.RESTRICTED_GROUP_SMALL: named and not can_do_the_work(members),
    }


def _reviewers(session: Session, force: str, *, able: bool) -> int:
    """Count a force's reviewers: those who can sign in, or with `able` false all who are named."""
    if able:
        return _able_to_sign_in(session, force)[Role.REVIEWER]
    return session.scalar(
        select(func.count(AccountRole.account_id.distinct()))
        .join(Account, Account.id == AccountRole.account_id)
        .where(
            AccountRole.force == force, AccountRole.role == Role.REVIEWER,
            AccountRole.ended_at.is_(None),
            Account.disabled_at.is_(None),
        )
    ) or 0  # fmt: skip


def _able_to_sign_in(session: Session, force: str) -> Counter[Role]:
    """Count a force's people by role: enrolled, and not disabled."""
    rows = session.execute(
        select(AccountRole.role, func.count(AccountRole.account_id.distinct()))
        .join(Account, Account.id == AccountRole.account_id)
        .where(
            AccountRole.force == force,
            AccountRole.ended_at.is_(None),
            Account.enrolled_at.is_not(None),
            Account.disabled_at.is_(None),
        )
        .group_by(AccountRole.role)
    )
    found: Counter[Role] = Counter()
    for role, people in rows:
        found[role] = people
    return found


def _of_councils(
    session: Session, cipher: Cipher, councils: frozenset[str], *, on: date, policy: Policy,
    gaps: tuple[Gap, ...],
) -> Readiness:  # fmt: skip
    urns = {urn for urn, _ in places_of_councils(session, councils)}
    enrolled = able_to_sign_in(session, urns)
    unready = (
        not_ready(session, cipher, on=on, policy=policy, urns=urns, enrolled=enrolled)
        if urns
        else []
    )
    drilled = last_answered(session, urns)
    assured = assurance_of(session, urns, on=on, policy=policy, drilled=drilled)
    return Readiness(
        on=on,
        schools=len(urns),
        not_ready=tuple(unready),
        assured=sum(one.assured for one in assured.values()),
        gaps=gaps,
    )
