"""The board that renews itself: a stream that says "changed", and nothing else.

What changed is fetched like any page, by who may see it. A stream looks every second and ends soon,
so that a process that has to end can; the browser comes back and says what it saw last. It never
makes a sign-in longer.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.casework.live import marker, newest_act
from app.core.errors import ServiceError, Unavailable
from app.pages.deps import Read, Watching, Wired, watching
from app.pages.problems import PageRoute
from app.wiring import Wiring

router = APIRouter(route_class=PageRoute)
_EVERY_SECONDS = 1.0
# More at once in one process: the browser loads its page anew, as it does without a stream.
_MOST = 100
# A proxy that waits for more before it passes anything on would make it late.
_HEADERS = {"X-Accel-Buffering": "no"}


@dataclass
class Streams:
    """How many streams of this process are open."""

    open: int = 0


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a look found: the newest act of all, which never leaves here, and the marker."""

    newest: str
    marker: str


@router.get("/morning/live")
async def live_stream(
    request: Request, acting: Watching, session: Read, wiring: Wired, *,
    seen: Annotated[str, Query(max_length=64)] = "",
    last_event_id: Annotated[str, Header(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Answer with a stream of `changed` and `ended`, or 204 where there is none.

    `seen` is the marker of the page, `Last-Event-ID` the one that the stream before said last.
    """
    await run_in_threadpool(marker, session, acting)
    streams: Streams = request.app.state.streams
    if not wiring.settings.live_seconds or streams.open >= _MOST:
        return Response(status_code=204)
    changes = _changes(request, wiring, streams, last_event_id or seen)
    return StreamingResponse(changes, media_type="text/event-stream", headers=_HEADERS)


async def _changes(
    request: Request, wiring: Wiring, streams: Streams, seen: str
) -> AsyncIterator[str]:
    until = monotonic() + wiring.settings.live_seconds
    streams.open += 1
    before = None
    try:
        yield "retry: 1000\n\n"
        while monotonic() < until:
            try:
                before = await run_in_threadpool(_look, request, wiring, before)
                now = before.marker
            except Unavailable:
                now = seen
            except ServiceError:
                # Signed out, or without the board: the page finds out which when it loads.
                yield "event: ended\ndata: -\n\n"
                return
            if now != seen:
                seen = now
                yield f"id: {now}\nevent: changed\ndata: -\n\n"
            await asyncio.sleep(_EVERY_SECONDS)
    finally:
        streams.open -= 1


def _look(request: Request, wiring: Wiring, before: _Looked | None) -> _Looked:
    """Look again; where nobody did anything since, it is as it was."""
    with wiring.database.read() as session:
        acting = watching(request, session, wiring)
        newest = newest_act(session, acting)
        if before is not None and newest == before.newest:
            return before
        return _Looked(newest, marker(session, acting))
