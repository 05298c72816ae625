"""`./run bench crash`: SIGKILL at every crash point, on both databases, and what came of it.

Each kill ends a real process in the middle of its work; the next one goes on, and then the rows,
the mailboxes and the audit chain are held to what must be true. Lost, visible twice, half done:
the figures to reach are 0, 0 and 0.
"""

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.access import sessions
from app.core import schema
from app.core.crash_points import CrashPoint
from app.core.scope import PLATFORM
from app.core.settings import Environment, Settings
from app.intake.models import Incident
from app.simulation.county import COUNCIL
from benchmarks.cluster import durable_cluster, new_database
from benchmarks.crash_checks import hold, read_mail
from benchmarks.crash_keys import AFTERWARDS, ERASING, TURNS
from benchmarks.crash_lives import Lives, forking
from benchmarks.crash_place import FIRST_ROUND, FORCE, Place, Tally, place
from benchmarks.figures import remember
from notifications.channels.sink import MailSink
from notifications.models import Notification, Receipt
from notifications.states import ReceiptKind

# So many rounds of so long fit between the first alert and the first deadline.
ROUNDS, ROUND = 10, timedelta(minutes=11)
# How often each place is passed in one round; the kill comes at one of these passes.
PASSES = {
    CrashPoint.ACCEPT_BEFORE_COMMIT: 2, CrashPoint.ACCEPT_AFTER_COMMIT: 2, CrashPoint.MATCHED: 2,
    CrashPoint.COMPOSED: 3, CrashPoint.STEP_TAKEN: 3, CrashPoint.CLAIM_BEFORE_COMMIT: 1,
    CrashPoint.INTENT_STORED: 1, CrashPoint.PROVIDER_ACCEPTED: 2, CrashPoint.RESULT_STORED: 1,
    CrashPoint.PAGE_STORED: 6, CrashPoint.POLICE_STORED: 2, CrashPoint.KEYS_TURNED: TURNS,
    CrashPoint.CONTENT_ERASED: ERASING, CrashPoint.MIGRATED: 10,
}  # fmt: skip


def kill_often(
    at: CrashPoint, *, kills: int, new_url: Callable[[], str], lives: Lives, seed: int = 0
) -> Tally:
    """Kill at one place so many times, in fresh databases of a few rounds each.

    `new_url` makes an empty database, which may be migrated already, except for the migration's
    own crash point.
    """
    tally, chance = Tally(), random.Random(f"{at}{seed}")
    with tempfile.TemporaryDirectory(prefix="encompass-crash-") as scratch:
        folder = Path(scratch)
        with MailSink(folder / "mail") as sink:
            while tally.kills < kills:
                home = folder / f"home-{tally.kills}"
                home.mkdir()
                if at is CrashPoint.MIGRATED:
                    _migration(new_url(), home, lives, tally, chance)
                    continue
                with place(new_url(), home, sink, lives) as here:
                    for number in range(ROUNDS):
                        here.now = FIRST_ROUND + number * ROUND
                        if tally.kills >= kills:
                            break
                        count, most = chance.randint(1, PASSES[at]), kills - tally.kills
                        _round(here, at, tally, number=number, count=count, most=most)
                shutil.rmtree(home)
    return tally


def _round(
    here: Place, at: CrashPoint, tally: Tally, *, number: int, count: int, most: int
) -> None:
    """One story of two incidents with a kill in it, then everything held to what must be.

    At some places a round has several kills, `most` at the most.
    """
    crash, references = f"{at.value}:{count}", [f"CRASH-{number}-{one}" for one in "ab"]
    pushing: dict[str, Any] = {
        "force": FORCE, "client": here.client,
        "incidents": [at_two_schools(here, one) for one in references],
    }  # fmt: skip
    accepting = at in {CrashPoint.ACCEPT_BEFORE_COMMIT, CrashPoint.ACCEPT_AFTER_COMMIT}
    killed, answered = here.live("push", crash=crash if accepting else None, **pushing)
    if killed:
        hold(here, tally, answered, [])
        _, answered = here.live("push", **pushing)
    apart = at in {CrashPoint.PAGE_STORED, CrashPoint.POLICE_STORED, *AFTERWARDS}
    ticked, _ = here.live("tick", crash=None if accepting or apart else crash)
    killed |= ticked
    if at not in AFTERWARDS:
        here.live("tick")
    if at is CrashPoint.PAGE_STORED:
        killed |= _acknowledge(here, crash, references, tally)
        # Between two looks of a person a step may fall due: the scheduler ticks on.
        here.live("tick")
    withdrawn = references if at is CrashPoint.POLICE_STORED else []
    if withdrawn:
        killed |= here.live("withdraw", crash=crash, **_withdrawing(here, references))[0]
        here.live("withdraw", **_withdrawing(here, references))
    kills = int(killed)
    if at in AFTERWARDS:
        kills += AFTERWARDS[at](here, count, tally, most)
    tally.kills += kills
    if not kills:
        raise RuntimeError(f"{crash} was not passed in a round")
    if sorted(answered) != sorted(references):
        tally.lost += 1
    hold(here, tally, references, withdrawn)
    read_mail(here, tally)


