"""A night and its morning, each process with the database role it has in production."""

import io
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.access.clients import ALL_SCOPES, add_client
from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.key_file import Keys
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.main import create_app
from app.wiring import Wiring, build
from notifications.models import Alert, NotificationContent
from notifications.states import AlertState
from schools.key_adults import import_key_adults
from tests.app.conftest import Encompass
from tests.conftest import NIGHT
from tests.factories.people import Browser, Person, add_person, signed_in
from tests.journeys.world import FORCE, World, child
from tests.lending import Lender
from tests.postgres import HOW_TO_GET, as_role
from tests.requirements import require

URN, OTHER_URN = 990001, 990002
CALLBACK = "a long word that only the provider knows"
METRICS = "a long word that only who measures knows"
_KEY_ADULT = f"""URN,Position,Name,Email,Telephone,TrainedOn,TrainingExpiresOn,VerifiedOn
{URN},1,Priya Nair,priya@primary.test,07700 900001,2026-01-10,2028-01-10,2026-11-20"""


@pytest.fixture
def url(postgres_lender: Lender | None) -> Iterator[str]:
    require("postgres", postgres_lender, HOW_TO_GET)
    assert postgres_lender is not None
    lent = postgres_lender.lend()
    yield lent
    postgres_lender.take_back(lent)


def process(url: str, role: str, folder: Path, clock: HandClock) -> Wiring:
    """Return what a process with this role holds; all have the same keys and the same clock."""
    settings = Settings(
        environment=Environment.TEST, database_url=as_role(url, role), data_dir=folder,
        channel="recording", base_url="https://testserver", metrics_token=SecretStr(METRICS),
        allowed_hosts=("testserver", "127.0.0.1", "localhost"),
        notify_callback_token=SecretStr(CALLBACK),
    )  # fmt: skip
    return build(settings, clock=clock)


@pytest.fixture
def processes(url: str, tmp_path: Path) -> Iterator[tuple[Wiring, Wiring]]:
    """The scheduler's and the web's."""
    clock = HandClock(NIGHT)
    found = [
        process(url, role, tmp_path, clock) for role in ("encompass_scheduler", "encompass_web")
    ]
    yield found[0], found[1]
    for one in found:
        one.database.engine.dispose()


