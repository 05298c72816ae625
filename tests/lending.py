"""One PostgreSQL database lent to test after test: emptied and renamed between, or thrown away."""

import psycopg
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from tests.postgres import administration, drop_database, fresh_database, fresh_name, url_of

# Put beside the migrated tables, in a schema of its own that the product never looks into. It
# notices a test that changes its schema, and keeps what the migrations sowed, to be put back.
PREPARE = """
CREATE SCHEMA lending;
CREATE TABLE lending.changed (tag text);
CREATE TABLE lending.began AS
    SELECT format('%I.%I', schemaname, sequencename)::regclass AS sequence, last_value, start_value
      FROM pg_sequences WHERE schemaname = 'public';

CREATE FUNCTION lending.note_change() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
AS $$ BEGIN INSERT INTO lending.changed VALUES (tg_tag); END $$;

DO $$
DECLARE place record; filled boolean;
BEGIN
    FOR place IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', place.name) INTO filled;
        CONTINUE WHEN NOT filled;
        EXECUTE format(
            'CREATE TABLE lending.%I AS TABLE public.%I', 'of ' || place.name, place.name
        );
    END LOOP;
END $$;

-- Triggers that refuse a change, and those of foreign keys, rest while a replica writes. Deleting
-- a few rows is cheaper than new files for a table and its indexes. A table of more than one page
-- gets new ones: its next rows would else fill the old pages in any order, and be read in it.
-- Answers whether the database is again as the migrations left it.
CREATE FUNCTION lending.empty() RETURNS boolean LANGUAGE plpgsql
SET session_replication_role = replica AS $$
DECLARE place record;
BEGIN
    IF EXISTS (SELECT FROM lending.changed) OR EXISTS (
        SELECT FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
         WHERE datname = current_database()
    ) THEN RETURN false;
    END IF;
    FOR place IN
        SELECT oid::regclass AS name, pg_relation_size(oid) AS bytes FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        CONTINUE WHEN place.bytes = 0;
        IF place.bytes > 8192 THEN EXECUTE format('TRUNCATE %s CASCADE', place.name);
        ELSE EXECUTE format('DELETE FROM %s', place.name);
        END IF;
    END LOOP;
    FOR place IN
        SELECT substr(tablename, 4) AS name, tablename AS kept FROM pg_tables
         WHERE schemaname = 'lending' AND tablename LIKE 'of %'
    LOOP
        EXECUTE format('INSERT INTO public.%I TABLE lending.%I', place.name, place.kept);
    END LOOP;
    PERFORM setval(began.sequence, coalesce(began.last_value, start_value),
                   began.last_value IS NOT NULL)
       FROM lending.began WHERE pg_sequence_last_value(sequence) IS DISTINCT FROM last_value;
    RETURN true;
END $$;

CREATE EVENT TRIGGER note_change ON ddl_command_end EXECUTE FUNCTION lending.note_change();
"""


def prepare(admin_url: str, template_url: str) -> None:
    """Make a migrated template fit for lending: every copy of it can be emptied."""
    with psycopg.connect(_superusers(admin_url, template_url), autocommit=True) as connection:
        connection.execute(PREPARE)


class Lender:
    """Lends one database at a time, each as the migrations left it and under a name never used.

    The new name keeps tests apart: an engine or a thread that a test left behind knows a database
    that is no more. One whose schema or settings a test changed is not lent again.
    """

    def __init__(self, admin_url: str, template_url: str) -> None:
        self.admin_url = admin_url
        self.template_url = template_url
        self._spare: str | None = None

    def lend(self) -> str:
        """Return the URL of a database, of the ordinary role that owns it."""
        spare, self._spare = self._spare, None
        renewed = spare and self._renewed(spare)
        return renewed or fresh_database(self.admin_url, template_url=self.template_url)

    def take_back(self, url: str) -> None:
        self._spare = url

    def close(self) -> None:
        if self._spare:
            drop_database(self.admin_url, self._spare)

    def _renewed(self, spare: str) -> str | None:
        """Empty a database under a new name; drop it where it cannot be made the same again."""
        renewed = url_of(self.admin_url, fresh_name())
        try:
            self._rename(spare, renewed)
        except DBAPIError:  # somebody came back between the two statements
            drop_database(self.admin_url, spare)
            return None
        superusers = _superusers(self.admin_url, renewed)
        with psycopg.connect(superusers, autocommit=True) as connection:
            row = connection.execute("SELECT lending.empty()").fetchone()
        if row == (True,):
            return renewed
        drop_database(self.admin_url, renewed)
        return None

    def _rename(self, spare: str, renewed: str) -> None:
        before, after = make_url(spare).database, make_url(renewed).database
        with administration(self.admin_url) as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = :name"
                ),
                {"name": before},
            )
            connection.execute(text(f'ALTER DATABASE "{before}" RENAME TO "{after}"'))


def _superusers(admin_url: str, url: str) -> str:
    """Return the address of a database for the superuser, as the driver reads it."""
    there = make_url(admin_url).set(drivername="postgresql", database=make_url(url).database)
    return there.render_as_string(hide_password=False)
