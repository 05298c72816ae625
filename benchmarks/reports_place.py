"""Years of messages of every force for `reports` to read: rows made by PostgreSQL itself.

They have the shape of real ones: 43 forces of which one has a seventh of all, 172 councils, 26,000
schools, three years of weekdays, random ids, most told in time. Contents are empty: no report opens
one. Other indexes than primary keys are made after the rows, as a restore would.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

FORCES, COUNCILS, SCHOOLS, DAYS = 43, 172, 26_000, 780
BIG = "01"
_TABLES = (
    "notification", "incident", "involved_child", "occurrence", "match", "receipt",
    "connected_digest",
)  # fmt: skip

_REGISTER = (
    """
    INSERT INTO force (code, name, added_at)
    SELECT lpad(n::text, 2, '0'), 'Force ' || n, :first FROM generate_series(1, :forces) n
    """,
    """
    INSERT INTO police_client (id, force, name, scopes, added_at)
    SELECT md5('client' || n)::uuid, lpad(n::text, 2, '0'), 'Control room', '', :first
    FROM generate_series(1, :forces) n
    """,
    """
    INSERT INTO content_key (id, force, incident_id, wrapped_key)
    SELECT md5('key' || n)::uuid, lpad(n::text, 2, '0'), md5('i' || n)::uuid, ''
    FROM generate_series(1, :forces) n
    """,
    """
    INSERT INTO establishment (
        urn, la_code, la_name, name, name_key, type_code, type_name, phase, status, nation,
        statutory, row_digest, imported_at)
    SELECT 100000 + n, (200 + n % :councils)::text, 'Council ' || (n % :councils), 'School ' || n,
           'school ' || n, 1, 'Community school',
           (ARRAY['Primary', 'Primary', 'Primary', 'Secondary', 'Nursery'])[1 + n % 5], 'open',
           'england', true, '', :first
    FROM generate_series(1, :schools) n
    """,
    """
    INSERT INTO run (id, force, on_date, made_at, policy_version, policy)
    SELECT md5('run' || f || ':' || d)::uuid, lpad(f::text, 2, '0'), (:first)::date + d, :first, 1,
           '{}'
    FROM generate_series(1, :forces) f, generate_series(0, :span) d
    """,
)

# One line for each message: its force, its school, its weekday, and what became of it.
_PLAN = """
    CREATE UNLOGGED TABLE plan AS
    SELECT n, w, lpad(f::text, 2, '0') AS force, 100000 + s AS urn,
           (200 + s % :councils)::text AS council, due, chance,
           due - interval '390 minutes' + random() * interval '60 minutes' AS accepted_at,
           CASE WHEN chance < 0.90 THEN due - random() * interval '100 minutes'
                WHEN chance < 0.985 THEN due + random() * interval '180 minutes'
                -- Whom nobody tells is rung until somebody is: only the last days have such.
                WHEN w < :days - 5 THEN due + interval '2 days' END AS told_at
    FROM (
        SELECT n, w, f,
               1 + (f + :forces * (random() * (:schools / :forces - 1))::int) % :schools AS s,
               (:first)::timestamptz + (w / 5 * 7 + w % 5) * interval '1 day'
               + interval '505 minutes' + (n % 4) * interval '5 minutes' AS due,
               random() AS chance
        FROM (
            SELECT n, (n % :days) AS w, CASE WHEN random() < 0.13 THEN 1
                   ELSE 1 + (random() * (:forces - 1))::int END AS f
            FROM generate_series(1, :messages) n
        ) AS whose
    ) AS placed
