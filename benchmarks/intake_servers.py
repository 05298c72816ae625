"""The three servers that `benchmarks.intake` compares: python -m benchmarks.intake_servers."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import uvicorn
from fastapi import Body, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import make_url

from app.api.body import SINGLE, read_body
from app.api.deps import Calling
from app.api.incidents import JSON, answer
from app.api.intake_writer import store
from app.api.messages import read_message
from app.casework.submit import prepare
from app.core import logs
from app.core.errors import ServiceError
from app.core.settings import Environment, Settings
from app.intake.payload import IncidentMessage
from app.main import create_app
from app.wiring import Wiring, build

EACH = "/api/v1/one-transaction-each"


class PlainChild(BaseModel):
    ref: str
    forename: str | None = None
    surname: str | None = None
    date_of_birth: date | None = None
    education: dict[str, Any] = {}


class PlainIncident(BaseModel):
    reference: str
    version: int
    occurred_from: datetime
    children: list[PlainChild]


def base(url: str) -> FastAPI:
    """FastAPI, pydantic, and one raw INSERT of the record as JSON: no more than must be."""
    target = make_url(url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            host=target.host, port=target.port, user=target.username, database=target.database,
            min_size=10, max_size=10,
        ) as pool:  # fmt: skip
            await pool.execute(
                "CREATE TABLE IF NOT EXISTS record (reference text, version int, body jsonb, "
                "PRIMARY KEY (reference, version))"
            )
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/api/v1/incidents", status_code=201)
    async def push(request: Request, message: Annotated[PlainIncident, Body()]) -> dict[str, str]:
        await request.app.state.pool.execute(
            "INSERT INTO record VALUES ($1, $2, $3)",
            message.reference, message.version, message.model_dump_json(),
        )  # fmt: skip
        return {"reference": message.reference}

    return app


def service(url: str, data_dir: Path) -> FastAPI:
    """The service, with one route more: the same work, one transaction for each request."""
    app = create_app(wiring(url, data_dir))

    @app.post(EACH, status_code=201)
    async def push(request: Request, calling: Calling) -> Response:
        held: Wiring = request.app.state.wiring
        body = await read_body(request, limit=SINGLE, accepts=JSON)
        message = read_message(IncidentMessage, body)
        submission = prepare(calling, message)
        (outcome,) = await run_in_threadpool(store, held, [submission])
        if isinstance(outcome, ServiceError):
            raise outcome
        return answer(outcome)

    return app


def wiring(url: str, data_dir: Path) -> Wiring:
    return build(
        Settings(
            environment=Environment.TEST, database_url=url, data_dir=data_dir, channel="recording"
        )
    )


def main() -> None:
    kind, port, url, data_dir = sys.argv[1:]
    logs.configure("CRITICAL")
    app = base(url) if kind == "base" else service(url, Path(data_dir))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main()
