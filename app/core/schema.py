"""The schema's version: bringing a database to the newest migration, and asking where it stands."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

_ROOT = Path(__file__).resolve().parents[2]


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to a revision, in one transaction each."""
    config = _config()
    config.attributes["engine"] = engine
    command.upgrade(config, revision)


def current(engine: Engine) -> str | None:
    """Return the revision of a database, or `None` where it was never migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the revision this release works on."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config(toml_file=str(_ROOT / "pyproject.toml"))
    config.set_main_option("script_location", str(_ROOT / "migrations"))
    return config
