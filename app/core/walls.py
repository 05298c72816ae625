"""The second wall between tenants: PostgreSQL's row-level security on every tenant table.

It reads the settings that `app.core.scope` makes for one transaction. FORCE holds the owner too.
Walls and grants are put up after every migration (`renew`), so that a new table is never open and
never out of reach. SQLite has neither: there the query scope stands alone.
"""

from importlib import resources
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect, text

POLICY = "tenant"
# Who may call this function works for every force at once, unless the transaction's scope is
# narrower. It does nothing: the right to call it is the point, and belongs to a database and not,
# like a membership, to the whole server.
FUNCTION = "public.platform_work()"
_FUNCTION = (
    f"CREATE FUNCTION {FUNCTION} RETURNS void LANGUAGE sql AS ''",
    f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC",
)
# Each setting is read once for a statement and not once for a row. Anything but `off`, so that a
# release that knows nothing of the setting goes on working as the owner.
_EVERYTHING = (
    "(SELECT current_setting('app.platform', true) IS DISTINCT FROM 'off'"
    " AND has_function_privilege('public.platform_work()', 'EXECUTE'))"
)
_OF = "{} = ANY ((SELECT string_to_array(current_setting('app.{}', true), ','))::{}[])"
_BY_FORCE = _OF.format("force", "forces", "text")
_BY_RECIPIENT = (_OF.format("urn", "urns", "integer"), _OF.format("council", "councils", "text"))


def expression(table: Table) -> str:
    """Return which rows of a tenant table a transaction may read, and which it may leave there."""
    halves = [_EVERYTHING, _BY_FORCE]
    if {"urn", "council"} <= set(table.c.keys()):
        halves += _BY_RECIPIENT
    return " OR ".join(halves)


def lay(connection: Connection) -> None:
    """Make what the policies ask about; once for a database."""
    for statement in _FUNCTION:
        connection.execute(text(statement))


def renew(connection: Connection, metadata: MetaData) -> None:
    """Put a wall around each tenant table without one, and grant each role what it may do.

    Does nothing on SQLite, and nothing where the schema is older than the walls. A wall that
    stands is left: who changes `expression` takes the old ones down in a migration.
    """
    if connection.dialect.name == "postgresql" and _laid(connection):
        _put_up(connection, metadata)
        connection.execute(text(grants()))


def take_down(connection: Connection) -> None:
    """Leave every table as open to its owner as it was before there were walls."""
    for table in sorted(_walled(connection)):
        name = connection.dialect.identifier_preparer.quote(table)
        connection.execute(text(f"DROP POLICY {POLICY} ON {name}"))
        connection.execute(text(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"))
        connection.execute(text(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"))
    connection.execute(text(f"DROP FUNCTION {FUNCTION}"))


def grants() -> str:
    """Return the SQL that says what each role may do; the owner of the tables runs it."""
    return _script("grants.sql")


def roles() -> str:
    """Return the SQL that makes the roles of the service; a superuser runs it, once."""
    return _script("roles.sql")


def tenant_tables(metadata: MetaData) -> list[Table]:
    return [table for table in metadata.sorted_tables if table.info.get("tenant")]


def follow_models(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """Put up the walls of a database that was made from the models, without migrations."""
    if connection.dialect.name != "postgresql":
        return
    if not _laid(connection):
        lay(connection)
    _put_up(connection, metadata)


def _laid(connection: Connection) -> bool:
    found = connection.scalar(text(f"SELECT to_regprocedure('{FUNCTION}') IS NOT NULL"))
    return bool(found)


def _put_up(connection: Connection, metadata: MetaData) -> None:
    there = set(inspect(connection).get_table_names())
    bare = there - _walled(connection)
    for table in tenant_tables(metadata):
        if table.name in bare:
            _put_around(connection, table)


def _walled(connection: Connection) -> set[str]:
    found = text(
        "SELECT tablename FROM pg_policies"
        " WHERE schemaname = current_schema() AND policyname = :policy"
    )
    return set(connection.scalars(found, {"policy": POLICY}))


def _put_around(connection: Connection, table: Table) -> None:
    name = connection.dialect.identifier_preparer.quote(table.name)
    rows = expression(table)
    connection.execute(text(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"))
    connection.execute(text(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"))
    connection.execute(text(f"CREATE POLICY {POLICY} ON {name} USING ({rows}) WITH CHECK ({rows})"))


def _script(name: str) -> str:
    return resources.files("app.core").joinpath(name).read_text(encoding="utf-8")
