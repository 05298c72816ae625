"""A police system that is refused leaves a row on the trail of its force; nobody else's does."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from app.access.clients import Change, change_client, revoke_client
from app.access.models import PoliceClient
from app.casework import refusals
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, incident

URL, INCIDENTS = "/api/v1/token", "/api/v1/incidents"


def refused(wiring: Wiring) -> list[tuple[str, str, str | None, str]]:
    """Chain, who, reason and what was asked of each refusal, in their order."""
    with wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.event == Event.ACCESS_DENIED)
            .order_by(AuditEntry.chain, AuditEntry.seq)
        )
        return [
            (row.chain, row.actor, row.reason_code, (row.detail or {})["asked"]) for row in rows
        ]


def sign_in(http: TestClient, client_id: str, secret: str, **more: str) -> int:
    form = {
        "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more,
    }  # fmt: skip
    return http.post(URL, data=form).status_code


def test_a_sign_in_that_fails_is_on_the_trail_of_the_force_or_of_the_platform(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    assert sign_in(http, police.client_id, police.secret) == 200
    assert refused(wiring) == []
    assert sign_in(http, police.client_id, "wrong") == 401
    assert sign_in(http, str(uuid4()), police.secret) == 401
    assert sign_in(http, "no id at all", police.secret) == 401
    asked = f"POST {URL}"
    assert refused(wiring) == [
        (police.force, f"client:{police.client_id}", "invalid_client", asked),
        ("platform", "client:unknown", "invalid_client", asked),
        ("platform", "client:unknown", "invalid_client", asked),
    ]


def test_the_right_secret_from_elsewhere_is_noted(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    with wiring.database.write(PLATFORM) as session:
        change_client(
            session, session.get_one(PoliceClient, UUID(police.client_id)),
            Change(networks=["192.0.2.0/24"]), actor="operator:test", now=wiring.clock.now(),
        )  # fmt: skip
    assert sign_in(http, police.client_id, police.secret) == 400
    assert [row[2] for row in refused(wiring)] == ["unauthorized_client"]


@pytest.mark.parametrize("ended", [False, True])
def test_a_token_that_does_not_carry_what_is_asked_or_whose_system_was_revoked_is_noted(
    http: TestClient, wiring: Wiring, police: PoliceSystem, stranger: PoliceSystem, ended: bool
) -> None:
    headers = police.headers(None if ended else "incidents:read")
    if ended:
        with wiring.database.write(PLATFORM) as session:
            revoke_client(
                session, UUID(police.client_id), now=wiring.clock.now(), actor="operator:test"
            )
    answer = http.post(INCIDENTS, json=incident(), headers=headers)
    assert answer.status_code == (401 if ended else 403)
    other = http.post(INCIDENTS, json=incident(), headers=stranger.headers())
    assert other.status_code == 201
    reason = "not_signed_in" if ended else "not_allowed"
    assert refused(wiring) == [
        (police.force, f"client:{police.client_id}", reason, f"POST {INCIDENTS}")
    ]


def test_a_reference_that_is_not_there_is_no_refusal(
    http: TestClient, wiring: Wiring, police: PoliceSystem, stranger: PoliceSystem
) -> None:
    """Systems ask again for what they are about to push; another force's is not there either."""
    made = http.post(INCIDENTS, json=incident(), headers=police.headers()).json()
    for reference in (made["reference"], "99-2026-9999999"):
        answer = http.get(f"{INCIDENTS}/{reference}", headers=stranger.headers())
        assert answer.status_code == 404
    assert refused(wiring) == []


