-- The watchdog's role on PostgreSQL: it reads what the checks ask for, and nothing that is sealed
-- beyond what it holds no key for. Run as a superuser in the service's database; set a password
-- of its own afterwards (\password encompass_watchdog). What it may read follows below and is
-- renewed by every `encompass migrate`.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'encompass_watchdog') THEN
        CREATE ROLE encompass_watchdog LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE
            CONNECTION LIMIT 4;
    END IF;
END $$;
ALTER ROLE encompass_watchdog SET default_transaction_read_only = on;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
