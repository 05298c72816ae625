-- What each role of the service may do. `encompass migrate` runs it as the owner of the tables after every migration, in
-- the same transaction: a role that is not there yet is passed over. A table named nowhere here is open to web and
-- scheduler, within its row-level security, and shut to everybody else.
DO $$
DECLARE
    who text;
    place text;
    -- Ids, codes and times. Never what is sealed for reading: notification_content, content_key, account details, rolls.
    looked_at text[] := ARRAY[
        'alembic_version', 'lease', 'force', 'police_client', 'audit', 'audit_head', 'incident', 'involved_child',
        'night_close', 'run', 'notification', 'occurrence', 'escalation_step', 'alert', 'alert_cover', 'alert_about',
        'call_sheet_line', 'unsettled_child', 'review_step', 'review', 'match', 'readiness_check', 'calendar_day',
        'service_told', 'provider', 'restricted_member', 'client_use'
    ];
    -- What the reports ask beside that; no sealed content, no secret of signing in. Names of staff are sealed: who has the
    -- role without the keys reads none.
    reported text[] := ARRAY[
        'account_role', 'policy', 'force_area', 'establishment', 'term', 'school_hours', 'officer', 'release',
        'release_claim', 'receipt', 'receipt_step', 'recall', 'breach', 'follow_up', 'attendance', 'amendment',
        'drill', 'drill_school', 'recipient_change', 'register_import', 'wording_approval',
        -- Whom the school could tell, and who of them is left out: the report names who has a child.
        'key_adult', 'key_adult_absence', 'holiday_cover', 'connected_digest'
    ];
BEGIN
    -- Before the first migration there is nothing to grant.
    IF to_regprocedure('public.platform_work()') IS NULL THEN RETURN;
    END IF;
    FOREACH who IN ARRAY ARRAY[
        'encompass_web', 'encompass_scheduler', 'encompass_auditor', 'encompass_watchdog'
    ] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = who);
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', who);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM %I', who);
        EXECUTE format('REVOKE ALL ON FUNCTION public.platform_work() FROM %I', who);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', who);
        -- Only web is held to the forces, schools and councils of its scope by the database itself.
        IF who <> 'encompass_web' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION public.platform_work() TO %I', who);
        END IF;
        IF who IN ('encompass_web', 'encompass_scheduler') THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', who);
            EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I', who);
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM %I', who);
            -- The trail is written once. Of a head, only the newest link moves.
            EXECUTE format('REVOKE UPDATE, DELETE ON audit FROM %I', who);
            EXECUTE format('REVOKE DELETE ON audit_head FROM %I', who);
            -- A version of a force's policy is kept as it was.
            EXECUTE format('REVOKE UPDATE, DELETE ON policy FROM %I', who);
        END IF;
        IF who = 'encompass_web' THEN
            -- No page adds a force or decides its policy, and none destroys a content key's row.
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON force FROM %I', who);
            EXECUTE format('REVOKE INSERT ON policy FROM %I', who);
            EXECUTE format('REVOKE DELETE ON content_key FROM %I', who);
        END IF;
        IF who IN ('encompass_auditor', 'encompass_watchdog') THEN
            FOREACH place IN ARRAY looked_at LOOP
                IF to_regclass(format('public.%I', place)) IS NOT NULL THEN
                    EXECUTE format('GRANT SELECT ON public.%I TO %I', place, who);
                END IF;
            END LOOP;
        END IF;
        IF who = 'encompass_auditor' THEN
            FOREACH place IN ARRAY reported LOOP
                IF to_regclass(format('public.%I', place)) IS NOT NULL THEN
                    EXECUTE format('GRANT SELECT ON public.%I TO %I', place, who);
                END IF;
            END LOOP;
            EXECUTE format('GRANT SELECT (id, sealed, enrolled_at, disabled_at) ON account TO %I', who);
            -- Whoever reads the trail or a report is on the trail.
            EXECUTE format('GRANT INSERT ON audit TO %I', who);
            EXECUTE format('GRANT INSERT, UPDATE ON audit_head TO %I', who);
        END IF;
        IF who = 'encompass_watchdog' THEN
            EXECUTE format('GRANT SELECT (id, enrolled_at, disabled_at) ON account TO %I', who);
            EXECUTE format('GRANT SELECT (account_id, role, force, ended_at) ON account_role TO %I', who);
            EXECUTE format(
                'GRANT SELECT (owner, duty, left_on, account_id, contact_verified_at) ON officer TO %I', who
            );
        END IF;
    END LOOP;
END $$;