def test_a_token_of_nobody_is_no_refusal_of_somebody(http: TestClient, wiring: Wiring) -> None:
    answer = http.post(INCIDENTS, json=incident(), headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 401
    assert refused(wiring) == []


def not_read(wiring: Wiring) -> list[AuditEntry]:
    """The rows of what could not be read, in their order."""
    with wiring.database.read(PLATFORM) as session:
        return list(
            session.scalars(
                select(AuditEntry)
                .where(AuditEntry.event == Event.MESSAGE_NOT_READ)
                .order_by(AuditEntry.chain, AuditEntry.seq)
            )
        )


JSON = {"content-type": "application/json"}
BAD: dict[str, tuple[dict[str, Any], int, str, list[str]]] = {
    "no json": ({"content": b"{Asha", "headers": JSON}, 400, "malformed", []),
    "not utf-8": ({"content": b'{"a": "\xff"}', "headers": JSON}, 400, "malformed", []),
    "a field of its own": (
        {"json": incident() | {"asha": "Asha Example"}}, 422, "invalid", ["extra_forbidden"],
    ),
    "nothing": ({"json": {}}, 422, "invalid", ["missing"]),
    "a form": ({"data": {"reference": "Asha"}}, 415, "wrong_media_type", []),
    "too much": ({"json": {"x": "Asha" * 70_000}}, 413, "too_large", []),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_leaves_a_row_without_a_word_of_it(
    http: TestClient, wiring: Wiring, police: PoliceSystem, stranger: PoliceSystem, name: str
) -> None:
    sent, status, reason, codes = BAD[name]
    more = dict(sent)
    headers = {**police.headers(), **more.pop("headers", {})}
    assert http.post(INCIDENTS, headers=headers, **more).status_code == status
    good = http.post(INCIDENTS, json=incident(), headers=stranger.headers())
    assert good.status_code == 201
    (row,) = not_read(wiring)
    assert (row.chain, row.force, row.actor) == (
        police.force, police.force, f"client:{police.client_id}",
    )  # fmt: skip
    assert (row.reason_code, row.subject) == (reason, row.actor)
    assert row.detail == {
        "asked": f"POST {INCIDENTS}", "things": {}, "messages": 1, "codes": codes,
    }  # fmt: skip
    assert row.request_id is not None
    assert refused(wiring) == []


def test_the_bad_rows_of_a_batch_are_one_row_and_the_good_ones_are_stored(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    bodies = [incident("99-1"), incident("99-2") | {"asha": 1}, {"reference": "99-3"}]
    lines = "\n".join([*(json.dumps(body) for body in bodies), "{Asha"])
    headers = {**police.headers(), "content-type": "application/x-ndjson"}
    answer = http.post(f"{INCIDENTS}/batch", content=lines, headers=headers).json()
    assert (answer["accepted"], answer["rejected"]) == (1, 3)
    (row,) = not_read(wiring)
    found = {"messages": 3, "codes": ["extra_forbidden", "missing"]}
    assert row.detail == {"asked": f"POST {INCIDENTS}/batch", "things": {}} | found
    http.post(f"{INCIDENTS}/batch", content=json.dumps(bodies[0]), headers=headers)
    assert len(not_read(wiring)) == 1


def test_a_sign_in_whose_statement_cannot_be_read_is_nobodys_and_a_form_that_is_none_is_no_sign_in(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    statement = {
        "grant_type": "client_credentials", "client_assertion": "Asha",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }  # fmt: skip
    assert http.post(URL, data=statement).status_code == 401
    assert refused(wiring) == [("platform", "client:unknown", "invalid_client", f"POST {URL}")]
    assert http.post(URL, json=statement).status_code == 400
    assert http.post(URL, data={"form": "none"}).status_code == 400
    assert len(refused(wiring)) == 1
    assert not_read(wiring) == []


def test_of_what_cannot_be_read_an_hour_has_so_many_rows_and_a_denied_act_one_of_its_own(
    http: TestClient, wiring: Wiring, police: PoliceSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_AN_HOUR", 3)
    headers = police.headers()
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: http.post(INCIDENTS, json={}, headers=headers).status_code, range(9))
        )
    assert answers == [422] * 9
    assert [row.reason_code for row in not_read(wiring)] == ["invalid"] * 3 + ["more_refused"]
    reader = police.headers("incidents:read")
    assert http.post(INCIDENTS, json=incident(), headers=reader).status_code == 403
    assert len(refused(wiring)) == 1


def test_the_answer_to_what_cannot_be_read_stands_where_the_trail_takes_no_rows(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    headers = police.headers()
    with wiring.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    answer = http.post(INCIDENTS, json={}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    with wiring.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_away RENAME TO audit"))
    assert not_read(wiring) == []


def test_the_row_is_written_once_the_answer_has_gone(
    http: TestClient, wiring: Wiring, police: PoliceSystem
) -> None:
    token = police.headers()["Authorization"].encode()
    when_sent: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            when_sent.append(len(not_read(wiring)))

    scope = {
        "type": "http", "method": "POST", "path": INCIDENTS, "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"authorization", token),
                    (b"content-type", b"application/json")],
    }  # fmt: skip
    # In a thread of its own: a test of a browser may have left its loop in this one.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(lambda: asyncio.run(http.app(scope, receive, send))).result()  # type: ignore[arg-type]
    assert when_sent == [0]
    assert len(not_read(wiring)) == 1
