"""`encompass migrate`: bring the database to the newest schema."""

from app.cli import opening
from app.cli.output import Json, answer


def migrate(json: Json = False) -> None:
    """Bring the database, SQLite or PostgreSQL, to the newest schema, with the bank holidays.

    Running it again changes nothing.

    Example: encompass migrate
    """
    from app.core import schema
    from app.core.database import make_engine
    from schools.calendars import seed_bank_holidays

    settings = opening.settings()
    engine = make_engine(settings.database_url, pool_size=1)
    try:
        before = schema.current(engine)
        schema.upgrade(engine)
        after = schema.current(engine)
    finally:
        engine.dispose()
    with opening.unit() as (session, _):
        holidays = seed_bank_holidays(session)
    done = f"already at {after}" if before == after else f"from {before or 'empty'} to {after}"
    answer(
        {"before": before, "after": after, "bank_holidays_added": holidays},
        [f"Schema: {done}.", f"Bank holidays: {holidays} added."],
        as_json=json,
    )
