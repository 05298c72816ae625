"""The force's own system: signs in, pushes incidents one by one or in a batch, closes the night."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.core.clock import Clock

_SECONDS = 30.0
# The token lives ten minutes; a new one is asked for a little earlier.
_TOKEN_FOR = timedelta(minutes=9)


class Police:
    """One police client of the API."""

    def __init__(self, base_url: str, *, client_id: str, secret: str, clock: Clock) -> None:
        self._client = httpx.Client(base_url=base_url, timeout=_SECONDS)
        self._credentials = {
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret,
            "scope": "incidents:write incidents:read",
        }  # fmt: skip
        self._clock = clock
        self._token, self._until = "", datetime.min.replace(tzinfo=clock.now().tzinfo)

    def close(self) -> None:
        self._client.close()

    def push(self, body: dict[str, Any]) -> httpx.Response:
        """Send one incident and return the answer, whatever it is."""
        return self._client.post("/api/v1/incidents", json=body, headers=self._bearer())

    def push_batch(self, bodies: Sequence[dict[str, Any]]) -> httpx.Response:
        """Send several incidents as lines of JSON."""
        lines = "\n".join(json.dumps(body, ensure_ascii=False) for body in bodies)
        headers = {**self._bearer(), "content-type": "application/x-ndjson"}
        return self._client.post("/api/v1/incidents/batch", content=lines.encode(), headers=headers)

    def read(self, reference: str) -> dict[str, Any]:
        """Return what the service says of an incident."""
        answer = self._client.get(f"/api/v1/incidents/{reference}", headers=self._bearer())
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def withdraw(self, reference: str, reason_code: str, reason: str) -> httpx.Response:
        """Take an incident back."""
        return self._client.post(
            f"/api/v1/incidents/{reference}/withdrawal", headers=self._bearer(),
            json={"reason_code": reason_code, "reason": reason},
        )  # fmt: skip

    def close_night(self, on: str, totals: dict[str, int]) -> httpx.Response:
        """Send the control totals of a night."""
        return self._client.post(f"/api/v1/nights/{on}/close", json=totals, headers=self._bearer())

    def _bearer(self) -> dict[str, str]:
        if self._clock.now() >= self._until:
            answer = self._client.post("/api/v1/token", data=self._credentials)
            self._token = answer.raise_for_status().json()["access_token"]
            self._until = self._clock.now() + _TOKEN_FOR
        return {"authorization": f"Bearer {self._token}"}
