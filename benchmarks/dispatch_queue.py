"""The same send by procrastinate, the task queue on PostgreSQL that a developer would reach for.

One job for each alert, put into its queue beforehand in bulk; the stock worker takes them eight at
a time and keeps what became of each, as it does unless told otherwise. The task is the bare
client's own send on a connection that it keeps: a connection for each mail would cost the queue
far more than this. Its argument is a number and the mails are made beforehand and held in memory,
so that it looks nothing up and builds nothing. Needs the group `eval`.
"""

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Sequence
from pathlib import Path
from threading import local
from time import perf_counter

from procrastinate import App, PsycopgConnector
from sqlalchemy import make_url

from notifications.delivery import CONCURRENCY

_BLOCK = 1000


def seconds(url: str, port: int, ca_file: Path, ready: Sequence[tuple[str, bytes]]) -> float:
    """Return the seconds from the worker's start until every job is done."""
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    return asyncio.run(_seconds(url, port, ca_file, ready))


async def _seconds(url: str, port: int, ca_file: Path, ready: Sequence[tuple[str, bytes]]) -> float:
    conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    # A connection for each job at a time, and one for the worker itself.
    app = App(connector=PsycopgConnector(conninfo=conninfo, max_size=CONCURRENCY + 1))
    context = ssl.create_default_context(cafile=ca_file)
    held = local()
    opened: list[smtplib.SMTP] = []

    def send(number: int) -> None:
        if not hasattr(held, "client"):
            held.client = smtplib.SMTP("127.0.0.1", port, "bench.test", timeout=30)
            held.client.starttls(context=context)
            opened.append(held.client)
        held.client.sendmail("alerts@messages.example.org", [ready[number][0]], ready[number][1])

    task = app.task(name="send")(send)
    async with app.open_async():
        if not await _has_schema(app):
            await app.schema_manager.apply_schema_async()
        await app.connector.execute_query_async("DELETE FROM procrastinate_jobs")
        for first in range(0, len(ready), _BLOCK):
            numbers = range(first, min(first + _BLOCK, len(ready)))
            await task.batch_defer_async(*({"number": number} for number in numbers))
        began = perf_counter()
        await app.run_worker_async(
            concurrency=CONCURRENCY, wait=False, listen_notify=False, install_signal_handlers=False
        )
        taken = perf_counter() - began
        done = await app.connector.execute_query_one_async(
            "SELECT count(*) AS done FROM procrastinate_jobs WHERE status = 'succeeded'"
        )
    for client in opened:
        client.quit()
    assert done["done"] == len(ready), "not every job was done"
    return taken


async def _has_schema(app: App) -> bool:
    row = await app.connector.execute_query_one_async(
        "SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS there"
    )
    return bool(row["there"])
