"""What an operator adds: forces, police systems, people, keys; and one step, run by hand."""

import json
import stat
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select, update

from app.access import credentials, enrolment
from app.access.models import Account, AccountRole, Force, PoliceClient
from app.access.permissions import Role
from app.core.errors import NotFound
from app.core.key_file import Keys
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.app.conftest import Encompass
from tests.factories.county import county_files
from tests.factories.incidents import serving
from tests.factories.people import add_person, signed_in


def add_live_force(encompass: Encompass, wiring: Wiring) -> None:
    """Add a force that went live already, so that live systems may be added for it."""
    assert encompass("force", "add", "99", "Exampleshire Police").exit_code == 0
    with wiring.database.write(PLATFORM) as session:
        session.execute(update(Force).values(live_at=Force.added_at))


def test_a_force_is_added_once(encompass: Encompass, wiring: Wiring) -> None:
    assert encompass("force", "add", "99", "Exampleshire Police").exit_code == 0
    again = encompass("force", "add", "99", "Exampleshire Police")
    assert again.exit_code == 1
    assert "already" in again.stderr
    with wiring.database.read(PLATFORM) as session:
        assert [force.name for force in session.scalars(select(Force))] == ["Exampleshire Police"]


def test_a_police_system_gets_its_secret_once_as_one_object(
    encompass: Encompass, wiring: Wiring
) -> None:
    add_live_force(encompass, wiring)
    added = encompass("clients", "add", "99", "Control room", "--json")
    assert added.exit_code == 0
    body = json.loads(added.stdout)
    with wiring.database.read(PLATFORM) as session:
        (client,) = session.scalars(select(PoliceClient))
        (credential,) = credentials.live(session, client.id)
    assert body["client_id"] == str(client.id)
    assert credential.secret_hash is not None
    assert body["client_secret"] not in credential.secret_hash


def test_a_police_system_changes_its_secret_for_a_key_and_is_revoked_at_last(
    encompass: Encompass, wiring: Wiring, tmp_path: Path
) -> None:
    add_live_force(encompass, wiring)
    added = json.loads(encompass("clients", "add", "99", "Control room", "--json").stdout)
    client = added["client_id"]
    public = tmp_path / "public.pem"
    public.write_bytes(ECKey.generate_key("P-256").as_pem(private=False))
    with_key = encompass("clients", "add-key", client, public, "--json")
    assert json.loads(with_key.stdout)["key_id"]
    full = encompass("clients", "new-secret", client)
    assert (full.exit_code, "revoke" in full.stderr) == (1, True)
    old = added["credential_id"]
    assert encompass("clients", "revoke", client, "--credential", old).exit_code == 0
    listed = encompass("clients", "list", "--json")
    assert [row["kind"] for row in json.loads(listed.stdout)] == ["key"]
    assert client in encompass("clients", "list", "--force", "99").stdout.replace("\n", "")
    assert "client_secret" in encompass("clients", "new-secret", client).stdout
    assert encompass("clients", "revoke", client).exit_code == 0
    assert json.loads(encompass("clients", "list", "--json").stdout) == []
    assert encompass("clients", "new-secret", client).exit_code == 1


def test_a_police_system_gets_the_scopes_it_is_given_and_else_the_least(
    encompass: Encompass, wiring: Wiring
) -> None:
    add_live_force(encompass, wiring)
    given = {
        (): ["incidents:write"],
        ("incidents:read",): ["incidents:read"],
        ("incidents:write", "incidents:read"): ["incidents:read", "incidents:write"],
    }
    with serving(wiring) as http:
        for asked, wanted in given.items():
            options = [part for one in asked for part in ("--scope", one)]
            shown = encompass("clients", "add", "99", "Control room", *options, "--json").stdout
            added = json.loads(shown)
            assert added["scopes"] == wanted
            form = {"grant_type": "client_credentials"} | {
                name: added[name] for name in ("client_id", "client_secret")
            }
            everything = form | {"scope": "incidents:write incidents:read"}
            unasked, token = (
                http.post("/api/v1/token", data=asked).json() for asked in (form, everything)
            )
            assert unasked["scope"].split() == token["scope"].split() == wanted
            auth = {"Authorization": f"Bearer {token['access_token']}"}
            may_read = http.get("/api/v1/incidents", headers=auth).status_code == 200
            assert may_read is ("incidents:read" in wanted)
            for one in ("incidents:write", "incidents:read"):
                answer = http.post("/api/v1/token", data=form | {"scope": one})
                assert answer.status_code == (200 if one in wanted else 400)
    assert encompass("clients", "add", "99", "Room", "--scope", "everything").exit_code == 2


