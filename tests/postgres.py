"""A PostgreSQL server for the tests: the one that is named, else one of our own, else none."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from app.core import walls
from tests.machine import free_port, quick_parent

HOW_TO_GET = (
    "install PostgreSQL 15 or newer (Debian: apt install postgresql), "
    "or name a superuser's database in ENCOMPASS_TEST_POSTGRES_URL"
)
# On SQLite there is no server to go away, and one writer at a time never fills the pool.
POSTGRES_ONLY = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
# Row-level security does not hold a superuser: neither the service nor its tests run as one.
ROLE = "encompass_test"
SERVICE_ROLES = ("encompass_web", "encompass_scheduler", "encompass_auditor", "encompass_backup")
# The cluster is thrown away after the run, so nothing has to survive a power cut or be tidied.
FAST = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
    "max_wal_senders=0", "autovacuum=off", "max_connections=200",
)  # fmt: skip


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """Yield the URL of a superuser's database, or None where this machine has no server."""
    named = os.environ.get("ENCOMPASS_TEST_POSTGRES_URL")
    if named:
        prepare_role(named)
        yield named
        return
    binaries = find_binaries()
    if binaries is None or (os.geteuid() == 0 and unprivileged_user() is None):
        yield None
        return
    with temporary_cluster(binaries) as url:
        prepare_role(url)
        yield url


def fresh_database(admin_url: str, *, template_url: str | None = None) -> str:
    """Create a database that belongs to an ordinary role; return that role's URL for it.

    Empty, or a copy of the database at `template_url`, to which nobody may be connected.
    """
    name = fresh_name()
    template = make_url(template_url).database if template_url else "template0"
    with administration(admin_url) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE "{template}"'))
    return url_of(admin_url, name)


def fresh_name() -> str:
    return f"encompass_test_{secrets.token_hex(6)}"


def url_of(admin_url: str, name: str) -> str:
    """Return the ordinary role's URL for a database of this server."""
    url = make_url(admin_url).set(database=name, username=ROLE, password=ROLE)
    return url.render_as_string(hide_password=False)


def as_role(url: str, role: str) -> str:
    """Return the URL of the same database for one of the service's own roles."""
    return make_url(url).set(username=role, password=role).render_as_string(hide_password=False)


def drop_database(admin_url: str, url: str) -> None:
    """Remove a database made by `fresh_database`, also when a connection to it was left open."""
    name = make_url(url).database
    with administration(admin_url) as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@contextmanager
def administration(admin_url: str) -> Iterator[Connection]:
    # Databases are created and dropped outside transactions, and no connection may stay behind.
    engine = create_engine(admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def prepare_role(admin_url: str) -> None:
    with administration(admin_url) as connection:
        exists = connection.scalar(
            text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": ROLE}
        )
        if not exists:
            connection.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'"))
        # The roles of the service, too, before the first migration, which grants them their rights.
        # They are the whole server's: another worker may be making them.
        connection.execute(text("SELECT pg_advisory_lock(20261120)"))
        connection.execute(text(walls.roles()))
        for role in SERVICE_ROLES:
            connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD '{role}'")
        connection.execute(text("SELECT pg_advisory_unlock(20261120)"))


def find_binaries() -> Path | None:
    """The folder of initdb and pg_ctl: on PATH, else the newest that Debian installed beside it."""
    on_path = shutil.which("pg_ctl")
    if on_path and shutil.which("initdb"):
        return Path(on_path).parent
    versions = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
        if path.parts[-3].isdigit()
    ]
    return max(versions, key=lambda folder: int(folder.parent.name), default=None)


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; its package brings a user for it."""
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


@contextmanager
def temporary_cluster(binaries: Path) -> Iterator[str]:
    """Start a server on a free port of this machine, on data that is deleted at the end."""
    # A short path: the name of a unix socket has room for about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="encompass-pg-", dir=quick_parent()))
    user = unprivileged_user() if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()

    def run(program: str, *arguments: str) -> None:
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with (folder / "output").open("a") as output:
            command = [str(binaries / program), "--pgdata", str(data), *arguments]
            finished = subprocess.run(
                command, cwd=folder, user=user, stdout=output, stderr=output, check=False
            )
        if finished.returncode:
            said = (folder / "output").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{program} failed:\n{said}")

    options = [f"listen_addresses=127.0.0.1 -p {port} -k {folder}", *FAST]
    server_options = " ".join(f"-c {option}" for option in options)
    try:
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N")
        run("pg_ctl", "start", "--wait", "--timeout=60", "--options", server_options)
        try:
            yield server_url(port)
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_url(port: int) -> str:
    url = URL.create("postgresql+psycopg", "postgres", host="127.0.0.1", port=port)
    return url.set(database="postgres").render_as_string(hide_password=False)