@pytest.mark.feature("SE3")
def test_a_whole_night_works_with_the_roles_of_production(
    processes: tuple[Wiring, Wiring], url: str, bare_encompass: Encompass,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    scheduler, web = processes
    world = World(scheduler)
    priya, desk, reviewer, lead, register = people(world)
    with TestClient(create_app(web), base_url="https://testserver") as http:
        push(world, http)
        world.until(time(7, 0))
        # Nobody is told yet, and nobody rings: the report names whom the school could tell.
        as_the_auditor(bare_encompass, monkeypatch, url, tmp_path)
        world.until(time(8, 0))
        (notification,) = world.notifications("99-1")
        assert "priya@primary.test" in world.alerted()
        provider_says(world, http)

    here = f"/notifications/{notification.id}"
    school = signed_in(web, priya)
    pressed(school, f"{here}/first-step")
    pressed(school, f"{here}/open", on_roll="yes", knows_family="no")
    assert "Asha" in school.get(here).text
    pressed(school, f"{here}/acknowledge")
    pressed(school, f"{here}/follow-up", codes=["silent_support"])
    assert seen(school, "/inbox", "/register", f"/register/schools/{URN}/key-adults")

    reviews = signed_in(web, reviewer)
    (case,) = {part.split('"')[0] for part in seen(reviews, "/review").split('href="/review/')[1:]}
    pressed(reviews, f"/review/{case}/claim")
    pressed(
        reviews, f"/review/{case}/settle", urn=str(OTHER_URN), reason="officer_clarified",
        words="The officer named the street.",
    )  # fmt: skip

    board = signed_in(web, desk)
    seen(board, "/morning", "/morning/open", f"/timeline/{notification.id}")
    pressed(board, f"/morning/recalls/new/{notification.id}", reason="wrong_school")
    pressed(board, "/restricted/ask", force=FORCE, reference="99-2", reason="child_at_risk")
    assert "Asha" not in school.get(here).text

    leads = signed_in(web, lead)
    on = "2026-11-20"
    seen(leads, "/reports/readiness", f"/reports/recipients/{FORCE}", f"/reports/patterns/{FORCE}")
    for page in ("morning", "quality", "decisions", "fairness"):
        seen(leads, f"/reports/{page}/{FORCE}/{on}")
    administrator = signed_in(web, register)
    seen(administrator, "/register/imports", f"/register/schools/{URN}")
    # It looks for the file only after it has looked whose messages wait.
    assert administrator.press("/register/imports/look").status_code == 409

    # A year later nothing of the content is left.
    scheduler.clock.advance(timedelta(days=400))  # type: ignore[attr-defined]
    world.tick()
    with scheduler.database.read(PLATFORM) as session:
        assert session.query(NotificationContent).count() > 0
    as_the_auditor(bare_encompass, monkeypatch, url, tmp_path)


@pytest.mark.parametrize(
    ("command", "role", "environment", "words"),
    [
        (("serve",), None, "production", "the owner of the tables"),
        (("serve", "--workers", "2"), None, "production", "the owner of the tables"),
        (("scheduler",), None, "production", "the owner of the tables"),
        (("serve",), "encompass_scheduler", "production", "sees every force"),
        (("scheduler",), "encompass_web", "test", "cannot run jobs"),
        (("step", "send_due"), "encompass_web", "test", "cannot run jobs"),
    ],
)
def test_no_process_starts_with_the_role_of_another(
    bare_encompass: Encompass, monkeypatch: pytest.MonkeyPatch, *, url: str, tmp_path: Path,
    command: tuple[str, ...], role: str | None, environment: str, words: str,
) -> None:  # fmt: skip
    Keys.generate().save(tmp_path / "keys.json")
    for name, value in (
        ("ENVIRONMENT", environment), ("DATABASE_URL", as_role(url, role) if role else url),
        ("CHANNEL", "recording"), ("DATA_DIR", str(tmp_path)),
        ("KEYS_FILE", str(tmp_path / "keys.json")),
    ):  # fmt: skip
        monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    done = bare_encompass(*command)
    assert done.exit_code == 1
    assert words in done.output
    assert "encompass roles" in done.output


def people(world: World) -> tuple[Person, Person, Person, Person, Person]:
    """Two schools, one key adult, and those who sit at the force; operators work as scheduler."""
    world.school(URN, "Exampleton Primary School")
    world.school(OTHER_URN, "Otherby Church School", town="Otherby")
    with world.wiring.database.write(PLATFORM) as session:
        report = import_key_adults(
            session, world.wiring.cipher, io.StringIO(_KEY_ADULT), now=world.now
        )
        assert not report.errors

    def add(email: str, role: Role, **relation: Any) -> Person:
        return add_person(world.wiring, email, role, name="Sam Ward", **relation)

    return (
        add("priya@primary.test", Role.KEY_ADULT, urn=URN),
        add("sam@force.test", Role.FORCE_DESK, force=FORCE),
        add("rhys@force.test", Role.REVIEWER, force=FORCE),
        add("dawn@force.test", Role.LEAD, force=FORCE),
        add("register@service.test", Role.REGISTER_ADMIN),
    )


def push(world: World, http: TestClient) -> None:
    """Push two incidents over the interface: one child with a clear school, one without."""
    with world.wiring.database.write(PLATFORM) as session:
        client, secret = add_client(
            session, force=FORCE, name="control room", now=world.now, scopes=ALL_SCOPES
        )
    form = {
        "grant_type": "client_credentials", "client_id": str(client.id), "client_secret": secret,
    }  # fmt: skip
    token = http.post("/api/v1/token", data=form).json()["access_token"]
    auth = {"Authorization": f"Bearer {token}"}
    unclear = child(education={"school_name": "St Mary"}, forename="Bela")
    for reference, of in (("99-1", child()), ("99-2", unclear)):
        body = {
            "reference": reference, "version": 1, "children": [of],
            "occurred_from": (world.now - timedelta(hours=1)).isoformat(),
        }  # fmt: skip
        answer = http.post("/api/v1/incidents", json=body, headers=auth)
        assert answer.status_code == 201, answer.text
    assert http.get("/api/v1/incidents/99-1", headers=auth).status_code == 200
    close = {"incidents": 2, "incidents_with_children": 2, "children": 2}
    night = http.post("/api/v1/nights/2026-11-20/close", json=close, headers=auth)
    assert night.status_code == 200, night.text
    assert http.get("/health/ready").json()["checks"]["database"] is True


def provider_says(world: World, http: TestClient) -> None:
    """Let the provider say that the first alert arrived; it belongs to no force that it knows."""
    (first, *_), auth = world.alerts, {"Authorization": f"Bearer {CALLBACK}"}
    body = {"reference": first[0], "status": "delivered"}
    answer = http.post("/api/v1/callbacks/govuk-notify", json=body, headers=auth)
    assert answer.status_code == 204
    with world.wiring.database.read(PLATFORM) as session:
        states = {alert.state for alert in session.query(Alert)}
    assert AlertState.REACHED_MAILBOX in states
    measured = http.get("/health/deadline", headers={"Authorization": f"Bearer {METRICS}"})
    assert measured.status_code == 200


def pressed(browser: Browser, path: str, **form: Any) -> None:
    answer = browser.press(path, form)
    assert answer.status_code in {200, 303}, (path, answer.status_code, answer.text)


def seen(browser: Browser, *paths: str) -> str:
    """Return the text of the last page; each must be there."""
    texts = []
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        texts.append(answer.text)
    return texts[-1]


def as_the_auditor(
    encompass: Encompass, monkeypatch: pytest.MonkeyPatch, url: str, folder: Path
) -> None:
    """Check and read the trail and a report with the auditor's role, by its own commands."""
    for name, value in (
        ("ENVIRONMENT", "test"), ("DATABASE_URL", as_role(url, "encompass_auditor")),
        ("CHANNEL", "recording"), ("DATA_DIR", str(folder)),
    ):  # fmt: skip
        monkeypatch.setenv(f"ENCOMPASS_{name}", value)
    for command in (
        ("audit", "verify"),
        ("audit", "export", "--force", FORCE, "--from", "2026-11-20", "--to", "2026-11-21"),
        ("report", "morning", "--force", FORCE, "--date", "2026-11-20"),
    ):
        done = encompass(*command)
        assert done.exit_code == 0, done.output
