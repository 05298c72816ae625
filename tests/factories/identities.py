"""The OpenID provider process in a test's hand, and browsers that go there and come back."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from httpx2 import Response

from app.core.clock import Clock
from app.core.settings import Settings
from tests.factories.people import Browser
from tests.machine import free_port
from tests.processes.openid_provider import CLIENT_ID, CLIENT_SECRET
from tests.processes.server import ROOT

NAME = "Exampleshire Sign-in"
_HREF = re.compile(r'href="(http[^"]+)"')


class Provider:
    """A provider that runs; `says` is who signs in there next, and what is wrong about it."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self._http = httpx.Client(
            base_url=self.issuer, transport=httpx.HTTPTransport(retries=5), timeout=30
        )

    def says(self, clock: Clock, sub: str | None = "s-1", **told: Any) -> None:
        """Let somebody sign in next; `claims` replace what the token says, None leaves out."""
        claims = {"sub": sub, **told.pop("claims", {})}
        now = int(clock.now().timestamp())
        self._http.post("/says", json={"now": now, "claims": claims, **told}).raise_for_status()

    def asked(self) -> list[str]:
        """Return the paths that were asked for."""
        found: list[str] = self._http.get("/asked").json()
        return found

    def signs_in(self, href: str) -> dict[str, str]:
        """Sign in on its page; return what it sends the browser back with."""
        page = self._http.get(href)
        assert page.status_code == 200, page.text
        found = _HREF.search(page.text)
        assert found is not None
        query = parse_qs(urlsplit(unescape(found[1])).query)
        return {name: values[0] for name, values in query.items()}

    def close(self) -> None:
        self._http.close()


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Start a provider as a process on a free port, and end it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.openid_provider", str(port)], cwd=ROOT
    )
    provider = Provider(port)
    try:
        while True:
            assert process.poll() is None
            try:
                provider.asked()
                break
            except httpx.TransportError:
                continue
        yield provider
    finally:
        provider.close()
        process.send_signal(signal.SIGKILL)
        process.wait(60)


def with_provider(settings: Settings, issuer: str, **more: Any) -> Settings:
    """Return settings with this provider set up."""
    return Settings.model_validate(
        settings.model_dump()
        | {
            "oidc_issuer": issuer, "oidc_client_id": CLIENT_ID, "oidc_name": NAME,
            "oidc_client_secret": CLIENT_SECRET, **more,
        }
    )  # fmt: skip


def way_there(pressed: Response) -> str:
    """Return the address at the provider that a page of ours leads to."""
    found = _HREF.search(pressed.text)
    assert found is not None, pressed.text
    return unescape(found[1])


def asks(browser: Browser) -> str:
    """Press "Sign in with …"; return where the browser is sent."""
    return way_there(browser.press("/sign-in/identity", page="/sign-in"))


def comes_back(browser: Browser, sent: dict[str, str], *, code: str = "") -> Response:
    """Come back from another site, without the cookies that are for ours, and press."""
    kept = list(browser.http.cookies.jar)
    browser.http.cookies.clear()
    page = browser.get("/sign-in/identity/back", params=sent)
    for cookie in kept:
        if cookie.name not in browser.http.cookies:
            browser.http.cookies.jar.set_cookie(cookie)
    if page.status_code != 200:
        return page
    form = {
        name: unescape(value)
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    }
    browser.last = browser.http.post("/sign-in/identity/finish", data=form | {"code": code})
    return browser.last
