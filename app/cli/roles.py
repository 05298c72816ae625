"""`encompass roles`: the database roles of the service, as SQL."""

from app.cli.output import say


def roles() -> None:
    """Print the SQL that makes the service's roles on PostgreSQL, and what each may do.

    A superuser runs it once in the service's database. `encompass migrate` renews what each role
    may do after every migration.

    Example: encompass roles | psql encompass
    """
    from app.core import walls

    say(f"{walls.roles()}\n{walls.grants()}".rstrip())
