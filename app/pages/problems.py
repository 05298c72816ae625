"""Errors as pages, and the route class by which every page answers them alike."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from app.core.errors import Malformed, NotFound, NotSignedIn, ServiceError
from app.pages.rendering import page

# One text for what is not there and what is somebody else's.
_NOT_THERE = NotFound("")
_NO_FORM_OF_OURS = Malformed("Go back, look at what you entered and try again.")


class PageRoute(APIRoute):
    """A route whose errors are pages: people never see a problem document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await answer(request)
            except NotSignedIn:
                return RedirectResponse("/sign-in", 303, headers={"Cache-Control": "no-store"})
            except ServiceError as error:
                return problem_page(request, error)
            except RequestValidationError as error:
                return problem_page(request, _unreadable(error))

        return handler


def _unreadable(error: RequestValidationError) -> ServiceError:
    """Return a bad address as not found, and a form that no page of ours sends as malformed."""
    in_form = all(one["loc"][0] in {"body", "query"} for one in error.errors())
    return _NO_FORM_OF_OURS if in_form else _NOT_THERE


def problem_page(request: Request, error: ServiceError) -> Response:
    """Return an error as a page; a thing of somebody else's looks like one that is not there.

    `app.main` calls it too, for an address outside `/api` that no route knows.
    """
    template = "not_found.html" if isinstance(error, NotFound) else "problem.html"
    title = "Page not found" if isinstance(error, NotFound) else error.title
    return page(request, template, status=error.status, title=title, detail=error.detail)
