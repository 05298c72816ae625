"""Errors as pages, and the route class by which every page raises them alike."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from app.core.errors import Malformed, NotFound, NotSignedIn, ServiceError
from app.pages.deps import ProofNeeded
from app.pages.rendering import page

# One text for what is not there and what is somebody else's.
_NOT_THERE = NotFound("")
_NO_FORM_OF_OURS = Malformed("Go back, look at what you entered and try again.")


class PageRoute(APIRoute):
    """A route whose errors are pages: people never see a problem document.

    Errors are not answered here. They leave through the session of the request, which undoes what
    was begun, and the application answers them with `problem_page`.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError as error:
                raise _unreadable(error) from None

        return handler


def _to_prove(needed: ProofNeeded) -> Response:
    where = f"/account/prove?{urlencode({'back': needed.back})}"
    return RedirectResponse(where, 303, headers={"Cache-Control": "no-store"})


def _unreadable(error: RequestValidationError) -> ServiceError:
    """Return a bad address as not found, and a form that no page of ours sends as malformed."""
    in_form = all(one["loc"][0] in {"body", "query"} for one in error.errors())
    return _NO_FORM_OF_OURS if in_form else _NOT_THERE


def problem_page(request: Request, error: ServiceError) -> Response:
    """Return an error as a page; a thing of somebody else's looks like one that is not there.

    `app.main` calls it for every error outside `/api`, also at an address that no route knows.
    Whoever is not signed in is sent to do so, and who has to show again who they are, to that.
    """
    if isinstance(error, ProofNeeded):
        return _to_prove(error)
    if isinstance(error, NotSignedIn):
        return RedirectResponse("/sign-in", 303, headers={"Cache-Control": "no-store"})
    template = "not_found.html" if isinstance(error, NotFound) else "problem.html"
    title = "Page not found" if isinstance(error, NotFound) else error.title
    return page(request, template, status=error.status, title=title, detail=error.detail)
