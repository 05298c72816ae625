"""Whether a process has the database role it should: one that row-level security holds."""

from dataclasses import dataclass

from sqlalchemy import Engine, exc, text

from app.core import logs
from app.core.errors import Refused
from app.core.walls import FUNCTION

log = logs.get(__name__)

_POWERS = text(
    """
    SELECT rolsuper AS superuser, rolbypassrls AS bypasses,
        EXISTS (
            SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = current_schema() AND relkind IN ('r', 'p')
              AND pg_has_role(current_user, relowner, 'MEMBER')
        ) AS owns,
        has_schema_privilege(current_schema(), 'CREATE') AS creates,
        coalesce(has_function_privilege(to_regprocedure(:platform_work), 'EXECUTE'), true)
            AS everything
    FROM pg_roles WHERE rolname = current_user
    """
).bindparams(platform_work=FUNCTION)
_WHAT_TO_DO = (
    "make roles with `encompass roles | psql`, run `encompass migrate` as the owner, and name "
    "encompass_{} in ENCOMPASS_DATABASE_URL"
)


@dataclass(frozen=True, slots=True)
class Powers:
    """What the database lets the role of this process do."""

    superuser: bool
    bypasses: bool
    owns: bool
    creates: bool
    # Works for every force at once, as jobs and commands do.
    everything: bool

    @property
    def too_strong(self) -> str | None:
        """Return why row-level security does not hold this role, or `None` where it does."""
        if self.superuser:
            return "a superuser, which row-level security does not hold"
        if self.bypasses:
            return "exempt from row-level security (BYPASSRLS)"
        if self.owns:
            return "the owner of the tables, who may change them and their walls"
        return None


def powers(engine: Engine) -> Powers:
    """Ask PostgreSQL what the role may do; not for SQLite."""
    with engine.connect() as connection:
        return Powers(**connection.execute(_POWERS).mappings().one())


def require_for(engine: Engine, *, jobs: bool, production: bool) -> None:
    """Raise `Refused` where a process must not start with the role it was given.

    Jobs need a role that works for every force, everywhere: with another they would find nothing
    to do. In production no process may have more than it needs. A database that does not answer
    now is no reason to stay down: it is asked again by whoever starts the process the next time.
    """
    if engine.dialect.name != "postgresql":
        return
    wanted = "scheduler" if jobs else "web"
    try:
        found = powers(engine)
    except exc.DBAPIError as error:
        log.warning("database role not looked at", error=logs.error_kind(error))
        return
    if production and found.too_strong is not None:
        raise Refused(f"The database role is {found.too_strong}: {_WHAT_TO_DO.format(wanted)}.")
    if jobs and not found.everything:
        raise Refused(f"The database role cannot run jobs: {_WHAT_TO_DO.format(wanted)}.")
    if production and not jobs and found.everything:
        raise Refused(
            "The database role sees every force, which pages never need: "
            f"{_WHAT_TO_DO.format(wanted)}."
        )
