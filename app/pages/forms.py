"""Forms: which posts are ours. A token of the session, and what the browser says of the origin."""

import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import Request

from app.core.cipher import Cipher
from app.core.errors import FieldError, NotAllowed
from app.core.settings import Settings

FORM_TOKEN = "form_token"  # noqa: S105 (the name of a field)


class ForeignForm(NotAllowed):
    """The post did not come from a page of ours."""

    code, title = "foreign-form", "We could not accept that form"


def refuse() -> ForeignForm:
    """Return the one refusal, which says what to do and not what was missing."""
    return ForeignForm("Go back, reload the page and try again. Nothing was changed.")


def check_origin(request: Request, settings: Settings) -> None:
    """Raise `ForeignForm` where the browser says that another site sent this.

    `Sec-Fetch-Site` cannot be forged by a page. `Origin` is `null` on our own forms too, because
    of our referrer policy, so `null` says nothing and leaves the decision to the token.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = origin in (None, "null", origin_of(settings))
    if not ours:
        raise refuse()


def check_token(given: str, wanted: str) -> None:
    """Raise `ForeignForm` unless the form carries the token it was given."""
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise refuse()


def visitor_token(cipher: Cipher, cookie: str) -> str:
    """Return the form token of a browser that is not signed in, from its random cookie."""
    return cipher.digest("form-token", cookie).hex()


def origin_of(settings: Settings) -> str:
    """Return scheme, host and port of the service, as browsers write them in `Origin`."""
    base = urlsplit(settings.base_url)
    return f"{base.scheme}://{base.netloc}"


def messages(errors: Sequence[FieldError]) -> dict[str, str]:
    """Return the first message of each field, for the page to show beside it."""
    found: dict[str, str] = {}
    for error in errors:
        found.setdefault(error.loc, error.message)
    return found
