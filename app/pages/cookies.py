"""The cookies: who is signed in, the form token of who is not yet, which browser, a language."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request, Response

from app.access import browsers
from app.access.browsers import Place
from app.core.cipher import Cipher
from app.core.ids import new_secret
from app.core.languages import Language
from app.core.languages import language_of as language_of_code
from app.core.settings import Settings

_SESSION, _FORM, _BROWSER = "encompass-session", "encompass-form", "encompass-browser"
_LANGUAGE, _A_YEAR = "encompass-language", 365 * 24 * 3600


def session_name(settings: Settings) -> str:
    """Return the name of the session cookie; `__Host-` wherever there is https."""
    return _named(settings, _SESSION)


def form_name(settings: Settings) -> str:
    """Return the name of the cookie that the forms of a visitor are checked against."""
    return _named(settings, _FORM)


def put(
    response: Response, name: str, value: str, *, settings: Settings, seconds: int | None = None
) -> None:
    """Set a cookie for no script, no other site and no other host; it ends with the browser."""
    response.set_cookie(
        name, value, path="/", secure=not plain_http(settings), httponly=True, samesite="strict",
        max_age=seconds,
    )  # fmt: skip


def browser_of(request: Request, settings: Settings, cipher: Cipher) -> tuple[Place, str]:
    """Return where a post comes from, and the cookie by which the browser is known again.

    Only for posts: a browser that follows a link from elsewhere does not send it, and would be
    given another.
    """
    cookie = request.cookies.get(_named(settings, _BROWSER)) or new_secret()
    address = request.client.host if request.client else "unknown"
    agent = request.headers.get("user-agent", "")
    place = browsers.place_of(
        cipher, cookie=cookie, address=address, user_agent=agent,
        session_token=request.cookies.get(session_name(settings)),
    )  # fmt: skip
    return place, cookie


def put_browser(response: Response, cookie: str, *, settings: Settings) -> None:
    """Set the cookie by which a browser is known again; it holds nothing and lets nobody in."""
    seconds = int(browsers.LISTED_FOR.total_seconds())
    put(response, _named(settings, _BROWSER), cookie, settings=settings, seconds=seconds)


def language_of(request: Request, settings: Settings) -> Language | None:
    """Return the language that was chosen in this browser."""
    return language_of_code(request.cookies.get(_named(settings, _LANGUAGE)))


def put_language(response: Response, language: Language, *, settings: Settings) -> None:
    """Remember a language in this browser.

    It says nothing of anybody and lets nobody in, so it may come along from a link in an email:
    whoever follows that reads the page to sign in as they chose.
    """
    response.set_cookie(
        _named(settings, _LANGUAGE), language.value, path="/", secure=not plain_http(settings),
        httponly=True, samesite="lax", max_age=_A_YEAR,
    )  # fmt: skip


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
