"""Storing a force's policy: what decides about children without a person takes two people.

Source: features AD4; DPA 2018 s.49 and s.50. The parts below say whom a match reaches with nobody
looking, and which children nobody is told of. Their names are kept as accounts. Whoever may run
commands types both: it is a record of who decided, and no proof that they sat there.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.access.accounts import find
from app.access.models import Account
from app.access.permissions import Role
from app.access.roles import roles_of
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.errors import Refused
from app.core.policies import add_policy, changed_parts
from app.core.policy import Policy

# Thresholds and margins of matching; whether children before school are left out; what a force
# reaches before it is live.
TWO_PEOPLE = frozenset({"matching", "early_years", "going_live"})
_OF_FORCE = frozenset({Role.LEAD, Role.REVIEWER, Role.FORCE_DESK})


def decide(
    session: Session, cipher: Cipher, force: str, *, body: Policy, approved_by: str,
    proposed_by: str | None, now: datetime,
) -> int:  # fmt: skip
    """Store the next version of a force's policy and return its number.

    Where it changes one of `TWO_PEOPLE`, both are e-mail addresses of accounts: somebody of the
    force proposes, and a lead of the force who is somebody else approves. Raises `Refused`, and
    `Invalid` for what nobody could follow.
    """
    changed = sorted(TWO_PEOPLE & changed_parts(session, force, body=body, at=now))
    if not changed:
        return add_policy(
            session, force, body=body, valid_from=now, approved_by=approved_by, now=now,
            proposed_by=proposed_by,
        )  # fmt: skip
    if not proposed_by:
        raise Refused(
            f"This changes {' and '.join(changed)}, which two people decide: name by e-mail "
            "address who proposes it (--proposed-by) and a lead who approves (--approved-by)."
        )
    proposer = _of_force(session, cipher, force, proposed_by, _OF_FORCE, now=now)
    approver = _of_force(session, cipher, force, approved_by, frozenset({Role.LEAD}), now=now)
    if proposer is None:
        raise Refused("--proposed-by: nobody of this force's desk, reviewers or leads signs in so.")
    if approver is None:
        raise Refused("--approved-by: no lead of this force signs in so.")
    if proposer.id == approver.id:
        raise Refused("Nobody approves what they propose: name another lead of the force.")
    return add_policy(
        session, force, body=body, valid_from=now, approved_by=f"account:{approver.id}", now=now,
        proposed_by=f"account:{proposer.id}", parts=changed,
    )  # fmt: skip


def _of_force(
    session: Session, cipher: Cipher, force: str, email: str, roles: frozenset[Role], *,
    now: datetime,
) -> Account | None:  # fmt: skip
    """Return the account of this address where it is in use and holds one of these roles here."""
    account = find(session, cipher, email.strip())
    if account is None or account.enrolled_at is None or account.disabled_at is not None:
        return None
    grants = roles_of(session, account.id, on=london_date(now))
    return account if any(one.role in roles and one.force == force for one in grants) else None