def _withdrawing(here: Place, references: list[str]) -> dict[str, Any]:
    credentials = {"client_id": here.client, "client_secret": here.secret}
    return {"references": references, "credentials": credentials}


def _acknowledge(here: Place, crash: str, references: list[str], tally: Tally) -> bool:
    """The key adult of the first school opens and acknowledges, and is cut off in between."""
    school = here.county.schools[0]
    with here.wiring.database.write(PLATFORM) as session:
        token = sessions.create(
            session, account_id=here.county.accounts[school.key_adults[0]], now=here.now
        )
        notification = session.scalars(
            select(Notification.id)
            .join(Incident, Incident.id == Notification.incident_id)
            .where(Notification.urn == school.urn, Incident.reference == references[0])
        ).first()
    job = {"session": token, "notification": str(notification)}
    killed, _ = here.live("acknowledge", crash=crash, **job)
    _, said = here.live("acknowledge", **job)
    with here.wiring.database.read(PLATFORM) as session:
        kinds = Counter(
            session.scalars(select(Receipt.kind).where(Receipt.notification_id == notification))
        )
    if (kinds[ReceiptKind.OPENED], kinds[ReceiptKind.ACKNOWLEDGED]) != (1, 1):
        tally.half += 1
        tally.said.append(f"acknowledged {dict(kinds)} {said}")
    return killed


def _migration(url: str, home: Path, lives: Lives, tally: Tally, chance: random.Random) -> None:
    """Kill a migration of an empty database; the next one brings it to the newest revision."""
    settings = Settings(environment=Environment.TEST, database_url=url, data_dir=home)
    job = {"kind": "migrate", "settings": settings.model_dump(mode="json", exclude_none=True)}
    count = chance.randint(1, PASSES[CrashPoint.MIGRATED])
    tally.kills += lives.live(job, crash=f"{CrashPoint.MIGRATED.value}:{count}").killed
    ended = lives.live(job)
    if ended.answers != (schema.newest(),):
        tally.half += 1
        tally.said.append(f"migrated to {ended.answers}")


def at_two_schools(here: Place, reference: str) -> dict[str, Any]:
    """Two children at two schools; the first school has a child of every incident."""
    first, *others = here.county.schools[:3]
    other = others[ord(reference[-1]) % 2]
    return {
        "reference": reference, "version": 1, "occurred_from": "2026-11-19T22:40:00+00:00",
        "children": [
            {
                "ref": f"c{number}", "forename": "Asha", "surname": f"{reference}-{number}",
                "date_of_birth": f"201{6 + number}-03-02", "relation": "child_of_both",
                "presence": "heard", "residences": [{"postcode": "ZZ99 3VZ", "authority": COUNCIL}],
                "education": {"school_name": school.name, "town": school.town},
            }
            for number, school in enumerate((first, other))
        ],
    }  # fmt: skip


def main() -> None:
    """Kill on each database and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--databases", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--points", nargs="*", default=[one.value for one in PASSES])
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    print("database    point  kills  lost  visible twice  half done  empty repeats")
    with (
        durable_cluster() as admin,
        tempfile.TemporaryDirectory() as scratch,
        forking() as lives,
    ):
        numbers = iter(range(1_000_000))

        def on_sqlite() -> str:
            return f"sqlite:///{scratch}/{next(numbers)}.db"

        def on_postgres() -> str:
            assert admin is not None
            return new_database(admin, f"crash_{next(numbers)}")

        makers = {"sqlite": on_sqlite} | ({"postgresql": on_postgres} if admin else {})
        for database in [one for one in makers if one in options.databases]:
            for point in options.points:
                tally = kill_often(
                    CrashPoint(point), kills=options.kills, new_url=makers[database], lives=lives
                )
                figures[f"{database} {point}"] = [
                    tally.kills, tally.lost, tally.twice, tally.half, tally.repeats
                ]  # fmt: skip
                print(
                    f"{database:11} {point:5} {tally.kills:6} {tally.lost:5} {tally.twice:14} "
                    f"{tally.half:10} {tally.repeats:14}", *tally.said[:5], flush=True,
                )  # fmt: skip
    print(f"remembered in {remember('crash', figures, 'sqlalchemy')}")


if __name__ == "__main__":
    main()
