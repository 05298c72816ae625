"""Who may do what: one table of role × action, and the relation each role needs. Pure.

A role counts only inside its own relation: a key adult at her school, a desk in its force, a
council's people in their council. What is not in the table is not allowed.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may be; one account can hold several, each with its own relation."""

    FORCE_DESK = "force_desk"
    REVIEWER = "reviewer"
    LEAD = "lead"
    COUNCIL_OFFICER = "council_officer"
    KEY_ADULT = "key_adult"
    REGISTER_ADMIN = "register_admin"
    AUDITOR = "auditor"
    PLATFORM_ADMIN = "platform_admin"


class Action(StrEnum):
    """Every act of a person; one row of the table each."""

    SEE_INBOX = "see_inbox"
    OPEN_NOTIFICATION = "open_notification"
    ACKNOWLEDGE = "acknowledge"
    SAY_NOT_OUR_PUPIL = "say_not_our_pupil"
    RECORD_FOLLOW_UP = "record_follow_up"
    SEE_REVIEWS = "see_reviews"
    SETTLE_REVIEW = "settle_review"
    UNDO_REVIEW = "undo_review"
    LOOK_AGAIN = "look_again"
    SEE_BOARD = "see_board"
    SETTLE_AWAITED = "settle_awaited"
    RECORD_SERVICE_TOLD = "record_service_told"
    CLAIM_CALL = "claim_call"
    RECORD_CALL = "record_call"
    PROPOSE_RELEASE = "propose_release"
    CONFIRM_RELEASE = "confirm_release"
    RECALL = "recall"
    ANSWER_RECALL = "answer_recall"
    DECIDE_BREACH = "decide_breach"
    SEE_TIMELINE = "see_timeline"
    ANSWER_ATTENDANCE = "answer_attendance"
    RESPOND_TO_ABSENCE = "respond_to_absence"
    EXPORT_NOTIFICATION = "export_notification"
    SEE_REPORTS = "see_reports"
    EXPORT_REPORTS = "export_reports"
    SEE_NATIONAL = "see_national"
    SEE_PATTERNS = "see_patterns"
    DECIDE_PATTERN = "decide_pattern"
    SEE_RECIPIENT_CHANGES = "see_recipient_changes"
    READ_AUDIT = "read_audit"
    SEE_REGISTER = "see_register"
    REQUEST_KEY_ADULT = "request_key_adult"
    APPROVE_KEY_ADULT = "approve_key_adult"
    MANAGE_KEY_ADULTS = "manage_key_adults"
    MANAGE_OWN_COVER = "manage_own_cover"
    AGREE_SPOKEN_CODE = "agree_spoken_code"
    BEGIN_DRILL = "begin_drill"
    SEE_DRILLS = "see_drills"
    ANSWER_DRILL = "answer_drill"
    SEE_READINESS = "see_readiness"
    MANAGE_CALENDAR = "manage_calendar"
    NAME_SCHOOL = "name_school"
    CONFIRM_SUCCESSOR = "confirm_successor"
    MANAGE_REGISTER = "manage_register"
    MANAGE_ACCOUNTS = "manage_accounts"
    ASK_RESTRICTED = "ask_restricted"
    ANSWER_RESTRICTED = "answer_restricted"
    LIFT_RESTRICTION = "lift_restriction"
    KEEP_CONTENT = "keep_content"
    END_HOLD = "end_hold"
    MAKE_DOSSIER = "make_dossier"