def test_a_system_is_for_tests_for_life_and_what_it_may_do_is_changed(
    encompass: Encompass,
) -> None:
    encompass("force", "add", "99", "Exampleshire Police")
    added = json.loads(encompass("clients", "add", "99", "Vendor", "--test", "--json").stdout)
    assert added["system"] == "test"
    client = added["client_id"]
    wanted = (
        "--scope", "incidents:write", "--from", "192.0.2.0/24", "--from", "2001:db8::/32",
        "--push-limit", "50",
    )  # fmt: skip
    changed = json.loads(encompass("clients", "change", client, *wanted, "--json").stdout)
    assert changed["networks"] == ["192.0.2.0/24", "2001:db8::/32"]
    assert (changed["scopes"], changed["push_limit"]) == (["incidents:write"], 50)
    (row,) = json.loads(encompass("clients", "list", "--json").stdout)
    assert (row["system"], row["push_limit"]) == ("test", 50)
    back = encompass("clients", "change", client, "--anywhere", "--push-limit", "0", "--json")
    assert json.loads(back.stdout)["networks"] == []
    assert json.loads(back.stdout)["push_limit"] == 12_000
    for wrong in (
        (), ("--from", "192.0.2.7/24"), ("--from", "anywhere"), ("--scope", "everything"),
        ("--from", "192.0.2.0/24", "--anywhere"), ("--push-limit", "-1"),
    ):  # fmt: skip
        assert encompass("clients", "change", client, *wrong).exit_code in {1, 2}, wrong


def test_a_police_system_may_have_a_key_from_the_first_day(
    encompass: Encompass, wiring: Wiring, tmp_path: Path
) -> None:
    add_live_force(encompass, wiring)
    pair = ECKey.generate_key("P-256")
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(pair.as_pem(private=True))
    public.write_bytes(pair.as_pem(private=False))
    refused = encompass("clients", "add", "99", "Control room", "--key", private)
    assert (refused.exit_code, "private key" in refused.stderr) == (1, True)
    added = encompass("clients", "add", "99", "Control room", "--key", public, "--json")
    assert "client_secret" not in json.loads(added.stdout)


def test_a_police_system_of_no_force_is_refused(encompass: Encompass) -> None:
    refused = encompass("clients", "add", "98", "Control room")
    assert refused.exit_code == 1
    assert "encompass force add" in refused.stderr


def test_an_invited_person_gets_a_link_and_a_role(encompass: Encompass, wiring: Wiring) -> None:
    encompass("force", "add", "99", "Exampleshire Police")
    invited = encompass(
        "accounts", "add", "desk@example.org", "--role", "force_desk", "--force", "99", "--json"
    )
    assert invited.exit_code == 0
    assert json.loads(invited.stdout)["link"].startswith("http://127.0.0.1:8000/enrol/")
    with wiring.database.read(PLATFORM) as session:
        (role,) = session.scalars(select(AccountRole))
        (account,) = session.scalars(select(Account))
    assert (role.role, role.force) == (Role.FORCE_DESK, "99")
    assert b"desk@example.org" not in account.sealed


def test_a_person_is_of_one_place_only(encompass: Encompass) -> None:
    asked = encompass(
        "accounts", "add", "a@example.org", "--role", "lead", "--force", "99", "--council", "999"
    )
    assert asked.exit_code == 2


def test_keys_are_made_for_their_owner_alone_and_never_again(
    bare_encompass: Encompass, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    assert bare_encompass("keys", "init", "--file", path).exit_code == 0
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.load(path).masters
    assert bare_encompass("keys", "init", "--file", path).exit_code == 1
    assert path.read_bytes() == before


def test_a_step_runs_by_name(encompass: Encompass) -> None:
    done = encompass("step", "send_due", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["step"] == "send_due"


def test_an_unknown_step_is_a_wrong_usage_that_names_the_steps(encompass: Encompass) -> None:
    asked = encompass("step", "send_everything")
    assert asked.exit_code == 2
    assert "match_children" in asked.stderr


def test_migrating_a_migrated_database_changes_nothing(encompass: Encompass) -> None:
    done = encompass("migrate", "--json")
    assert done.exit_code == 0
    body = json.loads(done.stdout)
    assert body["before"] == body["after"]


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("notanemail", "--role", "force_desk", "--force", "99"), 2),
        (("a@example.org", "--role", "force_desk"), 2),
        (("a@example.org", "--role", "key_adult", "--force", "99"), 2),
        (("a@example.org", "--role", "council_officer", "--council", "99999"), 2),
        (("a@example.org", "--role", "force_desk", "--force", "77"), 1),
        (("a@example.org", "--role", "key_adult", "--urn", "123456"), 1),
    ],
)
def test_an_account_that_could_do_nothing_is_refused_in_words(
    encompass: Encompass, arguments: tuple[str, ...], exit_code: int
) -> None:
    encompass("force", "add", "99", "Exampleshire Police")
    result = encompass("accounts", "add", *arguments)
    assert result.exit_code == exit_code
    assert "Traceback" not in result.output


