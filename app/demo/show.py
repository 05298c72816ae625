"""Runs the demonstration: the world, the story, the check, and then the service at real speed."""

import signal
import tempfile
import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from app.access import authenticator
from app.core import logs
from app.core.clock import london_date, show_date, show_time
from app.core.scope import PLATFORM
from app.demo import world as worlds
from app.demo.county import FORCE, FORCE_NAME
from app.demo.evening import totals_of
from app.demo.night import make_fresh
from app.demo.page import DemoDoor, Row
from app.demo.people import PASSWORD
from app.demo.server import Server, reserve
from app.demo.story import Story
from app.demo.telling import Telling
from app.demo.verify import verify
from app.demo.world import World
from app.main import create_app
from app.reports.morning import board
from app.reports.told import Told
from app.scheduler import run as run_scheduler
from notifications.channels.sink import MailSink

_FIRST_PAGE = {
    "desk": "/morning", "reviewer": "/review", "second_reviewer": "/review", "lead": "/reports",
    "council_lead": "/reports/readiness", "register": "/register/schools",
}  # fmt: skip
# Who is listed on the terminal; everybody is at /demo.
_SHOWN_PEOPLE = ("trust", "hawthorn", "reviewer", "desk", "lead")


def run(*, check: bool, port: int | None, data_dir: Path | None) -> int:
    """Play the night; with `check` verify it and return 0 or 1, else serve until Ctrl-C."""
    logs.configure("ERROR")
    telling = Telling(Console(highlight=False))
    with ExitStack() as held:
        folder = data_dir or Path(
            held.enter_context(tempfile.TemporaryDirectory(prefix="encompass-demo-"))
        )
        worlds.prepare_folder(folder)
        sink = held.enter_context(MailSink(folder / "mail"))
        socket = reserve(port)
        world = worlds.build_world(folder, port=socket.getsockname()[1], sink=sink)
        held.callback(world.wiring.database.engine.dispose)
        door = DemoDoor(create_app(world.wiring), lambda: account_rows(world))
        server = Server(door, socket)
        server.start()
        held.callback(server.stop)
        story = Story(world, telling)
        _prologue(world, telling)
        story.play()
        _epilogue(world, telling)
        if check:
            return _checked(story, telling)
        _serve_on(story, telling)
        return 0


def account_rows(world: World) -> list[Row]:
    """Return who one can be, each with the code the authenticator shows now."""
    now = world.clock.now()
    return [
        (
            person.name, person.what, person.email, PASSWORD,
            authenticator.code_at(world.secrets[key], now=now), _FIRST_PAGE.get(key, "/inbox"),
        )
        for key, person in world.people.items()
        if key in world.secrets
    ]  # fmt: skip


def _prologue(world: World, telling: Telling) -> None:
    counts = worlds.import_county(world)
    worlds.add_people(world)
    worlds.enrol_everybody(world)
    telling.opening(
        "[bold]Encompass[/] tells a child's school before 9am that the child lived through "
        "domestic abuse last night.",
        f"This is one night of [bold]{FORCE_NAME}[/], an invented force: {counts['schools']} "
        f"schools, {counts['key adults']} key adults, {counts['pupils']:,} pupils on rolls. "
        "Everything goes through the real API, jobs, mail and pages; only the clock is moved.",
    )
    telling.chapter(f"The night before {show_date(world.county.day)}")


def _epilogue(world: World, telling: Telling) -> None:
    now, day = world.clock.now(), world.county.day
    with world.wiring.database.read(PLATFORM) as session:
        found = board(session, world.wiring.cipher, force=FORCE, on=day, now=now)
    telling.chapter(f"The morning board at {show_time(now)}")
    telling.opening(
        f"[bold green]{found.told} told[/] ({found.told_before_nine} before 9am), "
        f"[bold red]{found.not_told} not told[/], {found.not_needed} not needed."
    )
    rows = [
        (
            f"{row.reference} {row.child_ref}",
            (row.outcome_reason or row.outcome).value.replace("_", " "),
            row.held_by,
        )
        for row in found.rows
        if row.told is Told.NOT_TOLD
    ]
    telling.table("Not told, and who has each", ("Child", "Why", "Who has it"), rows)


def _checked(story: Story, telling: Telling) -> int:
    found = verify(story.world, story.evening)
    telling.chapter("Check")
    for one in found:
        mark = Text("ok  ", style="green") if one.good else Text("FAIL", style="bold red")
        telling.console.print(mark, f"{one.what}: {one.seen}", markup=False, soft_wrap=True)
    return 0 if all(one.good for one in found) else 1


def _serve_on(story: Story, telling: Telling) -> None:
    """Let the clock go and serve with the jobs at their usual pace until Ctrl-C."""
    world = story.world
    world.clock.let_go()
    fresh = make_fresh(world.clock.now())
    for body in fresh:
        world.control_room.push(body).raise_for_status()
    today = london_date(world.clock.now())
    if today != world.county.day:
        # The night since the story's: left open, it would rightly be alarmed about from six. The
        # next one begins where the story's was closed, and so has what its morning brought.
        next_one = today == world.county.day + timedelta(days=1)
        bodies = [*fresh, *(story.evening.pushed_since_close() if next_one else ())]
        world.control_room.close_night(today.isoformat(), totals_of(bodies)).raise_for_status()
    world.tick()
    rows = [
        (world.people[key].what, world.people[key].name, world.people[key].email)
        for key in _SHOWN_PEOPLE
    ]
    telling.table("Sign-ins to try", ("Who", "Name", "Email address"), rows)
    base, day = world.base_url, world.county.day
    telling.opening(
        "",
        f"Password for everybody: [bold]{PASSWORD}[/]",
        f"Codes of this minute:   {base}/demo",
        f"Sign in:                {base}/sign-in",
        f"Morning report (lead):  {base}/reports/morning/{FORCE}/{day}",
        f"Police API, described:  {base}/api/v1/openapi.json",
        "",
        f"{len(fresh)} new incidents came in just now, for a reviewer: {base}/review",
        "The clock is now the real one. Ctrl-C ends the demonstration.",
    )
    _until_stopped(world)


def _until_stopped(world: World) -> None:
    """Run the jobs until Ctrl-C or SIGTERM, and let the tick in hand finish."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs = threading.Thread(target=run_scheduler, args=(world.wiring, stop), name="scheduler")
    jobs.start()
    stop.wait()
    jobs.join()
