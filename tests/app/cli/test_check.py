"""`encompass check`: what would go wrong tonight, line by line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app.access.models import Force
from app.core.clock import SystemClock
from app.core.database import make_engine
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.channels.fake_notify import API_KEY, FakeNotify
from notifications.channels.sink import MailSink
from notifications.states import Template
from tests.app.access.test_breached import listed
from tests.app.conftest import Encompass
from tests.factories.county import county_files
from tests.factories.identities import running_provider


def states(encompass: Encompass) -> dict[str, str]:
    shown = encompass("check", "--json")
    return {line["name"]: line["state"] for line in json.loads(shown.stdout)["lines"]}


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail") as started:
        yield started


@pytest.fixture
def with_mail(encompass: Encompass, sink: MailSink, monkeypatch: pytest.MonkeyPatch) -> Encompass:
    for name, value in (
        ("CHANNEL", "smtp"), ("SMTP_HOST", sink.host), ("SMTP_PORT", str(sink.port)),
        ("SMTP_CA_FILE", str(sink.ca_file)),
    ):  # fmt: skip
        monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    return encompass


def test_an_empty_installation_says_what_to_do(encompass: Encompass) -> None:
    shown = encompass("check")
    assert shown.exit_code == 1
    assert "encompass register import" in shown.stdout
    assert "encompass force add" in shown.stdout


def test_a_whole_installation_has_nothing_that_fails(
    with_mail: Encompass, wiring: Wiring, tmp_path: Path
) -> None:
    files = county_files(tmp_path)
    with_mail("migrate")
    with_mail("register", "import", files.establishments)
    with_mail("key-adults", "import", files.key_adults)
    with_mail("force", "add", "99", "Exampleshire Police")
    with wiring.database.write(PLATFORM) as session:
        session.execute(update(Force).values(live_at=Force.added_at))
    with_mail("clients", "add", "99", "Control room")
    for role in ("force_desk", "reviewer", "lead"):
        with_mail("accounts", "add", f"{role}@example.org", "--role", role, "--force", "99")
    with_mail("step", "send_due")
    found = states(with_mail)
    assert "fail" not in found.values(), found
    assert found["mail"] == found["schema"] == found["register"] == found["forces"] == "ok"


@pytest.mark.feature("DL7")
def test_mail_without_a_trusted_certificate_fails(
    with_mail: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENCOMPASS_SMTP_CA_FILE")
    shown = with_mail("check")
    assert shown.exit_code == 1
    assert "no valid certificate" in shown.stdout


def test_a_mail_server_that_is_not_there_fails(
    with_mail: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCOMPASS_SMTP_PORT", "1")
    assert states(with_mail)["mail"] == "fail"


def test_telling_words_in_the_sender_fail(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCOMPASS_MAIL_FROM", "alerts@police.example.org")
    shown = encompass("check")
    assert shown.exit_code == 1
    assert "ENCOMPASS_MAIL_FROM" in shown.stdout


def test_a_database_that_was_never_migrated_is_named(
    encompass: Encompass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCOMPASS_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    found = states(encompass)
    assert found["schema"] == "fail"
    make_engine(f"sqlite:///{tmp_path / 'new.db'}").dispose()


def test_keys_that_others_may_read_are_a_warning(encompass: Encompass, tmp_path: Path) -> None:
    encompass("check")
    (tmp_path / "data" / "keys.json").chmod(0o644)
    assert states(encompass)["keys"] == "warn"


def test_an_address_that_is_not_served_fails(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCOMPASS_BASE_URL", "https://messages.example.org")
    assert states(encompass)["settings"] == "fail"


def test_a_force_without_area_duty_officer_and_number_is_named(
    encompass: Encompass, tmp_path: Path
) -> None:
    encompass("force", "add", "99", "Exampleshire Police")
    said = " ".join(encompass("check").stdout.split())
    for lacking in ("99 has no area", "99 has no duty officer", "99 has no number of its desk"):
        assert lacking in said
    encompass("force", "area", "99", "999")
    encompass(
        "officers", "add", "force:99", "duty_officer", "duty@example.org", "--name", "Ola Fernbank"
    )
    policy = tmp_path / "policy.json"
    policy.write_text('{"desk": {"telephone": "01632 960999"}}', encoding="utf-8")
    encompass("force", "policy", "99", policy, "--approved-by", "The data protection officer")
    assert states(encompass)["cover"] == "ok"


@pytest.mark.feature("CO2")
def test_a_template_at_the_provider_that_would_tell_fails(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {name: "neutral" for one in Template for name in (one.value, f"{one.value}.cy")}
    held = {"neutral": "A message is waiting.", "telling": "A police message is waiting."}
    with FakeNotify(SystemClock(), held) as fake:
        for name, value in (
            ("CHANNEL", "govuk_notify"), ("NOTIFY_URL", fake.url), ("NOTIFY_API_KEY", API_KEY),
            ("NOTIFY_TEMPLATES", json.dumps(names)),
        ):  # fmt: skip
            monkeypatch.setenv(f"ENCOMPASS_{name}", value)
        assert states(encompass)["notify"] == "ok"
        names["message_waiting"] = "telling"
        monkeypatch.setenv("ENCOMPASS_NOTIFY_TEMPLATES", json.dumps(names))
        assert states(encompass)["notify"] == "fail"
        names["message_waiting"] = "nowhere"
        monkeypatch.setenv("ENCOMPASS_NOTIFY_TEMPLATES", json.dumps(names))
        assert states(encompass)["notify"] == "fail"


def test_an_openid_provider_that_does_not_answer_is_said_and_fails_nothing(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert states(encompass)["OpenID"] == "ok"
    with running_provider() as provider:
        for name, value in (
            ("ISSUER", provider.issuer), ("CLIENT_ID", "us"), ("CLIENT_SECRET", "a secret"),
        ):  # fmt: skip
            monkeypatch.setenv(f"ENCOMPASS_OIDC_{name}", value)
        assert states(encompass)["OpenID"] == "ok"
    shown = encompass("check").stdout
    assert "warn OpenID" in shown
    assert f"{provider.issuer} does not answer as a provider" in shown


def test_a_list_of_breached_passwords_is_looked_at(
    encompass: Encompass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert states(encompass)["passwords"] == "ok"
    file = tmp_path / "breached.txt"
    monkeypatch.setenv("ENCOMPASS_BREACHED_PASSWORDS_FILE", str(file))
    assert states(encompass)["passwords"] == "fail"
    file.write_text("hunter2\n")
    assert states(encompass)["passwords"] == "fail"
    listed(file, ["hunter2", "password"])
    assert states(encompass)["passwords"] == "ok"