def test_an_unknown_force_is_refused_and_opens_no_chain(encompass: Encompass) -> None:
    assert encompass("match", "export", "--force", "55", "--json").exit_code == 1
    assert encompass("step", "morning_check", "--force", "55").exit_code == 1
    assert '"55"' not in encompass("audit", "verify", "--json").output


def test_a_database_without_tables_says_what_to_do(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENCOMPASS_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    result = encompass("force", "add", "99", "Exampleshire Police")
    assert result.exit_code == 1
    assert "encompass migrate" in result.stderr


@pytest.mark.parametrize("url", ["notaurl", "mysql://a@b/c"])
def test_a_database_nobody_knows_is_named_in_words(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ENCOMPASS_DATABASE_URL", url)
    result = encompass("check")
    assert result.exit_code == 1
    assert "postgresql+psycopg" in result.stderr


def test_an_area_holds_only_councils_of_the_register(encompass: Encompass, tmp_path: Path) -> None:
    encompass("force", "add", "99", "Exampleshire Police")
    encompass("register", "import", county_files(tmp_path).establishments)
    refused = encompass("force", "area", "99", "999", "555")
    assert refused.exit_code == 1
    assert "555" in refused.stderr
    assert encompass("force", "area", "99", "999").exit_code == 0


def test_a_person_begins_anew_by_a_new_link_and_is_shut_out_in_the_end(
    encompass: Encompass, wiring: Wiring
) -> None:
    person = add_person(wiring, "auditor@example.org", Role.AUDITOR)
    assert "--made-sure" in encompass("accounts", "new-link", person.email).stderr
    unknown = encompass("accounts", "new-link", "nobody@example.org", "--made-sure")
    assert (unknown.exit_code, "Nobody has this address" in unknown.stderr) == (1, True)
    given = encompass("accounts", "new-link", person.email, "--made-sure", "--json")
    token = json.loads(given.stdout)["link"].rpartition("/")[2]
    with wiring.database.read(PLATFORM) as session:
        offered = enrolment.read(session, wiring.cipher, token, now=wiring.clock.now())
        assert offered.account_id == person.account_id
    assert encompass("accounts", "disable", person.email).exit_code == 0
    with wiring.database.read(PLATFORM) as session:
        assert session.get_one(Account, person.account_id).disabled_at is not None
        with pytest.raises(NotFound):
            enrolment.read(session, wiring.cipher, token, now=wiring.clock.now())
    assert encompass("accounts", "new-link", person.email, "--made-sure").exit_code == 1


def test_one_person_or_everybody_is_signed_out_on_the_next_request(
    encompass: Encompass, wiring: Wiring
) -> None:
    people = [add_person(wiring, f"{name}@example.org", Role.AUDITOR) for name in ("a", "b", "c")]
    browsers = [signed_in(wiring, person) for person in people]
    again = signed_in(wiring, people[0])

    def open_now() -> list[bool]:
        return [one.get("/account").status_code == 200 for one in (*browsers, again)]

    assert encompass("accounts", "sign-out", "nobody@example.org").exit_code == 1
    assert open_now() == [True, True, True, True]
    ended = json.loads(encompass("accounts", "sign-out", people[0].email, "--json").stdout)
    assert ended == {"account_id": str(people[0].account_id), "sessions_ended": 2}
    assert open_now() == [False, True, True, False]
    assert "Sessions ended: 2." in encompass("accounts", "sign-out", "--everybody").stdout
    assert open_now() == [False] * 4
    assert signed_in(wiring, people[0]).get("/account").status_code == 200
    with wiring.database.read(PLATFORM) as session:
        rows = session.execute(
            select(AuditEntry.event, AuditEntry.subject, AuditEntry.detail)
            .where(AuditEntry.actor.startswith("operator:"), AuditEntry.event.contains(":ended"))
            .order_by(AuditEntry.seq)
        ).all()
    kinds = ["session", "session", "sessions", "session", "session", "sessions"]
    assert [row.event for row in rows] == [f"access:{kind}:ended" for kind in kinds]
    assert (rows[2].subject, rows[2].detail) == (people[0].actor, {"sessions": 2})
    assert (rows[5].subject, rows[5].detail) == ("account:everybody", {"sessions": 2})
