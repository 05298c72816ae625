"""A police system signs in with its own key (RFC 7523), or changes its secret without a gap."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey
from sqlalchemy import func, select

from app.access import assertions, credentials
from app.access.clients import known_client
from app.access.models import ClientCredential, UsedAssertion
from app.core.clock import HandClock
from app.core.errors import Refused
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, incident

TOKEN = "/api/v1/token"
INCIDENTS = "/api/v1/incidents"
AUDIENCE = "http://testserver/api/v1/token"
P256, ED25519 = ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
OTHERS = ECKey.generate_key("P-256")
WRONG = "The client assertion is not right."


class Signer:
    """A police system with the private half of a key that the service knows."""

    def __init__(self, wiring: Wiring, http: TestClient, police: PoliceSystem) -> None:
        self.wiring, self.http, self.client_id = wiring, http, police.client_id

    def knows(self, key: ECKey | OKPKey) -> UUID:
        with self.wiring.database.write(PLATFORM) as session:
            client = known_client(session, UUID(self.client_id))
            public = credentials.read_key(key.as_pem(private=False))
            return credentials.add_key(
                session, client, public, actor="operator:test", now=self.wiring.clock.now()
            ).id

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.wiring.clock.now().timestamp())
        usual = {
            "iss": self.client_id, "sub": self.client_id, "aud": AUDIENCE, "jti": uuid4().hex,
            "iat": now, "exp": now + 60,
        }  # fmt: skip
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def ask(self, assertion: str, **more: str) -> Response:
        form = {
            "grant_type": "client_credentials", "client_assertion": assertion,
            "client_assertion_type": assertions.ASSERTION_TYPE, **more,
        }  # fmt: skip
        return self.http.post(TOKEN, data=form)


@pytest.fixture
def signer(wiring: Wiring, http: TestClient, police: PoliceSystem) -> Signer:
    return Signer(wiring, http, police)


def signed(claims: dict[str, Any], key: Any = P256, alg: str = "ES256", **head: str) -> str:
    return jwt.encode(
        {"alg": alg, "typ": "JWT", **head}, claims, key, registry=assertions._ALGORITHMS
    )


@pytest.mark.feature("IN1")
@pytest.mark.parametrize(
    ("key", "alg"), [(P256, "ES256"), (ED25519, "EdDSA"), (ED25519, "Ed25519")]
)
def test_a_statement_signed_with_its_key_is_worth_a_token(
    signer: Signer, key: ECKey | OKPKey, alg: str
) -> None:
    signer.knows(key)
    for audience in ([AUDIENCE], "http://testserver"):
        assert signer.ask(signed(signer.claims(aud=audience), key, alg)).status_code == 200
    answer = signer.ask(signed(signer.claims(), key, alg, kid=key.thumbprint()))
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert signer.http.post(INCIDENTS, json=incident(), headers=headers).status_code == 201


@pytest.mark.feature("IN1")
def test_a_statement_is_taken_once_also_after_its_end(signer: Signer, clock: HandClock) -> None:
    signer.knows(P256)
    once = signed(signer.claims())
    assert signer.ask(once).status_code == 200
    for wait in (0, 59, 30):
        clock.advance(timedelta(seconds=wait))
        again = signer.ask(once)
        assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    with signer.wiring.database.write(PLATFORM) as session:
        assertions.forget_used(session, now=clock.now())
        assert session.scalar(select(func.count()).select_from(UsedAssertion)) == 1
        assertions.forget_used(session, now=clock.advance(timedelta(minutes=2)))
        assert session.scalar(select(func.count()).select_from(UsedAssertion)) == 0
    assert signer.ask(once).status_code == 401


@pytest.mark.parametrize(
    ("seconds", "status"), [(-31, 401), (-30, 200), (30, 200), (89, 200), (90, 401), (3600, 401)]
)
def test_clocks_may_differ_by_thirty_seconds_and_the_answer_says_what_time_it_is(
    signer: Signer, clock: HandClock, seconds: int, status: int
) -> None:
    signer.knows(P256)
    claims = signer.claims()
    issued = clock.now() + timedelta(seconds=60)
    claims |= {"iat": int(issued.timestamp()), "exp": int(issued.timestamp()) + 60}
    clock.move_to(issued + timedelta(seconds=seconds))
    answer = signer.ask(signed(claims))
    assert answer.status_code == status
    if status == 401:
        assert f"{clock.now():%H:%M:%S}Z" in answer.json()["error_description"]


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _flipped(signer: Signer) -> str:
    head, payload, signature = signed(signer.claims()).split(".")
    other = "B" if signature[9] == "A" else "A"
    return f"{head}.{payload}.{signature[:9]}{other}{signature[10:]}"


def _changed(signer: Signer) -> str:
    head, _, signature = signed(signer.claims()).split(".")
    return f"{head}.{_encoded(signer.claims())}.{signature}"


def _headed(signer: Signer, head: dict[str, Any]) -> str:
    _, payload, signature = signed(signer.claims()).split(".")
    return f"{_encoded({'alg': 'ES256', **head})}.{payload}.{signature}"


FORGED: dict[str, Callable[[Signer], str]] = {
    "a key of somebody else": lambda one: signed(one.claims(), OTHERS),
    "a key of another kind": lambda one: signed(one.claims(), ED25519, "EdDSA"),
    "no algorithm": lambda one: f"{_encoded({'alg': 'none'})}.{_encoded(one.claims())}.",
    "the public key as a shared secret": lambda one: jwt.encode(
        {"alg": "HS256"}, one.claims(),
        OctKey.import_key(base64.urlsafe_b64encode(P256.as_der(private=False))),
    ),
    "a flipped bit": _flipped,
    "other claims": _changed,
    "another key's name": lambda one: signed(one.claims(), kid=OTHERS.thumbprint()),
    "an unknown critical header": lambda one: _headed(one, {"crit": ["x"], "x": 1}),
    "a critical header that is no list": lambda one: _headed(one, {"crit": 7}),
    "an algorithm that is no word": lambda one: _headed(one, {"alg": ["ES256"]}),
    "no JWT": lambda one: f"a.{_encoded({'sub': one.client_id})}.c",
}  # fmt: skip


@pytest.mark.feature("IN1")
@pytest.mark.parametrize("forgery", FORGED.values(), ids=FORGED.keys())
def test_a_forged_statement_is_refused_in_one_way(
    signer: Signer, forgery: Callable[[Signer], str]
) -> None:
    signer.knows(P256)
    answer = signer.ask(forgery(signer))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.json()["error_description"] == WRONG


def test_a_system_without_a_key_a_stranger_and_nobody_are_told_the_same(
    signer: Signer, stranger: PoliceSystem
) -> None:
    signer.knows(P256)
    for named in (stranger.client_id, str(uuid4()), "Canary"):
        answer = signer.ask(signed(signer.claims(iss=named, sub=named)))
        assert (answer.status_code, answer.json()["error_description"]) == (401, WRONG)
        assert "Canary" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "Canary"},
        {"iss": ["Canary"]},
        {"aud": None},
        {"aud": "https://elsewhere.example.org/api/v1/token"},
        {"aud": [AUDIENCE, "https://elsewhere.example.org"]},
        {"aud": {"a": 1}},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 129},
        {"iat": None},
        {"exp": None},
        {"exp": "Canary"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": 2**33},
    ],
)
def test_a_statement_that_says_too_little_is_refused_with_what_to_do(
    signer: Signer, changes: dict[str, Any]
) -> None:
    signer.knows(P256)
    answer = signer.ask(signed(signer.claims(**changes)))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.json()["error_description"] != WRONG
    assert "Canary" not in answer.text


def test_a_statement_is_good_for_five_minutes_at_most(signer: Signer) -> None:
    signer.knows(P256)
    issued = signer.claims()["iat"]
    assert signer.ask(signed(signer.claims(exp=issued + 300))).status_code == 200
    assert signer.ask(signed(signer.claims(exp=issued + 301))).status_code == 401


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"client_secret": "x"}, "invalid_request"),
        ({"client_assertion_type": "urn:other"}, "invalid_request"),
        ({"client_id": str(uuid4())}, "invalid_client"),
        ({"client_assertion": ""}, "invalid_client"),
        ({"client_assertion": "a.b"}, "invalid_client"),
        ({"scope": "Canary"}, "invalid_scope"),
    ],
)
def test_a_form_that_shows_two_ways_or_none_is_refused(
    signer: Signer, more: dict[str, str], error: str
) -> None:
    signer.knows(P256)
    form = {"client_assertion": signed(signer.claims()), **more}
    answer = signer.ask(form.pop("client_assertion"), **form)
    assert answer.json()["error"] == error


@pytest.mark.feature("IN1")
def test_two_live_side_by_side_and_the_old_one_ends_alone(
    signer: Signer, police: PoliceSystem, wiring: Wiring, clock: HandClock
) -> None:
    clock.advance(timedelta(minutes=1))
    key = signer.knows(P256)
    assert police.token()
    assert signer.ask(signed(signer.claims())).status_code == 200
    with wiring.database.write(PLATFORM) as session:
        client = known_client(session, UUID(police.client_id))
        secret, signing = credentials.live(session, client.id)
        assert (secret.kind, signing.id) == ("secret", key)
        assert secret.last_used_at == signing.last_used_at == clock.now()
        with pytest.raises(Refused, match="revoke the old one"):
            credentials.add_secret(session, client, actor="operator:test", now=clock.now())
        credentials.revoke(session, client, secret.id, actor="operator:test", now=clock.now())
    old = {
        "grant_type": "client_credentials", "client_id": police.client_id,
        "client_secret": police.secret,
    }  # fmt: skip
    assert signer.http.post(TOKEN, data=old).status_code == 401
    assert signer.ask(signed(signer.claims())).status_code == 200
    with wiring.database.write(PLATFORM) as session:
        client = known_client(session, UUID(police.client_id))
        _, fresh = credentials.add_secret(session, client, actor="operator:test", now=clock.now())
        assert len(session.scalars(select(ClientCredential)).all()) == 3
    assert signer.http.post(TOKEN, data=old | {"client_secret": fresh}).status_code == 200


def test_a_credential_of_another_system_is_not_revoked(
    signer: Signer, stranger: PoliceSystem, wiring: Wiring, clock: HandClock
) -> None:
    key = signer.knows(P256)
    with wiring.database.write(PLATFORM) as session:
        other = known_client(session, UUID(stranger.client_id))
        with pytest.raises(Refused):
            credentials.revoke(session, other, key, actor="operator:test", now=clock.now())
    assert signer.ask(signed(signer.claims())).status_code == 200


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (P256.as_pem(private=True), "private key"),
        (json.dumps(ED25519.as_dict(private=True)).encode(), "private key"),
        (ECKey.generate_key("P-384").as_pem(private=False), "P-256 or Ed25519"),
        (OKPKey.generate_key("X25519").as_pem(private=False), "P-256 or Ed25519"),
        (b"Canary", "P-256 or Ed25519"),
        (b"{}", "P-256 or Ed25519"),
        (b'{"kty": "oct", "k": "Q2FuYXJ5"}', "P-256 or Ed25519"),
        (b"\xff\xfe", "P-256 or Ed25519"),
        (b"x" * 9000, "no key"),
    ],
)
def test_a_file_that_is_no_public_key_of_ours_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        credentials.read_key(raw)
    assert "Canary" not in str(refused.value)


@pytest.mark.parametrize("key", [P256, ED25519])
def test_a_key_is_read_alike_from_pem_and_jwk_and_only_its_public_half_is_kept(
    key: ECKey | OKPKey,
) -> None:
    from_pem = credentials.read_key(key.as_pem(private=False))
    from_jwk = credentials.read_key(json.dumps(key.as_dict(private=False)).encode())
    assert credentials.thumbprint(from_pem) == credentials.thumbprint(from_jwk) == key.thumbprint()
    assert "d" not in from_pem
    assert "d" not in from_jwk
