"""The two cookies: the session of who is signed in, and the form token of who is not yet."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Response

from app.core.settings import Settings

_SESSION, _FORM = "encompass-session", "encompass-form"


def session_name(settings: Settings) -> str:
    """Return the name of the session cookie; `__Host-` wherever there is https."""
    return _named(settings, _SESSION)


def form_name(settings: Settings) -> str:
    """Return the name of the cookie that the forms of a visitor are checked against."""
    return _named(settings, _FORM)


def put(response: Response, name: str, value: str, *, settings: Settings) -> None:
    """Set a cookie that ends with the browser: no script, no other site, no other host."""
    response.set_cookie(
        name, value, path="/", secure=not plain_http(settings), httponly=True, samesite="strict"
    )


def drop(response: Response, name: str, *, settings: Settings) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        name, path="/", secure=not plain_http(settings), httponly=True, samesite="strict"
    )


def plain_http(settings: Settings) -> bool:
    """Return whether cookies must do without https: a rehearsal on this very machine, only."""
    base = urlsplit(settings.base_url)
    return not settings.production and base.scheme == "http" and _loopback(base.hostname or "")


def _named(settings: Settings, name: str) -> str:
    return name if plain_http(settings) else f"__Host-{name}"


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