"""

_ROWS = {
    "incident": """
        INSERT INTO incident (
            id, force, reference, version, client_id, state, notice_type, occurred_from,
            received_at, body_digest, restricted_access, content_key_id, sealed)
        SELECT md5('i' || n)::uuid, force, force || '-' || n, 1, md5('client' || force::int)::uuid,
               'newest', 'domestic_abuse', accepted_at - random() * interval '8 hours',
               accepted_at, '', false, md5('key' || force::int)::uuid, ''
        FROM plan""",
    "involved_child": """
        INSERT INTO involved_child (
            id, force, incident_id, ref, position, outcome, outcome_at, received_at, due_at,
            school_given, warnings, sealed)
        SELECT md5('c' || n)::uuid, force, md5('i' || n)::uuid, 'c1', 0, 'sent_to_school',
               accepted_at, accepted_at, due, false, '[]', ''
        FROM plan""",
    "match": """
        INSERT INTO match (
            id, force, involved_child_id, band, score, margin, urns, reason_code, evidence,
            rules_version, input_digest, decided_by, actor, decided_at, composed_at)
        SELECT md5('m' || n)::uuid, force, md5('c' || n)::uuid, 'matched', 0.99, 0.9,
               jsonb_build_array(urn), NULL, '[]', '1', '', 'rules', 'job:match',
               accepted_at + random() * interval '2 minutes', accepted_at + interval '3 minutes'
        FROM plan""",
    "notification": """
        INSERT INTO notification (
            id, force, urn, council, recipient, purpose, involved_child_id, incident_id, run_id,
            state, content_version, priority, accepted_at, due_at, late_record, ready_at, told_at,
            told_how, told_by, acknowledged_at, late_at, late_cause)
        SELECT md5('n' || n)::uuid, force, urn, council, 'urn:' || urn, 'inform',
               md5('c' || n)::uuid, md5('i' || n)::uuid,
               md5('run' || force::int || ':' || ((due::date) - (:first)::date))::uuid,
               CASE WHEN told_at IS NULL THEN 'ready' WHEN chance < 0.8 THEN 'acknowledged'
                    ELSE 'opened' END,
               1, 5, accepted_at, due, chance > 0.975, accepted_at + interval '3 minutes', told_at,
               CASE WHEN told_at IS NOT NULL THEN CASE WHEN chance < 0.83 THEN 'opened'
                    ELSE 'by_phone' END END,
               CASE WHEN told_at IS NOT NULL THEN 'account:bench' END,
               CASE WHEN chance < 0.8 THEN told_at + random() * interval '20 minutes' END,
               CASE WHEN chance >= 0.90 THEN due END,
               CASE WHEN chance > 0.975 THEN 'record_received_late'
                    WHEN chance >= 0.90 THEN 'not_opened' END
        FROM plan""",
    "occurrence": """
        INSERT INTO occurrence (
            notification_id, incident_id, force, urn, council, involved_child_id, joined_at)
        SELECT md5('n' || n)::uuid, md5('i' || n)::uuid, force, urn, council,
               md5('c' || n)::uuid, accepted_at
        FROM plan""",
    # Two adults of each incident, of the last weeks alone: nothing asks about older ones at once.
    "connected_digest": """
        INSERT INTO connected_digest (id, force, incident_id, kind, digest)
        SELECT md5('d' || n || ':' || d)::uuid, force, md5('i' || n)::uuid,
               (ARRAY['name', 'name', 'name_born', 'phone', 'email'])[1 + d % 5],
               sha256(convert_to('d' || n || ':' || d, 'utf8'))
        FROM plan, generate_series(1, 10) d WHERE w > :days - 35""",
    "receipt": """
        INSERT INTO receipt (id, force, urn, council, notification_id, kind, at, actor, source)
        SELECT md5('r' || n)::uuid, force, urn, council, md5('n' || n)::uuid, 'handed_over',
               due - interval '119 minutes' + random() * interval '3 minutes', 'job:send_due',
               'smtp'
        FROM plan""",
}


def fill(connection: Connection, *, messages: int, first: str) -> Iterator[str]:
    """Fill an empty, migrated database from a London date on; yield what is being made."""
    values = {
        "forces": FORCES, "councils": COUNCILS, "schools": SCHOOLS, "days": DAYS,
        "messages": messages, "first": first, "span": DAYS // 5 * 7 + 7,
    }  # fmt: skip

    def run(statement: str) -> None:
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        for name, value in sorted(named.items(), reverse=True):
            shown = f"'{value}'" if isinstance(value, str) else str(value)
            statement = statement.replace(f"(:{name})::", f"{shown}::").replace(f":{name}", shown)
        connection.exec_driver_sql(statement.replace("%", "%%"))

    connection.execute(text("SET session_replication_role = replica"))
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET synchronous_commit = off"))
    connection.execute(text("SELECT setseed(0.42)"))
    for statement in _REGISTER:
        run(statement)
    yield "plan"
    run(_PLAN)
    with _indexes_after(connection):
        for table, statement in _ROWS.items():
            yield table
            run(statement)
        yield "indexes"
    connection.execute(text("DROP TABLE plan"))
    connection.execute(text("SET session_replication_role = DEFAULT"))
    for table in (*_TABLES, "establishment", "run"):
        yield f"vacuum of {table}"
        connection.execute(text(f"VACUUM ANALYZE {table}"))


@contextmanager
def _indexes_after(connection: Connection) -> Iterator[None]:
    """Take the indexes off the large tables and make them again from their own definitions."""
    kept = connection.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(:tables) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        ),
        {"tables": list(_TABLES)},
    ).all()
    for name, _ in kept:
        connection.execute(text(f'DROP INDEX "{name}"'))
    yield
    connection.execute(text("SET maintenance_work_mem = '256MB'"))
    for _, definition in kept:
        connection.exec_driver_sql(definition)
