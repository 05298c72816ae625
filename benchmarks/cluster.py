"""A PostgreSQL cluster of a benchmark's own, with fsync on, as a live one has it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.machine import free_port
from tests.postgres import find_binaries, server_url, unprivileged_user


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: the URL of a superuser's database, and a way to let it crash."""

    url: str
    # Every process of the server ends at once, as if killed; recovery reads the log again.
    restart_immediately: Callable[[], None]


@contextmanager
def durable_cluster() -> Iterator[str | None]:
    """Yield the URL of a superuser's database, or None where this machine has no PostgreSQL."""
    with crashing_cluster() as cluster:
        yield cluster.url if cluster else None


@contextmanager
def crashing_cluster(parent: Path | None = None) -> Iterator[Cluster | None]:
    """Yield a durable cluster that can be restarted, or None where there is no PostgreSQL.

    Its files lie in a folder of `parent`, else where temporary files lie.
    """
    binaries = find_binaries()
    user = unprivileged_user() if os.geteuid() == 0 else None
    if binaries is None or (os.geteuid() == 0 and user is None):
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="encompass-bench-", dir=parent))
    if user:
        shutil.chown(folder, user)
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        with (folder / "output").open("a") as output:
            subprocess.run(
                [str(binaries / program), "--pgdata", str(folder / "data"), *arguments],
                cwd=folder, user=user, stdout=output, stderr=output, check=True,
            )  # fmt: skip

    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}"
    try:
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        run("pg_ctl", "start", "--wait", f"--options={options}")
        try:
            yield Cluster(
                server_url(port), lambda: run("pg_ctl", "restart", "--wait", "--mode=immediate")
            )
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=fast")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(admin_url: str, name: str) -> str:
    """Create an empty database and return its URL."""
    engine = create_engine(admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        version = connection.scalar(text("SHOW fsync"))
    assert version == "on"
    return make_url(admin_url).set(database=name).render_as_string(hide_password=False)
