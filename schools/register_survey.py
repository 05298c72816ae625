"""What an official file says, held against the register: counted, named, and refused if wrong."""

from dataclasses import dataclass, field

from app.core.errors import Refused
from schools.imports import RowError
from schools.models import Status
from schools.queries import OPEN_STATUSES
from schools.register_diff import ChangeKind, SchoolChange
from schools.register_file import Values

# More closures than this share is a wrong file, not a busy summer.
MOST_CLOSED = 0.10
# More changed rows than this is another layout or an older register; a few schools prove nothing.
MOST_CHANGED = 0.25
_FEW = 50


@dataclass(frozen=True, slots=True)
class RegisterReport:
    """What an import did, or with `dry_run` would have done.

    `closed` counts the open schools that the file closes, `successors` those of them with a single
    open successor; `missing` the open schools that the file does not hold: they stay as they are.
    `former_names` counts the names kept because a school got another. `kinds` counts the schools
    by what happens to them, and `named` holds each of them, those in use here with why.
    """

    added: int = 0
    changed: int = 0
    closed: int = 0
    unchanged: int = 0
    rejected: list[RowError] = field(default_factory=list)
    links: int = 0
    links_unchanged: int = 0
    successors: int = 0
    missing: int = 0
    former_names: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    named: tuple[SchoolChange, ...] = ()
    dry_run: bool = False

    @property
    def touched(self) -> tuple[SchoolChange, ...]:
        """The schools that are in use here."""
        return tuple(one for one in self.named if one.uses)


class WrongFile(Refused):
    """The file cannot be right; `reason_code` says why, `report` what it would have done."""

    def __init__(self, detail: str, reason_code: str, report: RegisterReport) -> None:
        super().__init__(detail)
        self.reason_code = reason_code
        self.report = report


@dataclass(slots=True)
class Survey:
    """What the file would do to the register, row by row."""

    stored: dict[int, tuple[bytes, Status, str]]
    seen: set[int] = field(default_factory=set)
    kinds: dict[int, ChangeKind] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    rejected: list[RowError] = field(default_factory=list)

    def look_at(self, values: Values) -> None:
        urn: int = values["urn"]
        self.seen.add(urn)
        digest, status, name = self.stored.get(urn, (None, None, ""))
        if status is None:
            self._name(urn, ChangeKind.ADDED, values["name"])
        elif digest != values["row_digest"]:
            self._name(urn, _kind(status, values["status"], name, values["name"]), name)

    def finish(self) -> None:
        """Name the open schools that the file does not hold, once it was read whole."""
        for urn in self.open_before - self.seen:
            self._name(urn, ChangeKind.MISSING, self.stored[urn][2])

    def _name(self, urn: int, kind: ChangeKind, name: str) -> None:
        self.kinds[urn], self.names[urn] = kind, name

    def of(self, *kinds: ChangeKind) -> set[int]:
        return {urn for urn, kind in self.kinds.items() if kind in kinds}

    @property
    def added(self) -> set[int]:
        return self.of(ChangeKind.ADDED)

    @property
    def closed(self) -> set[int]:
        return self.of(ChangeKind.CLOSED)

    @property
    def changed(self) -> set[int]:
        return set(self.kinds) - self.of(ChangeKind.ADDED, ChangeKind.MISSING)

    @property
    def open_before(self) -> set[int]:
        return {urn for urn, (_, status, _) in self.stored.items() if status in OPEN_STATUSES}


def _kind(before: Status, after: Status, old_name: str, new_name: str) -> ChangeKind:
    was_open, is_open = before in OPEN_STATUSES, after in OPEN_STATUSES
    if was_open and after is Status.CLOSED:
        return ChangeKind.CLOSED
    if before is Status.CLOSED and is_open:
        return ChangeKind.REOPENED
    if before is not after and after is Status.OPEN_PROPOSED_TO_CLOSE:
        return ChangeKind.CLOSING
    return ChangeKind.RENAMED if old_name != new_name else ChangeKind.CHANGED


def refuse_closures(survey: Survey, report: RegisterReport) -> None:
    open_before = len(survey.open_before)
    if survey.closed and len(survey.closed) > MOST_CLOSED * open_before:
        raise WrongFile(
            f"The file would close {len(survey.closed)} of {open_before} open schools: check that "
            "it is the right file, then repeat with --accept-closures.",
            "too_many_closures", report,
        )  # fmt: skip


def refuse_changes(survey: Survey, report: RegisterReport) -> None:
    changed, stored = len(survey.changed), len(survey.stored)
    if changed > _FEW and changed > MOST_CHANGED * stored:
        raise WrongFile(
            f"The file would change {changed} of {stored} schools: check that it is the right "
            "file, then repeat with --accept-changes.",
            "too_many_changes", report,
        )  # fmt: skip
