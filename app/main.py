"""The web process: the police interface and the pages behind one front door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from app import api, pages
from app.api import openapi
from app.api.errors import answering, install
from app.api.front_door import FrontDoor
from app.api.intake_writer import IntakeWriter
from app.core import garbage, logs
from app.core.quiet import keep_quiet
from app.core.roles import require_for
from app.core.settings import Settings
from app.pages.live import Streams
from app.pages.problems import problem_page
from app.wiring import Wiring, build

# FastAPI traces requests, with their paths, as soon as any provider is set: never here.
_NO_TELEMETRY: Any = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


class Application(FastAPI):
    """FastAPI with our OpenAPI document: bodies are read by hand, so it is told about them."""

    def openapi(self) -> dict[str, Any]:
        return openapi.document(self)


def create_app(wiring: Wiring | None = None) -> FastAPI:
    """Return the application; without a wiring it is built from the settings (uvicorn --factory).

    Serve it with its lifespan: the intake writer starts with the process and drains at its end.
    """
    own_process = wiring is None
    if wiring is None:
        settings = Settings()
        logs.configure(settings.log_level)
        keep_quiet()
        wiring = build(settings, sends=False, patient=True)
        require_for(wiring.database.engine, jobs=False, production=settings.production)
    app = _application(wiring)
    app.state.wiring = wiring
    app.state.intake = IntakeWriter(wiring)
    app.state.streams = Streams()
    answer = answering(problem_page)
    install(app, answer)
    app.add_middleware(FrontDoor, settings=wiring.settings, answer=answer)
    for router in (*api.ROUTERS, pages.router):
        app.include_router(router)
    if own_process:
        garbage.settle()
    return app


def _application(wiring: Wiring) -> FastAPI:
    docs = not wiring.settings.production
    return Application(
        title="Encompass",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json" if docs else None,
        lifespan=_lifespan,
        # It would lead a push, with its body and its token, to an address made of the caller's
        # `Host` and of the scheme that the proxy uses inside: http.
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    writer: IntakeWriter = app.state.intake
    writer.start()
    yield
    writer.stop()
