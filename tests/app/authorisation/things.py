"""One of everything that an address can name, all of one force, one school and one council."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.access import sessions
from app.access.break_glass import BreakGlass, WhyAsked
from app.access.forces import set_area
from app.access.identity_models import LinkedIdentity
from app.access.models import Force, KnownBrowser, Passkey, SignInSession
from app.access.passkeys import seal_name
from app.core import audit
from app.core.ids import new_id
from app.core.scope import PLATFORM
from app.intake.legal_holds import LegalHold, WhyKept
from app.intake.models import Incident
from app.intake.outcomes import Outcome, OutcomeReason
from app.intake.restrictions import RestrictionLift, WhyLifted
from app.intake.suspects import PatternState, SuspectPattern
from app.wiring import Wiring
from notifications.models import CallSheetLine
from notifications.recalls_of_many import RecallOfMany
from notifications.receipt_models import Recall
from notifications.report_exports import ExportKind, ExportState, ReportExport
from schools import drills, key_adult_requests
from schools.key_adult_details import KeyAdultDetails
from schools.key_adult_requests import Training
from schools.models import Establishment, EstablishmentLink, KeyAdult, Status
from schools.names_of_schools import add_name
from schools.register_models import ImportState, RegisterImport
from tests.app.authorisation.people import (
    COUNCIL,
    HOLDING,
    OTHER_COUNCIL,
    OTHER_FORCE,
    SHUT_OUT,
    THIRD_URN,
    Somebody,
    address_of,
)
from tests.factories.mornings import Morning
from tests.factories.notifications import DUE, FORCE, LATER_URN, TODAY, URN, NotifyingForce
from tests.factories.people import move

_CLOSED_URN = 990009


def places(wiring: Wiring) -> NotifyingForce:
    """Make the forces and schools; the key adults' rows are there before their accounts."""
    force = NotifyingForce(wiring).begin()
    at = {URN: "school", LATER_URN: "other_school", THIRD_URN: "third_school"}
    held = {**HOLDING, **{name: (one,) for name, (one, _) in SHUT_OUT.items()}}
    for urn, where in at.items():
        here = [name for name, all_of in held.items() if f"key_adult@{where}" in all_of]
        force.school(urn, *(address_of(name) for name in here))
    force.school(_CLOSED_URN)
    with wiring.database.write(PLATFORM) as session:
        session.add(Force(code=OTHER_FORCE, name="Other Police", added_at=force.now))
        session.get_one(Establishment, LATER_URN).la_code = OTHER_COUNCIL
        closed = session.get_one(Establishment, _CLOSED_URN)
        closed.status, closed.closed_on = Status.CLOSED, date(2026, 8, 31)
        session.add(EstablishmentLink(urn=_CLOSED_URN, link_urn=URN, link_type="Successor"))
        session.flush()
        for code, council in ((FORCE, COUNCIL), (OTHER_FORCE, OTHER_COUNCIL)):
            set_area(session, code=code, councils=[council], now=force.now, actor="operator:test")
    return force


def things(morning: Morning) -> dict[str, Any]:
    """Return what stands in the addresses, by the name that it has there."""
    wiring = morning.wiring
    message = morning.notification()
    released = morning.notification(shown_only_to="nobody")
    review = morning.unclear(minutes=140)
    found = {
        "notification_id": message, "review_id": review, "urn": URN, "council": COUNCIL,
        "predecessor_urn": _CLOSED_URN, "force": FORCE, "on": TODAY, "date": TODAY,
        "token": "x" * 43, "version": 1, "incidents": 1,
        "kind": "force", "code": FORCE, "month": f"{TODAY:%Y-%m}",
        "awaited": _child(morning, Outcome.DETAILS_AWAITED, OutcomeReason.CHILD_UNNAMED),
        "served": _child(morning, Outcome.NOT_NOTIFIED, OutcomeReason.UNBORN),
        "released": released,
    }  # fmt: skip
    move(wiring, minutes=86)
    morning.force.chase()
    (line, *_) = morning.force.rows(CallSheetLine, notification_id=message)
    rows = _rows(morning, message)
    morning.force.mobile(rows["key_adult_id"])
    return found | {"line_id": line.id} | rows


