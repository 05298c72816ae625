"""`encompass serve` and `encompass scheduler`: the two processes of the service."""

import signal
import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import opening
from app.core.errors import Refused
from app.core.quiet import keep_quiet

if TYPE_CHECKING:
    import uvicorn

    from app.core.settings import Settings
    from app.wiring import Wiring

# Compose gives a process 30 s between SIGTERM and SIGKILL.
_DRAIN_SECONDS = 20


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[
        int | None, typer.Option(help="Processes; PostgreSQL only.", min=1, max=64)
    ] = None,
    with_scheduler: Annotated[
        bool, typer.Option("--with-scheduler", help="Also run the jobs (always so on SQLite).")
    ] = False,
) -> None:
    """Serve the API and the pages; SIGTERM finishes what was accepted, then stops.

    Example: encompass serve --host 0.0.0.0 --port 8000
    """
    import uvicorn

    from app.core.roles import require_for

    settings = opening.settings()
    keep_quiet()
    if settings.on_sqlite and workers is not None:
        raise Refused("SQLite has one writing process: leave out --workers, or use PostgreSQL.")
    if workers is not None and workers > 1:
        if with_scheduler:
            raise Refused(
                "With several workers the jobs run on their own: start `encompass scheduler`."
            )
        with opening.service(settings, sends=False, patient=True) as wiring:
            require_for(wiring.database.engine, jobs=False, production=settings.production)
        _leave_ending_to_uvicorn()
        uvicorn.run(
            "app.main:create_app", factory=True, workers=workers,
            **server_options(settings, host, port),
        )  # fmt: skip
        return
    sends = settings.on_sqlite or with_scheduler
    with opening.service(settings, sends=sends, patient=True) as wiring:
        require_for(wiring.database.engine, jobs=with_scheduler, production=settings.production)
        _leave_ending_to_uvicorn()
        if settings.on_sqlite or with_scheduler:
            _serve_with_scheduler(wiring, host, port)
        else:
            _server(wiring, host, port).run()


def scheduler() -> None:
    """Run the jobs: match, compose, send, chase; SIGTERM ends after what is in hand.

    Example: encompass scheduler
    """
    from app import scheduler as ticking
    from app.core.roles import require_for

    stop = threading.Event()
    keep_quiet()
    with opening.service(patient=True) as wiring:
        production = wiring.settings.production
        require_for(wiring.database.engine, jobs=True, production=production)
        # Not before: who ends it while it waits for its keys need not wait for them too.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        ticking.run(wiring, stop)


def server_options(settings: "Settings", host: str, port: int) -> dict[str, Any]:
    """Return what uvicorn is told: no access log (it holds paths), no banner, bounded drain."""
    return {
        "host": host, "port": port, "access_log": False, "server_header": False,
        "log_level": "warning", "timeout_graceful_shutdown": _DRAIN_SECONDS,
        # Its own set-up writes tracebacks; what it says goes the way of every library.
        "log_config": None,
        "proxy_headers": True, "forwarded_allow_ips": settings.forwarded_allow_ips,
    }  # fmt: skip


def _leave_ending_to_uvicorn() -> None:
    """Let SIGTERM drain: uvicorn raises it again afterwards, when it is answered and 0 is true."""
    signal.signal(signal.SIGTERM, lambda *_: None)


def _server(wiring: "Wiring", host: str, port: int) -> "uvicorn.Server":
    import uvicorn

    from app.core import garbage
    from app.main import create_app

    app = create_app(wiring)
    garbage.settle()
    return uvicorn.Server(uvicorn.Config(app, **server_options(wiring.settings, host, port)))


def _serve_with_scheduler(wiring: "Wiring", host: str, port: int) -> None:
    """Serve with the jobs in a second thread; where either ends, the other ends too."""
    from app import scheduler as ticking

    server, stop = _server(wiring, host, port), threading.Event()
    failures: list[BaseException] = []

    def tick() -> None:
        try:
            ticking.run(wiring, stop)
        except BaseException as error:  # noqa: BLE001 (handed to the main thread)
            failures.append(error)
        finally:
            server.should_exit = True

    thread = threading.Thread(target=tick, name="scheduler")
    thread.start()
    try:
        server.run()
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]
