"""The audit trail: who did what to which record, in a keyed hash chain per force.

`record` only buffers on the session; the unit of work writes the rows last, just before commit,
under the head rows locked in chain order. No personal data goes into a row: ids, codes, counts.
Source: Data Protection Act 2018 s.62 (collection, alteration, consultation, disclosure,
combination, erasure), and the same for every decision not to notify.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from app.core.chain_links import first_wrong, hash_at, link, locked_heads
from app.core.models import AuditEntry, AuditHead

PLATFORM_CHAIN = "platform"


class Event(StrEnum):
    """The closed list of events, named area:subject:action."""

    INCIDENT_RECEIVED = "intake:incident:received"
    INCIDENT_SUPERSEDED = "intake:incident:superseded"
    INCIDENT_WITHDRAWN = "intake:incident:withdrawn"
    INCIDENT_READ = "intake:incident:read"
    INCIDENTS_LISTED = "intake:incidents:listed"
    TRIAL_RECEIVED = "intake:trial:received"
    TRIAL_WITHDRAWN = "intake:trial:withdrawn"
    PUSHES_REFUSED = "intake:pushes:refused"
    MESSAGE_NOT_READ = "intake:message:not_read"
    NIGHT_CLOSED = "intake:night:closed"
    FEED_RANG = "intake:feed:rang"
    CHILD_NOT_NOTIFIED = "intake:child:not_notified"
    CHILD_HELD = "intake:child:held"
    CHILD_AWAITED = "intake:child:details_awaited"
    CHILD_MATCHED = "matching:child:matched"
    CHILD_SERVICE_TOLD = "intake:child:service_told"
    CHILD_SERVICE_ASKED_FOR = "intake:child:service_asked_for"
    CHILD_NAMED = "intake:child:named"
    CHILD_RELEASED = "intake:child:released"
    CHILD_RETURNED = "matching:child:returned"
    CHILD_TO_REVIEW = "matching:child:to_review"
    REVIEW_VIEWED = "review:case:viewed"
    REVIEW_CLAIMED = "review:case:claimed"
    REVIEW_GIVEN_BACK = "review:case:given_back"
    REVIEW_SETTLED = "review:case:settled"
    REVIEW_PROPOSED = "review:case:proposed"
    REVIEW_PASSED_ON = "review:case:passed_on"
    REVIEW_UNDONE = "review:case:undone"
    REVIEW_LOOKED_AGAIN = "review:case:looked_again"
    NOTIFICATION_PLACED = "notification:content:placed"
    NOTIFICATION_WITHHELD = "notification:content:withheld"
    RECIPIENT_CHANGED = "notification:recipient:changed"
    RECIPIENT_CHANGES_READ = "report:recipients:viewed"
    PATTERN_FOUND = "intake:pattern:found"
    PATTERN_DECIDED = "report:pattern:decided"
    PATTERNS_VIEWED = "report:patterns:viewed"
    NOTIFICATION_FIRST_STEP = "notification:first_step:viewed"
    NOTIFICATION_OPENED = "notification:content:opened"
    NOTIFICATION_READ = "notification:content:read"
    NOTIFICATIONS_LISTED = "notification:names:viewed"
    NOTIFICATION_ACKNOWLEDGED = "notification:receipt:acknowledged"
    NOTIFICATION_NOT_OUR_PUPIL = "notification:receipt:not_our_pupil"
    NOTIFICATION_UNDONE = "notification:receipt:undone"
    NOTIFICATION_RECALLED = "notification:content:recalled"
    NOTIFICATION_LATE = "notification:deadline:late"
    NOTIFICATION_AMENDED = "notification:content:amended"
    AMENDMENT_READ = "notification:amendment:read"
    NOTIFICATION_EXPORTED = "notification:content:exported"
    NOTIFICATION_PRINTED = "notification:content:printed"
    NOTIFICATION_DESTROYED = "notification:content:destroyed"
    RECEIPT_STEP_TAKEN = "notification:step:taken"
    RECEIPT_STEP_SKIPPED = "notification:step:skipped"
    ATTENDANCE_ANSWERED = "notification:attendance:answered"
    ABSENCE_RESPONDED = "notification:absence:responded"
    TIMELINE_VIEWED = "report:timeline:viewed"
    OPEN_MATTERS_VIEWED = "report:open_matters:viewed"
    RECALL_VIEWED = "breach:recall:viewed"
    RECALL_ANSWERED = "breach:recall:answered"
    BREACH_OPENED = "breach:record:opened"
    BREACH_DPO_TOLD = "breach:dpo:told"
    BREACH_DECIDED = "breach:record:decided"
    FOLLOW_UP_RECORDED = "notification:follow_up:recorded"
    TOLD_BY_PHONE = "notification:receipt:told_by_phone"
    STEP_SKIPPED = "escalation:step:skipped"
    STEP_TAKEN = "escalation:step:taken"
    LADDER_REPLANNED = "escalation:ladder:replanned"
    ALERT_HANDED_OVER = "alert:delivery:handed_over"
    ALERT_FAILED = "alert:delivery:failed"
    ALERT_SET_ASIDE = "alert:delivery:set_aside"
    ALERT_REACHED = "alert:delivery:reached_mailbox"
    ALERT_BOUNCED = "alert:delivery:bounced"
    ALERT_UNHEARD_OF = "alert:delivery:unheard_of"
    PROVIDER_CHANGED = "alert:provider:changed"
    CALL_CLAIMED = "call_sheet:line:claimed"
    CALL_CONTENT_SHOWN = "call_sheet:content:shown"
    CALL_RECORDED = "call_sheet:call:recorded"
    CALL_SHEET_WRITTEN = "call_sheet:file:written"
    BOARD_VIEWED = "report:board:viewed"
    REPORT_VIEWED = "report:morning:viewed"
    REPORT_EXPORTED = "report:morning:exported"
    MATCHES_EXPORTED = "report:matches:exported"
    MATCH_EXPLAINED = "report:match:explained"
    AUDIT_READ = "report:audit:read"
    CONTENT_ERASED = "retention:content:erased"
    HOLD_SET = "retention:hold:set"
    HOLD_END_ASKED = "retention:hold:end_asked"
    HOLD_LEFT = "retention:hold:left"
    HOLD_ENDED = "retention:hold:ended"
    DOSSIER_MADE = "report:dossier:made"
    KEY_ADDED = "keys:master:added"
    KEY_TURNED = "keys:master:turned"
    KEYS_MOVED = "keys:content:moved"
    KEY_RETIRED = "keys:master:retired"
    SIGNED_IN = "access:session:signed_in"
    SIGN_IN_REFUSED = "access:session:refused"
    SIGNED_OUT = "access:session:signed_out"
    SESSION_ENDED = "access:session:ended"
    SIGNED_OUT_BY_OPERATOR = "access:sessions:ended"
    PROVED_AGAIN = "access:session:proved_again"
    PROOF_REFUSED = "access:session:proof_refused"
    PASSWORD_CHANGED = "access:password:changed"  # noqa: S105 (the name of an event)
    PASSKEY_ADDED = "access:passkey:added"
    PASSKEY_REVOKED = "access:passkey:revoked"
    IDENTITY_LINKED = "access:identity:linked"
    IDENTITY_UNLINKED = "access:identity:unlinked"
    IDENTITY_REFUSED = "access:identity:refused"
    BROWSER_WAITS = "access:browser:waits"
    BROWSER_LET_IN = "access:browser:let_in"
    BROWSER_SHUT_OUT = "access:browser:shut_out"
    ACCOUNT_INVITED = "access:account:invited"
    ACCOUNT_ENROLLED = "access:account:enrolled"
    SPOKEN_CODE_AGREED = "access:account:spoken_code_agreed"
    ACCOUNT_BEGINS_ANEW = "access:account:begins_anew"
    ACCOUNT_DISABLED = "access:account:disabled"
    CLIENT_ADDED = "access:client:added"
    CLIENT_CHANGED = "access:client:changed"
    CLIENT_REVOKED = "access:client:revoked"
    CREDENTIAL_ADDED = "access:client_credential:added"
    CREDENTIAL_REVOKED = "access:client_credential:revoked"
    ACCESS_DENIED = "access:act:denied"
    TOKEN_ISSUED = "access:token:issued"  # noqa: S105 (an event name, not a secret)
    FORCE_ADDED = "access:force:added"
    POLICY_CHANGED = "access:policy:changed"
    WORDING_APPROVED = "access:wording:approved"
    REGISTER_IMPORTED = "register:schools:imported"
    REGISTER_REFUSED = "register:schools:refused"
    REGISTER_ACCEPTED = "register:schools:accepted"
    SCHOOL_NAMED = "register:name:added"
    SCHOOL_NAME_REMOVED = "register:name:removed"
    SUCCESSOR_CONFIRMED = "register:successor:confirmed"
    CALENDAR_CHANGED = "register:calendar:changed"
    ROLL_IMPORTED = "register:roll:imported"
    ROLL_ERASED = "register:roll:erased"
    POSTCODE_MARKED = "register:postcode:marked"
    POSTCODE_UNMARKED = "register:postcode:unmarked"
    CALENDAR_IMPORTED = "register:calendar:imported"
    KEY_ADULTS_IMPORTED = "register:key_adults:imported"
    KEY_ADULT_REQUESTED = "register:key_adult:requested"
    KEY_ADULT_APPROVED = "register:key_adult:approved"
    KEY_ADULT_REFUSED = "register:key_adult:refused"
    KEY_ADULT_REQUEST_ENDED = "register:key_adult:request_ended"
    KEY_ADULT_INVITED = "register:key_adult:invited"
    KEY_ADULT_CODE_SENT = "register:key_adult:code_sent"
    KEY_ADULT_CODE_WRONG = "register:key_adult:code_wrong"
    KEY_ADULT_VERIFIED = "register:key_adult:verified"
    KEY_ADULT_UNVERIFIED = "register:key_adult:unverified"
    KEY_ADULT_MOVED = "register:key_adult:moved"
    KEY_ADULT_MOBILE_VERIFIED = "register:key_adult:mobile_verified"
    KEY_ADULT_MOBILE_FAILED = "register:key_adult:mobile_failed"
    KEY_ADULT_TRAINED = "register:key_adult:trained"
    KEY_ADULT_AWAY = "register:key_adult:away"
    KEY_ADULT_BACK = "register:key_adult:back"
    KEY_ADULT_HOLIDAYS = "register:key_adult:holidays"
    KEY_ADULT_LEFT = "register:key_adult:left"
    KEY_ADULT_REMINDED = "register:key_adult:reminded"
    SCHOOL_DATES_RECORDED = "register:school:dates_recorded"
    FORCE_AREA_CHANGED = "access:force:area_changed"
    DRILL_BEGUN = "register:drill:begun"
    DRILL_ASKED = "register:drill:asked"
    DRILL_ANSWERED = "register:drill:answered"
    DIGEST_SENT = "report:digest:sent"
    READINESS_CHECKED = "report:readiness:checked"
    READINESS_VIEWED = "report:readiness:viewed"
    OFFICERS_IMPORTED = "register:officers:imported"
    OFFICER_ADDED = "register:officer:added"
    OFFICER_LEFT = "register:officer:left"
    REVIEW_LATE = "review:deadline:late"
    REVIEW_LADDER_STOPPED = "review:ladder:stopped"
    CHILD_HANDED_OVER = "review:case:handed_over"
    RELEASE_PROPOSED = "review:release:proposed"
    RELEASE_CONFIRMED = "review:release:confirmed"
    RELEASE_REFUSED = "review:release:refused"
    RELEASE_ENDED = "review:release:ended"
    RELEASE_CLAIMED = "review:release:claimed"
    RELEASE_GIVEN_BACK = "review:release:given_back"
    RELEASE_SHOWN = "review:release:shown"
    OFFICER_UNVERIFIED = "register:officer:unverified"
    RESTRICTED_GROUP_CHANGED = "access:restricted:group_changed"
    RESTRICTED_ASKED = "access:restricted:asked"
    RESTRICTED_GRANTED = "access:restricted:granted"
    RESTRICTED_REFUSED = "access:restricted:refused"


@dataclass(frozen=True, slots=True)
class Act:
    """One buffered row; `force` is also its chain, `platform` where no force is concerned."""

    event: Event
    actor: str
    force: str
    subject: str
    at: datetime
    reason_code: str | None
    request_id: str | None
    detail: dict[str, Any] | None


def record(
    session: Session,
    *,
    event: Event,
    actor: str,
    force: str | None,
    subject: str,
    now: datetime,
    reason_code: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Buffer one row of the trail; it is stored with the act itself or not at all.

    `actor` is `account:<id>`, `client:<id>` or `job:<name>`; `subject` is `<table>:<id>`;
    `detail` holds ids, codes and counts only. `force=None` means the platform's chain.
    """
    request_id = get_contextvars().get("request_id")
    act = Act(event, actor, force or PLATFORM_CHAIN, subject, now, reason_code, request_id, detail)
    session.info.setdefault("audit", []).append(act)


