"""A large roll comes in many short steps: nobody reads it, and others write, until it is whole."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.database import Database
from app.core.errors import Refused
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools import roll
from schools.matching.details import Band, Decision
from schools.matching.match import match_children
from schools.roll import ABANDONED, erase_abandoned, stage_roll
from schools.roll_models import Pupil, PupilKey, Roll, RollState
from tests.factories.schools import COUNCIL, LAST_NIGHT, NOW, add_school, child, roll_file

OWNER = f"council:{COUNCIL}"


@pytest.fixture(autouse=True)
def small_steps(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schools.roll._BATCH", 2)
    monkeypatch.setattr("schools.roll._ERASED", 2)
    monkeypatch.setattr("schools.roll_store._KEYS_SENT", 5)
    with database.write(PLATFORM) as session:
        add_school(session, 990001)


def unit_of(database: Database) -> Callable[[], AbstractContextManager[Session]]:
    return lambda: database.write(PLATFORM)


def pupils(*names: str) -> list[dict[str, object]]:
    return [{"Forename": name} for name in names]


def decided(database: Database, cipher: Cipher, forename: str) -> Decision:
    with database.read(PLATFORM) as session:
        (found,) = match_children(
            session, cipher, [child(forename=forename)], on=LAST_NIGHT, policy=Policy()
        )
    return found


def counts(database: Database) -> tuple[int, int]:
    with database.read(PLATFORM) as session:
        return tuple(
            session.scalar(select(func.count()).select_from(one)) or 0 for one in (Pupil, PupilKey)
        )  # type: ignore[return-value]


def test_the_old_roll_decides_until_the_new_one_is_whole(
    database: Database, cipher: Cipher
) -> None:
    unit = unit_of(database)
    stage_roll(unit, cipher, roll_file(*pupils("Asha")), owner=OWNER, now=NOW)
    seen: list[tuple[Band, Decision]] = []
    before = decided(database, cipher, "Asha")

    def look(_count: int) -> None:
        # Another writer gets in between, and finds the rolls as they were.
        with database.write(PLATFORM) as session:
            add_school(session, 990010 + len(seen))
        seen.append((decided(database, cipher, "Nesta").band, decided(database, cipher, "Asha")))

    names = ("Nesta", "Bryn", "Cai", "Dilys", "Elin")
    report = stage_roll(
        unit, cipher, roll_file(*pupils(*names)), owner=OWNER, now=NOW, progress=look
    )
    assert (report.accepted, report.replaces) == (5, 1)
    assert len(seen) == 3
    assert all(band is not Band.MATCHED for band, _ in seen)
    assert all(asha == before for _, asha in seen)
    assert decided(database, cipher, "Nesta").band is Band.MATCHED
    assert decided(database, cipher, "Asha").band is not Band.MATCHED
    assert counts(database)[0] == 5


def test_a_staged_roll_that_was_refused_or_given_up_leaves_nothing_behind(
    database: Database, cipher: Cipher
) -> None:
    unit = unit_of(database)
    whole = pupils("Asha", "Bryn", "Cai", "Dilys", "Elin")
    stage_roll(unit, cipher, roll_file(*whole), owner=OWNER, now=NOW)
    held = counts(database)
    with pytest.raises(Refused, match="fewer"):
        stage_roll(unit, cipher, roll_file(*pupils("Nesta", "Olwen")), owner=OWNER, now=NOW)
    assert counts(database) == held

    def gone(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage_roll(unit, cipher, roll_file(*whole), owner=OWNER, now=NOW, progress=gone)
    assert counts(database)[0] == held[0] + 2
    assert decided(database, cipher, "Asha").band is Band.MATCHED
    with database.write(PLATFORM) as session:
        assert erase_abandoned(session, now=NOW) == 0
        assert erase_abandoned(session, now=NOW + ABANDONED) == 2
    assert counts(database) == held
    with database.read(PLATFORM) as session:
        current = session.scalars(select(Roll).where(Roll.state == RollState.CURRENT)).all()
    assert [one.pupils for one in current] == [5]


def test_the_next_import_erases_what_an_abandoned_one_left(
    database: Database, cipher: Cipher
) -> None:
    unit = unit_of(database)

    def gone(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage_roll(
            unit, cipher, roll_file(*pupils("Asha", "Bryn")), owner=OWNER, now=NOW, progress=gone
        )
    later = NOW + timedelta(hours=1)
    stage_roll(unit, cipher, roll_file(*pupils("Asha", "Bryn", "Cai")), owner=OWNER, now=later)
    assert counts(database)[0] == 3


def test_of_two_imports_at_once_the_later_one_serves(database: Database, cipher: Cipher) -> None:
    unit = unit_of(database)

    def other(_count: int) -> None:
        roll.stage_roll(unit, cipher, roll_file(*pupils("Nesta")), owner=OWNER, now=NOW)

    with pytest.raises(Refused, match="in between"):
        stage_roll(
            unit, cipher, roll_file(*pupils("Asha", "Bryn")), owner=OWNER, now=NOW, progress=other
        )
    assert decided(database, cipher, "Nesta").band is Band.MATCHED


def test_of_two_imports_at_once_the_roll_that_serves_keeps_all_its_pupils(
    database: Database, cipher: Cipher
) -> None:
    written, go_on, switched = threading.Event(), threading.Event(), threading.Event()

    def wait(_count: int) -> None:
        written.set()
        assert go_on.wait(20)

    def import_beside() -> None:
        stage_roll(
            unit_of(database), cipher, roll_file(*pupils("Nesta", "Olwen")), owner=OWNER, now=NOW,
            progress=wait,
        )  # fmt: skip

    beside = threading.Thread(target=import_beside)

    @contextmanager
    def unit() -> Iterator[Session]:
        # The other becomes current between our becoming current and our erasing what was before.
        if switched.is_set():
            go_on.set()
            beside.join()
        with database.write(PLATFORM) as session:
            yield session

    beside.start()
    assert written.wait(20)
    stage_roll(
        unit, cipher, roll_file(*pupils("Asha", "Bryn")), owner=OWNER, now=NOW,
        done=lambda _session, _report: switched.set(),
    )  # fmt: skip
    with database.read(PLATFORM) as session:
        (serves,) = session.scalars(select(Roll).where(Roll.state == RollState.CURRENT)).all()
        held = session.scalars(select(Pupil.roll_id)).all()
    assert list(held) == [serves.id] * 2
    assert serves.pupils == 2
    assert decided(database, cipher, "Nesta").band is Band.MATCHED
