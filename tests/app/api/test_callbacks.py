"""Callbacks of providers: by token alone, in any order, and telling nobody anything."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.core.scope import PLATFORM
from app.main import create_app
from app.wiring import Wiring
from notifications.attempts import AlertResult, ResultKind
from notifications.models import Alert
from notifications.outbox import claim, record
from notifications.states import AlertState
from notifications.verp import return_address
from tests.factories.bounces import delivery_report
from tests.factories.notifications import DUE, URN, NotifyingForce, minutes

TOKEN = "a-token-of-our-own-7Qd2"
NOTIFY, BOUNCES = "/api/v1/callbacks/govuk-notify", "/api/v1/callbacks/bounces"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MAIL = {**BEARER, "Content-Type": "message/rfc822"}


@pytest.fixture
def open_to_providers(wiring: Wiring) -> Wiring:
    token = SecretStr(TOKEN)
    settings = wiring.settings.model_copy(
        update={"notify_callback_token": token, "bounce_token": token}
    )
    return replace(wiring, settings=settings)


@pytest.fixture
def client(open_to_providers: Wiring) -> Iterator[TestClient]:
    with TestClient(create_app(open_to_providers)) as made:
        yield made


@pytest.fixture
def force(wiring: Wiring) -> NotifyingForce:
    return NotifyingForce(wiring).begin()


@pytest.fixture
def handed(force: NotifyingForce) -> UUID:
    """An alert that GOV.UK Notify has taken."""
    force.school(URN, "dsl@school.example.org", "deputy@school.example.org")
    force.place()
    force.at(DUE - minutes(120))
    force.chase()
    with force.database.write(PLATFORM) as session:
        (one,) = claim(session, force.cipher, owner="one", now=force.now)
        result = AlertResult(
            one.alert_id, one.fence, ResultKind.HANDED_OVER, channel="govuk_notify"
        )
        record(session, [result], now=force.now)
    return one.alert_id


def receipt(alert_id: object, status: str = "delivered") -> dict[str, Any]:
    """The members that GOV.UK Notify documents."""
    return {
        "id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": str(alert_id),
        "to": "dsl@school.example.org", "status": status, "notification_type": "email",
        "created_at": "2026-11-20T06:30:00.000000Z", "completed_at": None, "sent_at": None,
        "template_id": "f33517ff-2a88-4f6e-b855-c550268ce08a", "template_version": 1,
    }  # fmt: skip


def state(force: NotifyingForce) -> AlertState:
    (alert,) = force.rows(Alert)
    found: AlertState = alert.state
    return found


@pytest.mark.feature("SE6")
@pytest.mark.feature("DL8")
@pytest.mark.feature("IG4")
def test_a_receipt_moves_the_alert_and_once_more_changes_nothing(
    force: NotifyingForce, handed: UUID, client: TestClient
) -> None:
    for status in ("delivered", "delivered", "permanent-failure", "sending"):
        answer = client.post(NOTIFY, json=receipt(handed, status), headers=BEARER)
        assert (answer.status_code, answer.content) == (204, b"")
        assert state(force) is AlertState.REACHED_MAILBOX


@pytest.mark.feature("SE6")
@pytest.mark.feature("DL8")
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"},
     {"Authorization": f"Bearer {TOKEN[:-1]}"}, {"Authorization": "Bearer "}],
    ids=["none", "no scheme", "longer", "shorter", "empty"],
)  # fmt: skip
def test_a_forged_receipt_moves_nothing(
    force: NotifyingForce, handed: UUID, client: TestClient, headers: dict[str, str]
) -> None:
    assert client.post(NOTIFY, json=receipt(handed), headers=headers).status_code == 401
    address = return_address("bounces@messages.example.org", handed, force.cipher)
    mail = {"Content-Type": "message/rfc822", **headers}
    raw = delivery_report(address)
    assert client.post(BOUNCES, content=raw, headers=mail).status_code == 401
    assert state(force) is AlertState.HANDED_OVER


def test_without_a_token_of_the_operators_there_is_no_such_address(wiring: Wiring) -> None:
    with TestClient(create_app(wiring)) as client:
        assert client.post(NOTIFY, json={}, headers=BEARER).status_code == 404
        assert client.post(BOUNCES, content=b"", headers=MAIL).status_code == 404


@pytest.mark.parametrize("reference", [None, "batch-7", "740e5834-3a29-46b4-9a6f-16142fde533a"])
def test_a_receipt_of_nothing_of_ours_is_answered_alike(
    client: TestClient, reference: str | None
) -> None:
    answer = client.post(NOTIFY, json=receipt(reference), headers=BEARER)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"status": NaN}', b'"text"'])
def test_a_body_that_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    assert client.post(NOTIFY, content=body, headers=headers).status_code == 400


@pytest.mark.feature("DL8")
def test_a_mail_server_may_post_what_came_to_the_bounce_mailbox(
    force: NotifyingForce, handed: UUID, client: TestClient
) -> None:
    address = return_address("bounces@messages.example.org", handed, force.cipher)
    answer = client.post(BOUNCES, content=delivery_report(address), headers=MAIL)
    assert answer.status_code == 204
    assert state(force) is AlertState.BOUNCED
