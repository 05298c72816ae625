import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.wiring import Wiring
from tests.factories.incidents import child, incident

URL = "/api/v1/incidents/batch"


def ndjson(rows: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows) + b"\n"


def push(http: TestClient, auth: dict[str, str], body: bytes) -> Any:
    headers = {**auth, "Content-Type": "application/x-ndjson"}
    response = http.post(URL, content=body, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def counts(wiring: Wiring) -> tuple[int | None, int | None]:
    with wiring.database.read(PLATFORM) as session:
        return (
            session.scalar(select(func.count()).select_from(Incident)),
            session.scalar(select(func.count()).select_from(InvolvedChild)),
        )


@pytest.mark.feature("IN4")
@pytest.mark.timeout(180)
def test_five_thousand_rows_with_one_bad_one(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    rows = [incident(f"99-2026-{number}") for number in range(5_000)]
    rows[2_345]["children"] = [child(date_of_birth="Canary")]
    answer = push(http, auth, ndjson(rows))

    assert (answer["accepted"], answer["replayed"], answer["rejected"]) == (4_999, 0, 1)
    (bad,) = [row for row in answer["rows"] if row["status"] != 201]
    assert bad == {
        "line": 2_346,
        "reference": "99-2026-2345",
        "status": 422,
        "errors": [
            {
                "loc": "children.0.date_of_birth",
                "code": "not_a_date",
                "message": "Write it like 2016-03-02",
            }
        ],
    }
    assert counts(wiring) == (4_999, 4_999)

    again = push(http, auth, ndjson(rows))
    assert (again["accepted"], again["replayed"], again["rejected"]) == (0, 4_999, 1)
    assert counts(wiring) == (4_999, 4_999)
    with wiring.database.read(PLATFORM) as session:
        assert wiring.chain.verify(session, "99") is None


@pytest.mark.feature("IN4")
def test_a_json_array_is_read_like_lines(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    rows = [incident("99-1"), {"reference": "99-2"}, incident("99-3")]
    answer = http.post(URL, json=rows, headers=auth).json()
    assert [(row["line"], row["reference"], row["status"]) for row in answer["rows"]] == [
        (1, "99-1", 201),
        (2, "99-2", 422),
        (3, "99-3", 201),
    ]


def test_one_incident_twice_in_a_batch_is_stored_once(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    other = incident(children=[child(forename="Bo")])
    rows = [incident(), incident(), other, incident(version=2)]
    answer = push(http, auth, ndjson(rows))
    assert [row["status"] for row in answer["rows"]] == [201, 200, 409, 201]
    assert counts(wiring) == (2, 2)


@pytest.mark.parametrize(("body", "total"), [(b"", 0), (b"\n\n", 0)])
def test_an_empty_batch_is_an_answer(
    http: TestClient, auth: dict[str, str], body: bytes, total: int
) -> None:
    assert push(http, auth, body)["accepted"] == total


def test_empty_lines_count_but_are_no_rows(http: TestClient, auth: dict[str, str]) -> None:
    body = b"\r\n" + json.dumps(incident()).encode() + b"\r\n\r\n"
    assert [row["line"] for row in push(http, auth, body)["rows"]] == [2]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 422),
        (b"[", "application/json", 400),
        (b"\n".join([b"{}"] * 5_001), "application/x-ndjson", 413),
        (b"{}", "text/csv", 415),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(
    http: TestClient, auth: dict[str, str], body: bytes, kind: str, status: int
) -> None:
    response = http.post(URL, content=body, headers={**auth, "Content-Type": kind})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_a_row_longer_than_a_single_body_fails_alone(
    http: TestClient, auth: dict[str, str]
) -> None:
    long = b'{"Canary": "' + b"x" * (256 * 1024) + b'"}'
    answer = push(http, auth, long + b"\n" + json.dumps(incident()).encode())
    assert [row["status"] for row in answer["rows"]] == [413, 201]
