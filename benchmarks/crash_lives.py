"""Short lives of the service's process, forked from one that has everything imported.

`python -m benchmarks.crash_lives` reads one job a line and forks a child for it, which does the
job with the product's own code on the real database and mail server, and may end by SIGKILL at a
crash point. It stays single-threaded, so that a fork copies no lock.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from starlette.testclient import TestClient

from app.access.clients import ALL_SCOPES, Caller
from app.api.intake_writer import store
from app.core import crash_points, logs, rotation, schema
from app.core.clock import HandClock
from app.core.database import make_engine
from app.core.errors import ServiceError
from app.core.key_file import Keys
from app.core.settings import Settings
from app.intake.payload import IncidentMessage
from app.intake.receive import Submission
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.main import create_app
from app.pages import cookies
from app.wiring import Wiring, build

# Each finds the one before done: what waits for a lease or a retry is taken up by the last.
TICKS, TICK_SECONDS = 3, 30
_OPERATOR = "operator:rehearsal"
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
Job = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a life ended, and what it answered before."""

    killed: bool
    answers: tuple[str, ...]


class Lives:
    """The forking process, from outside."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def live(self, job: Job, *, crash: str | None = None) -> Ending:
        """Let one life do a job; raise `RuntimeError` where it ended in neither known way."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({**job, "crash": crash}) + "\n")
        stdin.flush()
        ended = json.loads(stdout.readline())
        if ended["status"] not in (0, -9):
            raise RuntimeError(f"a life ended with {ended['status']}: {ended['answers']}")
        return Ending(ended["status"] == -9, tuple(ended["answers"]))


@contextmanager
def forking() -> Iterator[Lives]:
    """Yield the door to a forking process of our own, ended with its standard input."""
    command = [sys.executable, "-m", "benchmarks.crash_lives"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Lives(process)
        assert process.stdin is not None
        process.stdin.close()


def _serve(source: IO[str]) -> None:
    logs.configure("CRITICAL")
    for line in source:
        print(json.dumps(_forked(json.loads(line))), flush=True)


def _forked(job: Job) -> dict[str, Any]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(job, writing)
    os.close(writing)
    with os.fdopen(reading) as answers:
        said = answers.read().splitlines()
    _, status = os.waitpid(pid, 0)
    return {"status": os.waitstatus_to_exitcode(status), "answers": said}


def _child(job: Job, writing: int) -> None:
    def say(text: str) -> None:
        os.write(writing, f"{text}\n".encode())

    status = 1
    try:
        if job["crash"]:
            crash_points.arm(crash_points.killing(job["crash"]))
        _JOBS[job["kind"]](job, say)
        status = 0
    except BaseException as error:  # noqa: BLE001 (the parent must hear of it)
        say(f"{type(error).__name__}: {error}")
    finally:
        os._exit(status)


def _wiring(job: Job) -> Wiring:
    return build(Settings(**job["settings"]), clock=HandClock(datetime.fromisoformat(job["now"])))


def _push(job: Job, say: Say) -> None:
    wiring = _wiring(job)
    for body in job["incidents"]:
        message = IncidentMessage.model_validate_json(json.dumps(body))
        client = Caller(UUID(job["client"]), job["force"], ALL_SCOPES)
        (outcome,) = store(wiring, [Submission(client.force, client.client_id, message)])
        if isinstance(outcome, ServiceError):
            raise outcome
        say(body["reference"])


def _tick(job: Job, _: Say) -> None:
    wiring = _wiring(job)
    assert isinstance(wiring.clock, HandClock)
    runner = Runner(wiring, PIPELINE, owner=f"pid {os.getpid()}")
    for _tick in range(TICKS):
        runner.run_pipeline()
        wiring.clock.advance(timedelta(seconds=TICK_SECONDS))


def _acknowledge(job: Job, say: Say) -> None:
    """A key adult opens and acknowledges on the pages, going on from wherever it stands."""
    wiring = _wiring(job)
    with TestClient(create_app(wiring), base_url="https://testserver") as browser:
        browser.cookies.set(cookies.session_name(wiring.settings), job["session"])
        place = f"/notifications/{job['notification']}"
        for step, form in (
            ("first-step", {}), ("open", {"on_roll": "yes", "knows_family": "no", "tied": "no"}),
            ("acknowledge", {}),
        ):  # fmt: skip
            token = _FORM_TOKEN.search(browser.get(place).raise_for_status().text)
            assert token is not None
            answer = browser.post(f"{place}/{step}", data={"form_token": token[1], **form})
            say(f"{step} {answer.status_code}")


def _withdraw(job: Job, say: Say) -> None:
    wiring = _wiring(job)
    with TestClient(create_app(wiring), base_url="https://testserver") as http:
        asked = {"grant_type": "client_credentials", **job["credentials"]}
        token = http.post("/api/v1/token", data=asked).raise_for_status().json()["access_token"]
        for reference in job["references"]:
            http.post(
                f"/api/v1/incidents/{reference}/withdrawal",
                json={"reason_code": "recorded_in_error"},
                headers={"Authorization": f"Bearer {token}"},
            ).raise_for_status()
            say(reference)


def _rotate(job: Job, say: Say) -> None:
    """An operator changes the master key, going on from wherever it stands."""
    wiring = _wiring(job)
    path, base, now = wiring.settings.key_path, wiring.database, wiring.clock.now()
    if len(Keys.load(path).masters) == 1:
        rotation.add_key(base, path, now=now, actor=_OPERATOR)
    say(rotation.turn(base, path, now=now, actor=_OPERATOR).active)
    rotation.move_all(base, wiring.cipher)


def _purge(job: Job, _: Say) -> None:
    Runner(_wiring(job), PIPELINE, owner=f"pid {os.getpid()}").run_step("purge_expired")


def _migrate(job: Job, say: Say) -> None:
    engine = make_engine(Settings(**job["settings"]).database_url)
    schema.upgrade(engine)
    say(schema.current(engine) or "")
    engine.dispose()


_JOBS: dict[str, Callable[[Job, Say], None]] = {
    "push": _push, "tick": _tick, "acknowledge": _acknowledge, "withdraw": _withdraw,
    "rotate": _rotate, "purge": _purge, "migrate": _migrate,
}  # fmt: skip

if __name__ == "__main__":
    _serve(sys.stdin)