class Chain:
    """Writes what was buffered, in chain order, with the key that is not in the database."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, session: Session) -> None:
        """Append the buffered rows; called by the unit of work just before commit."""
        acts: list[Act] = session.info.pop("audit", [])
        if not acts:
            return
        connection = session.connection()
        chains = sorted({act.force for act in acts})
        heads = locked_heads(connection, chains)
        rows: list[dict[str, Any]] = []
        for chain in chains:
            mine = [act for act in acts if act.force == chain]
            rows += self._linked(chain, *heads[chain], mine)
            last = rows[-1]
            connection.execute(
                update(AuditHead)
                .where(AuditHead.chain == chain)
                .values(seq=last["seq"], hash=last["hash"])
            )
        connection.execute(insert(AuditEntry), rows)

    def _linked(
        self, chain: str, seq: int, prev: bytes, acts: Sequence[Act]
    ) -> list[dict[str, Any]]:
        rows = []
        for number, act in enumerate(acts, start=seq + 1):
            row = {
                "chain": chain, "seq": number, "at": act.at, "actor": act.actor,
                "event": act.event.value, "subject": act.subject, "force": act.force,
                "reason_code": act.reason_code, "request_id": act.request_id,
                "detail": act.detail,
            }  # fmt: skip
            hashed = link(self._key, row, prev)
            rows.append({**row, "prev_hash": prev, "hash": hashed})
            prev = hashed
        return rows

    def verify(self, session: Session, chain: str) -> int | None:
        """Return the first `seq` whose link is wrong, or `None` where the whole chain holds.

        Others may write meanwhile: what was added since the head was read is not looked at.
        """
        newest = session.scalar(select(func.max(AuditEntry.seq)).where(AuditEntry.chain == chain))
        head = session.get(AuditHead, chain, populate_existing=True)
        until = (newest or 0) if head is None else head.seq
        wrong = self.verify_part(session, chain, 1, until)
        if wrong is not None:
            return wrong
        whole = until >= (newest or 0) and (head is not None or not until)
        whole = whole and (head is None or hash_at(session, chain, until) == head.hash)
        return None if whole else until + 1

    def verify_part(self, session: Session, chain: str, first: int, until: int) -> int | None:
        """Return the first wrong `seq` from `first` to `until`, or `None` where all of it holds."""
        return first_wrong(session, self._key, chain, first, until)
