"""What `encompass check` asks of the words: as shipped, as approved, and none that wait."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from app.access import forces
from app.cli.force_checks import State
from notifications import wording
from notifications.approving import INSTALLATION, approvals, kind_of, owner_of
from notifications.wording_models import WordingApproval


def words(session: Session, _now: datetime) -> tuple[State, str]:
    """Fail where words differ from those shipped or approved; warn where newer ones wait."""
    if changed := wording.changed_without_a_version():
        text = ", ".join(changed)
        return State.FAIL, f"changed without a new version: {text}: install the release again"
    codes = forces.codes(session)
    owners = [INSTALLATION, *map(owner_of, codes)]
    counting = {owner: _counting(session, owner) for owner in owners}
    if wrong := list(_wrong(counting)):
        return State.FAIL, "; ".join(wrong)
    if waiting := list(_waiting(counting)):
        return State.WARN, "; ".join(waiting)
    return State.OK, f"as shipped; {sum(one is not None for one in counting.values())} approvals"


def _counting(session: Session, owner: str) -> WordingApproval | None:
    """Return the newest approval; before the first use there is none."""
    return next(iter(approvals(session, owner)), None)


def _wrong(counting: dict[str, WordingApproval | None]) -> Iterator[str]:
    for owner, one in counting.items():
        if one is None:
            continue
        if one.version not in wording.shipped(one.kind):
            yield f"{owner} approved words {one.version}, which this release does not have"
        elif one.digest != wording.digest_of(one.kind, one.version):
            yield f"words {one.version} are not those that {owner} approved: give them a new number"


def _waiting(counting: dict[str, WordingApproval | None]) -> Iterator[str]:
    for owner, one in counting.items():
        newest = wording.newest(kind_of(owner))
        if one is not None and one.version != newest:
            yield f"words {newest} wait for approval: {_how(owner)} {newest} --approved-by NAME"


def _how(owner: str) -> str:
    if owner == INSTALLATION:
        return "encompass mail wording"
    return f"encompass force wording {owner.partition(':')[2]}"
