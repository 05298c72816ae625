"""Passing over: who knows the family, and whose record does not open, is not asked; others are."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core.scope import PLATFORM
from notifications import receipts
from notifications.models import Alert, CallSheetLine, EscalationStep
from notifications.states import AlertState, StepState
from schools.models import KeyAdult
from tests.factories.notifications import DUE, NotifyingForce, minutes


def whole_morning(force: NotifyingForce) -> None:
    for offset in (-120, -75, -60, -45, -10, 0, 15, 45):
        force.at(DUE + minutes(offset))
        force.chase()


def with_account(force: NotifyingForce, key_adult_id: UUID) -> str:
    """Give a key adult an account; returns it as an actor."""
    account_id = force.account()
    with force.database.write(PLATFORM) as session:
        session.get_one(KeyAdult, key_adult_id).account_id = account_id
    return f"account:{account_id}"


def spoil(force: NotifyingForce, key_adults: Sequence[UUID]) -> None:
    """Let these records no longer open."""
    with force.database.write(PLATFORM) as session:
        session.execute(
            update(KeyAdult).where(KeyAdult.id.in_(key_adults)).values(sealed=bytes(64))
        )


def reasons(force: NotifyingForce) -> set[str | None]:
    steps = force.rows(EscalationStep)
    assert StepState.PLANNED not in {step.state for step in steps}
    return {step.reason_code for step in steps}


@pytest.mark.feature("ES7")
def test_who_knows_the_family_is_never_alerted(force: NotifyingForce, placed: UUID) -> None:
    first, second = force.key_adults
    force.act(placed, receipts.withheld, actor=with_account(force, first))
    with_account(force, second)
    whole_morning(force)
    assert {alert.key_adult_id for alert in force.rows(Alert)} == {second}


@pytest.mark.feature("ES7")
def test_who_knows_the_family_is_not_alerted_again_and_the_next_is_at_once(
    force: NotifyingForce, placed: UUID
) -> None:
    first, second = force.key_adults
    actor = with_account(force, first)
    force.at(DUE - minutes(120))
    force.chase()
    force.later(5)
    force.act(placed, receipts.withheld, actor=actor)
    force.chase()
    planned = {alert.key_adult_id: alert.planned_at for alert in force.rows(Alert)}
    assert planned == {first: DUE - minutes(120), second: force.now}
    with force.database.write(PLATFORM) as session:
        session.execute(update(Alert).values(state=AlertState.HANDED_OVER))
    force.at(DUE - minutes(45))
    force.chase()
    alerted = [alert.key_adult_id for alert in force.rows(Alert)]
    assert (alerted.count(first), alerted.count(second)) == (1, 2)


def test_they_are_asked_about_another_child_as_before(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.withheld, actor=with_account(force, force.key_adults[0]))
    other = force.place()
    force.at(DUE - minutes(120))
    force.chase()
    assert other != placed
    assert {alert.key_adult_id for alert in force.rows(Alert)} == set(force.key_adults)


@pytest.mark.feature("ES7")
def test_where_everybody_knows_the_family_the_school_is_rung(
    force: NotifyingForce, placed: UUID
) -> None:
    for key_adult_id in force.key_adults:
        force.act(placed, receipts.withheld, actor=with_account(force, key_adult_id))
    whole_morning(force)
    assert force.rows(Alert) == []
    assert len(force.rows(CallSheetLine)) == 1
    assert reasons(force) == {None, "no_such_contact"}


@pytest.mark.feature("ES7")
def test_one_record_that_does_not_open_silences_nobody_else(
    force: NotifyingForce, placed: UUID
) -> None:
    first, second = force.key_adults
    spoil(force, [first])
    whole_morning(force)
    assert {alert.key_adult_id for alert in force.rows(Alert)} == {second}
    assert len(force.rows(CallSheetLine)) == 1


@pytest.mark.feature("ES7")
def test_a_school_whose_records_do_not_open_is_rung(force: NotifyingForce, placed: UUID) -> None:
    spoil(force, force.key_adults)
    whole_morning(force)
    assert force.rows(Alert) == []
    assert len(force.rows(CallSheetLine)) == 1
    assert reasons(force) == {None, "contact_cannot_receive"}
