"""Business errors: each carries its own HTTP status and a code from a closed list.

A message tells the user what to do next and never repeats personal data. Status 422 is kept for
the shape of a request, which pydantic decides at the edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one place of a message; never holds the submitted value."""

    loc: str
    code: str
    message: str


@dataclass
class ServiceError(Exception):
    """What every edge knows how to answer; subclasses fix `status`, `code` and `title`."""

    detail: str
    errors: Sequence[FieldError] = field(default_factory=tuple)

    status = 500
    code = "internal"
    title = "Something went wrong"

    def __str__(self) -> str:
        return self.detail


class Malformed(ServiceError):
    """The bytes are not what they claim to be (not JSON, not UTF-8, duplicate keys)."""

    status, code, title = 400, "malformed", "The request could not be read"


class NotSignedIn(ServiceError):
    """No valid credentials came with the request."""

    status, code, title = 401, "not-signed-in", "Sign in first"


class NotAllowed(ServiceError):
    """A police client lacks the scope; people get `NotFound` instead."""

    status, code, title = 403, "not-allowed", "This is not allowed"


class NotFound(ServiceError):
    """It does not exist, or it is somebody else's: the two look the same."""

    status, code, title = 404, "not-found", "Not found"


class Noted(ServiceError):
    """A refusal that is itself a fact: what the unit of work noted before it is kept.

    Only for an act that has written nothing but that note.
    """


class NotFoundAndNoted(Noted, NotFound):
    """Not found, for a reason that is stored."""


class Conflict(ServiceError):
    """The state of the record does not allow this."""

    status, code, title = 409, "conflict", "This conflicts with what is stored"


class TooLarge(ServiceError):
    """The body is larger than this call accepts."""

    status, code, title = 413, "too-large", "The request is too large"


class WrongMediaType(ServiceError):
    """The content type is not one this call reads."""

    status, code, title = 415, "wrong-media-type", "The content type is not accepted"


class Invalid(ServiceError):
    """The message can be read but breaks a rule; `errors` says where."""

    status, code, title = 422, "invalid", "The message breaks a rule"


@dataclass
class TooMany(ServiceError):
    """Too many attempts; wait and try again."""

    retry_after_seconds: int | None = None

    status, code, title = 429, "too-many", "Too many attempts"


class Unavailable(ServiceError):
    """Nothing is known to be stored; the same request may safely be sent again."""

    status, code, title = 503, "unavailable", "The service cannot store this now"
    retry_after_seconds = 5


class Refused(ServiceError):
    """An operator's command was refused; the message says why and what to do."""

    status, code, title = 409, "refused", "Refused"
