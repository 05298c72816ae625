import pytest
from fastapi.testclient import TestClient

pytest.importorskip("schools.queries")

URL = "/api/v1/establishments"


@pytest.mark.parametrize(
    "parameters", [{"q": "x"}, {"q": "x" * 101}, {"urn": "Canary"}, {"urn": "1"}]
)
def test_a_wrong_question_is_refused(
    http: TestClient, auth: dict[str, str], parameters: dict[str, str]
) -> None:
    response = http.get(URL, params=parameters, headers=auth)
    assert response.status_code == 422
    assert "Canary" not in response.text


def test_no_question_gets_no_answer(http: TestClient, auth: dict[str, str]) -> None:
    assert http.get(URL, headers=auth).json() == {"items": []}
