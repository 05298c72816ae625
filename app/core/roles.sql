-- The roles of the service on PostgreSQL, beside its owner, who migrates and does nothing else. Run once as a superuser in
-- the service's database, and set a password of its own for each afterwards (\password encompass_web). What each may
-- do follows below and is renewed by every `encompass migrate`.
DO $$
DECLARE
    who text;
BEGIN
    -- web: the interface and the pages. scheduler: the jobs and the operators' commands. auditor: the trail and the
    -- reports. None may create anything or pass by row-level security.
    FOREACH who IN ARRAY ARRAY['encompass_web', 'encompass_scheduler', 'encompass_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', who);
        END IF;
    END LOOP;
    -- A dump takes every row, so the backup alone passes by the walls; it cannot write.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'encompass_backup') THEN
        CREATE ROLE encompass_backup LOGIN NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE CONNECTION LIMIT 2;
        ALTER ROLE encompass_backup SET default_transaction_read_only = on;
        GRANT pg_read_all_data TO encompass_backup;
    END IF;
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
