"""A PostgreSQL cluster of a benchmark's own, with fsync on, as a live one has it."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.postgres import find_binaries, free_port, server_url, unprivileged_user


@contextmanager
def durable_cluster() -> Iterator[str | None]:
    """Yield the URL of a superuser's database, or None where this machine has no PostgreSQL."""
    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="encompass-bench-"))
    user = unprivileged_user()
    if user:
        shutil.chown(folder, user)
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        with (folder / "output").open("a") as output:
            subprocess.run(
                [str(binaries / program), "--pgdata", str(folder / "data"), *arguments],
                cwd=folder, user=user, stdout=output, stderr=output, check=True,
            )  # fmt: skip

    try:
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        run(
            "pg_ctl",
            "start",
            "--wait",
            f"--options=-c listen_addresses=127.0.0.1 -p {port} -k {folder}",
        )
        yield server_url(port)
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
