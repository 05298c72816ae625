"""What people said of a child: the newest word on each school, links that die, words taken back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.scope import PLATFORM, of_force
from app.wiring import Wiring
from schools.matching import judgements
from schools.matching.details import Judged, Verdict
from schools.matching.models import Judgement, JudgementSource
from tests.factories.notifications import FORCE, NotifyingForce
from tests.factories.schools import NOW, add_school

pytestmark = pytest.mark.feature("MA12")

HERE, THERE = 990001, 990002
PERSON, HOME = b"p" * 32, b"h" * 32
ON = date(2026, 11, 19)


@pytest.fixture
def force(wiring: Wiring) -> NotifyingForce:
    with wiring.database.write(PLATFORM) as session:
        add_school(session, HERE)
        add_school(session, THERE)
    return NotifyingForce(wiring).begin()


def say(
    force: NotifyingForce, verdict: Verdict, *, urn: int = HERE, minutes: int = 0, **changes: Any
) -> UUID:
    """Store a word of a key adult of last night; returns its id."""
    facts: dict[str, Any] = {
        "force": FORCE, "person_digest": PERSON, "involved_child_id": None,
        "source": JudgementSource.KEY_ADULT, "actor": "account:one", "area_digest": HOME,
        "now": NOW + timedelta(minutes=minutes), **changes,
    }  # fmt: skip
    with force.database.write(of_force(FORCE)) as session:
        return judgements.remember(session, urn=urn, verdict=verdict, **facts).id


def known(force: NotifyingForce, *, area: bytes | None = HOME, **options: Any) -> list[Judged]:
    with force.database.read(of_force(FORCE)) as session:
        rows = judgements.of_person(session, FORCE, PERSON, **options)
        return list(judgements.judged(rows, on=ON, area_digest=area))


def test_the_newest_word_on_each_school_counts(force: NotifyingForce) -> None:
    say(force, Verdict.YES)
    say(force, Verdict.NO, minutes=1, source=JudgementSource.NOT_OUR_PUPIL)
    say(force, Verdict.YES, urn=THERE, minutes=2)
    say(force, Verdict.UNSURE, urn=THERE, minutes=3, source=JudgementSource.REVIEW)
    today = date(2026, 11, 20)
    assert known(force) == [
        Judged(HERE, Verdict.NO, today), Judged(THERE, Verdict.YES, today, link=True),
    ]  # fmt: skip


def test_the_same_word_of_the_same_person_is_one_word_until_another_comes(
    force: NotifyingForce,
) -> None:
    first = say(force, Verdict.YES)
    assert say(force, Verdict.YES, minutes=1) == first
    say(force, Verdict.NO, minutes=2)
    assert say(force, Verdict.YES, minutes=3) != first
    assert [one.verdict for one in known(force)] == [Verdict.YES]


@pytest.mark.parametrize(
    ("changes", "area", "linked"),
    [
        ({}, HOME, True),
        ({}, b"m" * 32, False),
        ({}, None, False),
        ({"area_digest": None}, None, False),
        ({"source": JudgementSource.REVIEW}, HOME, False),
        ({"now": datetime(2026, 8, 31, 12, 0, tzinfo=UTC)}, HOME, False),
        ({"now": datetime(2026, 9, 1, 12, 0, tzinfo=UTC)}, HOME, True),
    ],
)
def test_a_link_is_a_key_adults_of_this_school_year_at_the_same_home(
    force: NotifyingForce, changes: dict[str, Any], area: bytes | None, *, linked: bool
) -> None:
    say(force, Verdict.YES, **changes)
    (word,) = known(force, area=area)
    assert (word.verdict, word.link) == (Verdict.YES, linked)


def test_a_reviewers_yes_after_a_no_is_a_yes_and_no_link(force: NotifyingForce) -> None:
    say(force, Verdict.YES)
    say(force, Verdict.NO, minutes=1, source=JudgementSource.NOT_OUR_PUPIL)
    say(force, Verdict.YES, minutes=2, source=JudgementSource.REVIEW)
    (word,) = known(force)
    assert (word.verdict, word.link) == (Verdict.YES, False)


def test_a_word_taken_back_counts_no_more_and_stays(force: NotifyingForce) -> None:
    word = say(force, Verdict.NO)
    later = NOW + timedelta(minutes=5)
    with force.database.write(of_force(FORCE)) as session:
        assert judgements.undo(session, word, actor="account:one", now=later)
        assert not judgements.undo(session, word, actor="account:one", now=later)
    assert known(force) == []
    assert [one.verdict for one in known(force, at=later)] == [Verdict.NO]
    assert known(force, at=NOW) == []
    (row,) = force.rows(Judgement)
    assert (row.undone_by, row.undone_at) == ("account:one", later)


def test_a_child_without_a_digest_is_known_by_its_own_row_alone(force: NotifyingForce) -> None:
    happened, other = force.happened(), force.happened()
    say(force, Verdict.NO, person_digest=None, involved_child_id=happened.child_id)
    with force.database.read(of_force(FORCE)) as session:
        for child_id, found in ((happened.child_id, 1), (other.child_id, 0)):
            rows = judgements.of_person(session, FORCE, None, involved_child_id=child_id)
            assert len(rows) == found
        assert judgements.of_person(session, FORCE, None) == []


def test_another_force_knows_nothing_of_it(force: NotifyingForce) -> None:
    say(force, Verdict.NO)
    with force.database.read(of_force("98")) as session:
        assert judgements.of_person(session, FORCE, PERSON) == []


def test_by_whom_a_child_is_known_goes_with_its_content(force: NotifyingForce) -> None:
    happened = force.happened()
    say(force, Verdict.NO, involved_child_id=happened.child_id)
    with force.database.write(of_force(FORCE)) as session:
        judgements.forget_people(session, [happened.child_id])
    (row,) = force.rows(Judgement)
    assert (row.person_digest, row.area_digest, row.verdict) == (None, None, Verdict.NO)
