import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.wiring import Wiring
from tests.app.api.hostile import CORPUS
from tests.factories.incidents import child, incident

URL = "/api/v1/incidents"
JSON = "application/json"


def count(wiring: Wiring) -> int:
    with wiring.database.read(PLATFORM) as session:
        return session.scalar(select(func.count()).select_from(Incident)) or 0


def is_a_problem(response: Any, status: int) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "request_id", "errors"}
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]


@pytest.mark.feature("IN5")
def test_no_hostile_body_is_stored_echoed_or_answered_with_5xx(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    assert len(CORPUS) >= 60
    for name, body, status in CORPUS:
        response = http.post(URL, content=body, headers={**auth, "Content-Type": JSON})
        assert response.status_code == status, name
        is_a_problem(response, status)
        assert "Canary" not in response.text, name
    assert count(wiring) == 0


@pytest.mark.feature("IN4")
def test_hostile_rows_never_block_the_good_ones_between_them(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    lines, expected = [], []
    # A batch is split at line ends, so a body that holds one is two rows, and none is no row.
    for number, (_, body, status) in enumerate(CORPUS):
        if body.strip() and b"\n" not in body:
            lines += [body, json.dumps(incident(f"99-{number}")).encode()]
            expected += [status, 201]
    response = http.post(
        f"{URL}/batch",
        content=b"\n".join(lines),
        headers={**auth, "Content-Type": "application/x-ndjson"},
    )
    assert response.status_code == 200
    body = response.json()
    assert [row["status"] for row in body["rows"]] == expected
    assert [row["line"] for row in body["rows"]] == list(range(1, len(lines) + 1))
    assert body["accepted"] == count(wiring) == len(lines) // 2
    # The reference is the one thing a row gives back, so that the force can find it.
    faults = [row["errors"] for row in body["rows"]]
    assert "Canary" not in json.dumps(faults)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/xml", 415),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=utf-8", 201),
        ("APPLICATION/JSON", 201),
        ("", 415),
    ],
)
def test_only_json_in_utf8_is_read(
    http: TestClient, auth: dict[str, str], kind: str, status: int
) -> None:
    body = json.dumps(incident())
    response = http.post(URL, content=body, headers={**auth, "Content-Type": kind})
    assert response.status_code == status


def test_an_encoded_body_is_refused_unread(http: TestClient, auth: dict[str, str]) -> None:
    headers = {**auth, "Content-Type": JSON, "Content-Encoding": "gzip"}
    is_a_problem(http.post(URL, content=b"\x1f\x8b", headers=headers), 415)


@pytest.mark.parametrize("path", [URL, f"{URL}/99-1/withdrawal", "/api/v1/nights/2026-11-20/close"])
def test_a_body_over_the_limit_is_refused(
    http: TestClient, auth: dict[str, str], path: str
) -> None:
    headers = {**auth, "Content-Type": JSON}
    big = b'{"Canary": "' + b"x" * (256 * 1024) + b'"}'
    is_a_problem(http.post(path, content=big, headers=headers), 413)

    def chunks() -> Any:
        for _ in range(300):
            yield b" " * 1024

    # Without a length the body is counted as it comes.
    is_a_problem(http.post(path, content=chunks(), headers=headers), 413)


def test_a_body_of_sixty_megabytes_is_refused_by_the_batch_door(
    http: TestClient, auth: dict[str, str]
) -> None:
    response = http.post(
        f"{URL}/batch",
        content=b" " * (17 * 1024 * 1024),
        headers={**auth, "Content-Type": "application/x-ndjson"},
    )
    is_a_problem(response, 413)


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz", "O’Neill", "O'Neill", "李", "नेहा", "Siân", "Nguyễn", "محمد", "Иван", "Þóra",
        "می‌خواهم", "Example-Khan", "de la Cruz", "ap Rhys", "N'Golo", "Sœur", "กัญญา",
    ],
)  # fmt: skip
def test_real_names_in_any_script_are_taken(
    http: TestClient, auth: dict[str, str], name: str
) -> None:
    body = incident(children=[child(forename=name, surname=name)])
    response = http.post(URL, json=body, headers=auth)
    assert response.status_code == 201
    assert "name_missing" not in response.json()["children"][0]["warnings"]