_TABLE: dict[Action, frozenset[Role]] = {
    Action.SEE_INBOX: frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER}),
    Action.OPEN_NOTIFICATION: frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER}),
    Action.ACKNOWLEDGE: frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER}),
    Action.SAY_NOT_OUR_PUPIL: frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER}),
    Action.RECORD_FOLLOW_UP: frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER}),
    Action.SEE_REVIEWS: frozenset({Role.REVIEWER}),
    Action.SETTLE_REVIEW: frozenset({Role.REVIEWER}),
    Action.UNDO_REVIEW: frozenset({Role.REVIEWER}),
    Action.LOOK_AGAIN: frozenset({Role.REVIEWER}),
    Action.SEE_BOARD: frozenset({Role.FORCE_DESK, Role.LEAD}),
    Action.SETTLE_AWAITED: frozenset({Role.FORCE_DESK}),
    Action.RECORD_SERVICE_TOLD: frozenset({Role.FORCE_DESK}),
    Action.CLAIM_CALL: frozenset({Role.FORCE_DESK}),
    Action.RECORD_CALL: frozenset({Role.FORCE_DESK}),
    Action.PROPOSE_RELEASE: frozenset({Role.FORCE_DESK}),
    Action.CONFIRM_RELEASE: frozenset({Role.LEAD, Role.FORCE_DESK}),
    Action.RECALL: frozenset({Role.FORCE_DESK, Role.LEAD}),
    Action.ANSWER_RECALL: frozenset({Role.FORCE_DESK, Role.LEAD}),
    Action.DECIDE_BREACH: frozenset({Role.LEAD}),
    Action.SEE_TIMELINE: frozenset({Role.FORCE_DESK, Role.LEAD, Role.AUDITOR}),
    Action.ANSWER_ATTENDANCE: frozenset({Role.KEY_ADULT}),
    Action.RESPOND_TO_ABSENCE: frozenset({Role.FORCE_DESK}),
    Action.EXPORT_NOTIFICATION: frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER}),
    Action.SEE_REPORTS: frozenset({Role.LEAD}),
    Action.EXPORT_REPORTS: frozenset({Role.LEAD}),
    # Counts of all forces at once, with small numbers hidden.
    Action.SEE_NATIONAL: frozenset({Role.PLATFORM_ADMIN}),
    Action.SEE_PATTERNS: frozenset({Role.LEAD}),
    Action.DECIDE_PATTERN: frozenset({Role.LEAD}),
    Action.SEE_RECIPIENT_CHANGES: frozenset({Role.LEAD}),
    Action.READ_AUDIT: frozenset({Role.AUDITOR}),
    # Schools see to their own people; whoever approves is at the council or the register.
    Action.SEE_REGISTER: frozenset(
        {Role.KEY_ADULT, Role.COUNCIL_OFFICER, Role.LEAD, Role.REGISTER_ADMIN}
    ),
    Action.REQUEST_KEY_ADULT: frozenset({Role.KEY_ADULT, Role.LEAD, Role.REGISTER_ADMIN}),
    Action.APPROVE_KEY_ADULT: frozenset({Role.COUNCIL_OFFICER, Role.LEAD, Role.REGISTER_ADMIN}),
    Action.MANAGE_KEY_ADULTS: frozenset(
        {Role.KEY_ADULT, Role.COUNCIL_OFFICER, Role.LEAD, Role.REGISTER_ADMIN}
    ),
    Action.MANAGE_OWN_COVER: frozenset({Role.KEY_ADULT}),
    Action.AGREE_SPOKEN_CODE: frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER}),
    Action.BEGIN_DRILL: frozenset({Role.LEAD}),
    Action.SEE_DRILLS: frozenset({Role.LEAD}),
    Action.ANSWER_DRILL: frozenset({Role.KEY_ADULT}),
    Action.SEE_READINESS: frozenset({Role.LEAD}),
    Action.MANAGE_CALENDAR: frozenset({Role.KEY_ADULT, Role.LEAD, Role.REGISTER_ADMIN}),
    Action.NAME_SCHOOL: frozenset({Role.KEY_ADULT, Role.LEAD, Role.REGISTER_ADMIN}),
    # That a school serves the pupils of another is for its own people to say.
    Action.CONFIRM_SUCCESSOR: frozenset({Role.KEY_ADULT, Role.REGISTER_ADMIN}),
    Action.MANAGE_REGISTER: frozenset({Role.REGISTER_ADMIN, Role.PLATFORM_ADMIN}),
    Action.MANAGE_ACCOUNTS: frozenset({Role.PLATFORM_ADMIN}),
    Action.ASK_RESTRICTED: frozenset({Role.FORCE_DESK, Role.REVIEWER, Role.LEAD}),
    # Of these only who is of the force's group, or leads (app.access.restricted.may_grant).
    Action.ANSWER_RESTRICTED: frozenset({Role.FORCE_DESK, Role.REVIEWER, Role.LEAD}),
    # Of these only two for whom such incidents are open anyway (app.casework.lifting).
    Action.LIFT_RESTRICTION: frozenset({Role.FORCE_DESK, Role.REVIEWER, Role.LEAD}),
    Action.KEEP_CONTENT: frozenset({Role.LEAD}),
    # Two of them, of whom each is asked for it here.
    Action.END_HOLD: frozenset({Role.LEAD}),
    Action.MAKE_DOSSIER: frozenset({Role.LEAD}),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One role in one relation; no relation at all means the platform."""

    role: Role
    urn: int | None = None
    force: str | None = None
    council: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """Whose thing it is; the platform's where all three are empty."""

    urn: int | None = None
    force: str | None = None
    council: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `id` is what the trail keeps (`account:…`, `client:…`, `job:…`)."""

    id: str
    account_id: UUID | None = None
    client_id: UUID | None = None
    grants: tuple[Grant, ...] = ()

    def urns(self, *roles: Role) -> frozenset[int]:
        return frozenset(g.urn for g in self.grants if g.role in roles and g.urn is not None)

    def forces(self, *roles: Role) -> frozenset[str]:
        return frozenset(g.force for g in self.grants if g.role in roles and g.force is not None)

    def councils(self, *roles: Role) -> frozenset[str]:
        return frozenset(
            g.council for g in self.grants if g.role in roles and g.council is not None
        )


def may(actor: Actor, action: Action, relation: Relation) -> bool:
    """Return whether the actor may do this to a thing in this relation.

    A grant reaches a thing of its own school, force or council; a platform grant reaches only
    things that belong to nobody in particular (accounts, the register).
    """
    roles = _TABLE[action]
    return any(grant.role in roles and _reaches(grant, relation) for grant in actor.grants)


def may_at_all(actor: Actor, action: Action) -> bool:
    """Return whether some grant of the actor carries the action, whatever the relation."""
    return any(grant.role in _TABLE[action] for grant in actor.grants)


def _reaches(grant: Grant, relation: Relation) -> bool:
    if grant.urn is not None:
        return grant.urn == relation.urn
    if grant.force is not None:
        return grant.force == relation.force
    if grant.council is not None:
        return grant.council == relation.council
    return relation == Relation()
