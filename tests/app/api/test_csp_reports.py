"""A browser says that a page broke its content policy: its directive is counted, and no more."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.csp_reports import PATH
from app.api.metrics import REGISTRY, exposition

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CANARY = "https://quillmere.example.org/?child=Asha"


def counted(directive: str) -> float:
    return REGISTRY.get_sample_value("encompass_csp_reports_total", {"directive": directive}) or 0


def send(http: TestClient, body: Any, kind: str = "application/csp-report") -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http.post(PATH, content=raw, headers={"content-type": kind}).status_code


@pytest.mark.parametrize(
    ("body", "kind", "directive"),
    [
        ({"csp-report": {"effective-directive": "script-src-elem", "blocked-uri": CANARY}},
         "application/csp-report", "script-src-elem"),
        ([{"type": "csp-violation", "body": {"effectiveDirective": "form-action"}}],
         "application/reports+json", "form-action"),
        ({"csp-report": {"effective-directive": CANARY}}, "application/csp-report", "other"),
        ({"csp-report": {"effective-directive": ["script-src"]}}, "application/json", "other"),
        ([], "application/reports+json", "other"),
        (b"[" * 5_000, "application/csp-report", "other"),
        (b"\xff", "application/csp-report", "other"),
    ],
)  # fmt: skip
def test_a_report_counts_under_its_directive_and_under_nothing_it_made_up(
    http: TestClient, body: Any, kind: str, directive: str
) -> None:
    before = counted(directive)
    assert send(http, body, kind) == 204
    assert counted(directive) == before + 1
    assert "quillmere" not in exposition().decode().casefold()


def test_what_is_no_report_or_a_long_one_is_refused(http: TestClient) -> None:
    assert send(http, {}, "text/plain") == 415
    assert send(http, b"x" * 9_000) == 413