def own_things(wiring: Wiring, whose: Somebody) -> dict[str, Any]:
    """Return what stands in the addresses of somebody's own account."""
    now = wiring.clock.now()
    assert whose.account_id is not None
    passkey, browser, identity = new_id(), new_id(), new_id()
    with wiring.database.write(PLATFORM) as session:
        session.add_all(
            [
                Passkey(
                    id=passkey, account_id=whose.account_id, credential_id=b"x" * 16,
                    public_key=b"x", sign_count=0, may_be_backed_up=False, backed_up=False,
                    sealed=seal_name(wiring.cipher, passkey, "Phone"), added_at=now,
                ),
                KnownBrowser(
                    id=browser, account_id=whose.account_id, token_digest=bytes(32),
                    address_digest=bytes(32), browser="Chrome on Android", first_seen_at=now,
                    last_seen_at=now,
                ),
                LinkedIdentity(
                    id=identity, account_id=whose.account_id, subject_digest=bytes(32),
                    linked_at=now,
                ),
            ]
        )  # fmt: skip
        sessions.create(session, account_id=whose.account_id, now=now)
        other = session.scalars(
            select(SignInSession.id).where(
                SignInSession.account_id == whose.account_id,
                SignInSession.form_token != whose.form_token,
            )
        ).one()
    return {"passkey": passkey, "browser": browser, "identity": identity, "session": other}


def _child(morning: Morning, outcome: Outcome, reason: OutcomeReason) -> UUID:
    happened = morning.force.happened()
    morning.child_becomes(happened.child_id, outcome, outcome_reason=reason, due_at=DUE)
    morning.seal_child(happened)
    return happened.child_id


def _rows(morning: Morning, message: UUID) -> dict[str, Any]:
    wiring, now = morning.wiring, morning.force.now
    asker = morning.force.account()
    wanted = (
        "recall_id", "ident", "pattern_id", "import_id", "hold_id", "many_id", "export_id",
        "lift_id",
    )  # fmt: skip
    made = {name: new_id() for name in wanted}
    with wiring.database.write(PLATFORM) as session:
        session.add_all(
            [
                Recall(
                    id=made["recall_id"], force=FORCE, urn=URN, council=COUNCIL,
                    notification_id=message, recalled_at=now, recalled_by="job:test",
                    reason_code="wrong_school", readers=1,
                ),
                RecallOfMany(
                    id=made["many_id"], force=FORCE, recipient=f"urn:{LATER_URN}", since=TODAY,
                    reason_code="wrong_school", asked_by=asker, asked_at=now,
                ),
                BreakGlass(
                    id=made["ident"], force=FORCE, reference="99-1", account_id=asker,
                    reason=WhyAsked.CALLER_WAITS, asked_at=now,
                ),
                RestrictionLift(
                    id=made["lift_id"], force=FORCE, reference="99-1", versions=0, asked_by=asker,
                    reason=WhyLifted.MARKED_BY_MISTAKE, asked_at=now,
                ),
                ReportExport(
                    id=made["export_id"], force=FORCE, asked_by=asker, asked_at=now,
                    kind=ExportKind.LATE, first_on=TODAY, last_on=TODAY,
                    state=ExportState.WAITING, tries=0, fence=0,
                ),
                SuspectPattern(
                    id=made["pattern_id"], force=FORCE, digest=bytes(32), incidents=2,
                    state=PatternState.OPEN, found_at=now,
                ),
                RegisterImport(
                    id=made["import_id"], file_digest=bytes(32), file_name="register.csv",
                    state=ImportState.REFUSED, reason_code="too_many_closures", counts={},
                    touched=[], at=now, by="job:test",
                ),
            ]
        )  # fmt: skip
        place = session.get_one(Establishment, URN)
        alias = add_name(session, place, "The old school", now=now, actor="operator:test")
        asked = key_adult_requests.ask(
            session, wiring.cipher, urn=URN, position=None, training=Training(), now=now,
            details=KeyAdultDetails(name="New Person", email="new@primary.test"),
            actor=f"account:{asker}",
        )  # fmt: skip
        drill = drills.begin(
            session, force=FORCE, council=None, schools=[(URN, COUNCIL)], actor="job:test", now=now
        )
        own = session.query(KeyAdult).filter_by(urn=URN, position=1).one()
        drilled = session.query(drills.DrillSchool).filter_by(drill_id=drill.id).one()
        drilled.asked_at = now
        audit.record(
            session, event=audit.Event.RESTRICTED_ASKED, actor=f"account:{asker}", force=FORCE,
            subject=f"break_glass:{made['ident']}", now=now,
        )  # fmt: skip
        incident = session.query(Incident).first()
        assert incident is not None
        session.add(
            LegalHold(
                id=made["hold_id"], force=FORCE, incident_id=incident.id, reason=WhyKept.COURT,
                set_by=asker, set_at=now,
            )
        )  # fmt: skip
        return made | {
            "alias_id": alias.id, "request_id": asked.id, "drill_id": drill.id,
            "drill_school_id": drilled.id, "key_adult_id": own.id,
            "reference": incident.reference, "account_id": asker,
        }  # fmt: skip
