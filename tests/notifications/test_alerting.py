"""Alerts about something else than a notification: to officers, with a code, one for all."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from app.core.scope import PLATFORM
from notifications.alerting import alert_key_adult, alert_officer, stop_alerts
from notifications.attempts import AlertResult, ClaimedAlert, Resolver, ResultKind
from notifications.models import Alert, AlertAbout
from notifications.outbox import claim, record
from notifications.states import AlertState, Template
from schools.officers import Duty, Officer, add_officer
from tests.factories.notifications import DUE, FORCE, URN, NotifyingForce, minutes


@pytest.fixture
def officer(force: NotifyingForce) -> UUID:
    with force.database.write(PLATFORM) as session:
        return add_officer(
            session, force.cipher, owner="council:999", duty=Duty.COUNCIL_LOOKUP, position=1,
            name="Sam Otterby", email="lookup@example.org", telephone=None, account_id=None,
            now=force.now, verified=True,
        ).id  # fmt: skip


def ask(force: NotifyingForce, officer: UUID, about: str, **options: Any) -> UUID:
    with force.database.write(PLATFORM) as session:
        return alert_officer(
            session, officer_id=officer, force=FORCE, about=about, due_at=DUE, now=force.now,
            **options,
        ).id  # fmt: skip


def write(force: NotifyingForce, about: str, template: str, due_at: Any = DUE) -> UUID:
    with force.database.write(PLATFORM) as session:
        return alert_key_adult(
            session, key_adult_id=force.key_adults[0], urn=URN, force=FORCE, about=about,
            due_at=due_at, now=force.now, template=template,
        ).id  # fmt: skip


def take(force: NotifyingForce, **resolvers: Resolver) -> list[ClaimedAlert]:
    with force.database.write(PLATFORM) as session:
        return claim(session, force.cipher, owner="one", now=force.now, resolvers=resolvers)


def stop(force: NotifyingForce, about: str) -> int:
    with force.database.write(PLATFORM) as session:
        return stop_alerts(session, about, force.now)


def settle(force: NotifyingForce, one: ClaimedAlert, kind: ResultKind, code: str = "x") -> None:
    with force.database.write(PLATFORM) as session:
        result = AlertResult(one.alert_id, one.fence, kind, channel="recording", code=code)
        record(session, [result], now=force.now)


def state(force: NotifyingForce, alert_id: UUID) -> AlertState:
    (alert,) = force.rows(Alert, id=alert_id)
    found: AlertState = alert.state
    return found


def test_an_officer_is_written_to_at_the_address_of_the_moment(
    force: NotifyingForce, officer: UUID
) -> None:
    ask(force, officer, "review:one")
    (claimed,) = take(force)
    assert (claimed.address, claimed.template, claimed.welsh) == (
        "lookup@example.org", Template.REVIEW, False,
    )  # fmt: skip


def test_an_officer_of_a_welsh_council_is_written_to_in_both_languages(
    force: NotifyingForce, officer: UUID
) -> None:
    ask(force, officer, "review:one", council="681")
    assert take(force)[0].welsh


def test_one_alert_stands_for_all_that_waits_for_the_same_officer(
    force: NotifyingForce, officer: UUID
) -> None:
    first, second = ask(force, officer, "review:one"), ask(force, officer, "review:two")
    assert first == second
    assert len(force.rows(AlertAbout)) == 2
    assert stop(force, "review:one") == 0
    assert state(force, first) is AlertState.PLANNED
    assert stop(force, "review:two") == 1
    assert state(force, first) is AlertState.NOT_NEEDED
    assert take(force) == []


def test_what_is_taken_back_while_on_its_way_is_not_tried_again(
    force: NotifyingForce, officer: UUID
) -> None:
    alert_id = ask(force, officer, "review:one")
    (claimed,) = take(force)
    assert stop(force, "review:one") == 0
    settle(force, claimed, ResultKind.TEMPORARY)
    assert state(force, alert_id) is AlertState.NOT_NEEDED


def test_an_officers_refused_mailbox_is_flagged(force: NotifyingForce, officer: UUID) -> None:
    ask(force, officer, f"review:{UUID(int=1)}")
    settle(force, take(force)[0], ResultKind.PERMANENT, code="recipient_550")
    (row,) = force.rows(Officer, id=officer)
    assert row.contact_verified_at is None


def test_what_a_child_waits_for_goes_before_a_drill_that_is_due_sooner(
    force: NotifyingForce, officer: UUID
) -> None:
    write(force, "drill:one", Template.DRILL, due_at=DUE - minutes(60))
    ask(force, officer, "review:one")
    assert [one.template for one in take(force)] == [Template.REVIEW, Template.DRILL]


def test_a_code_is_filled_in_at_the_claim_and_no_two_codes_share_an_alert(
    force: NotifyingForce,
) -> None:
    idents = [UUID(int=1), UUID(int=2)]
    alerts = {write(force, f"code:{ident}", Template.CODE) for ident in idents}
    assert len(alerts) == 2

    def code(_session: Any, _cipher: Any, ident: UUID) -> Mapping[str, str]:
        return {"code": f"40217{ident.int}"}

    assert sorted(one.extra["code"] for one in take(force, code=code)) == ["402171", "402172"]


def test_a_link_that_has_died_is_not_sent(force: NotifyingForce) -> None:
    alert_id = write(force, f"invitation:{UUID(int=1)}", Template.INVITATION)
    assert take(force, invitation=lambda *_: None) == []
    assert state(force, alert_id) is AlertState.NOT_NEEDED


def test_one_that_cannot_be_filled_in_holds_up_no_other(
    force: NotifyingForce, officer: UUID
) -> None:
    def broken(*_: Any) -> Mapping[str, str]:
        raise LookupError

    write(force, f"code:{UUID(int=1)}", Template.CODE)
    ask(force, officer, "review:one")
    assert len(take(force, code=broken)) == 2
