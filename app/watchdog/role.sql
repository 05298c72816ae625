-- The watchdog's role on PostgreSQL: it reads what the checks ask for, and nothing that is sealed
-- beyond what it holds no key for. Run as a superuser in the service's database; set a password
-- of its own afterwards (\password encompass_watchdog). Run it again after each migration.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'encompass_watchdog') THEN
        CREATE ROLE encompass_watchdog LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE
            CONNECTION LIMIT 4;
    END IF;
END $$;
ALTER ROLE encompass_watchdog SET default_transaction_read_only = on;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM encompass_watchdog;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO encompass_watchdog;
-- Ids, codes and times. Never: notification_content, content_key, account details, rolls.
GRANT SELECT ON
    alembic_version, lease, force, police_client, audit, audit_head, incident, involved_child,
    night_close, run, notification, occurrence, escalation_step, alert, alert_cover, alert_about,
    call_sheet_line, unsettled_child, review_step, review, "match", readiness_check, calendar_day,
    service_told, provider, restricted_member
    TO encompass_watchdog;
GRANT SELECT (id, enrolled_at, disabled_at) ON account TO encompass_watchdog;
GRANT SELECT (account_id, role, force, ended_at) ON account_role TO encompass_watchdog;
GRANT SELECT (owner, duty, left_on, account_id, contact_verified_at) ON officer TO encompass_watchdog;
