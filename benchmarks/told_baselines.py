"""What one would reach for instead: a token score in memory, and trigrams in PostgreSQL.

Both see the open schools of the told town or council that take a child of the told age, and send
the best above a threshold and a margin; thresholds were set on other seeds.
"""

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.told_cases import Case, Row, World
from schools.matching.school_names import parse

Answer = Callable[[Case], int | None]
_ENOUGH, _CLEAR = 0.6, 0.1
_TRIGRAMS_ENOUGH, _TRIGRAMS_CLEAR = 0.45, 0.1


class TokenScore:
    """The share of words that two names have in common, abbreviations spelt out."""

    def __init__(self, held: World, missing: frozenset[int]) -> None:
        self._rows = [row for row in held.rows if row.urn not in missing]
        self._words = {row.urn: set(parse(row.name).key.split()) - {"school"} for row in self._rows}

    def answer(self, case: Case) -> int | None:
        said = set(parse(case.said.text).key.split()) - {"school"}
        scored = sorted(
            ((self._alike(said, self._words[row.urn]), row.urn) for row in near(self._rows, case)),
            reverse=True,
        )
        return best(scored, _ENOUGH, _CLEAR)

    def _alike(self, said: set[str], own: set[str]) -> float:
        return 2 * len(said & own) / (len(said) + len(own)) if said or own else 0.0


class Trigrams:
    """`similarity` of pg_trgm on the names as they are."""

    def __init__(self, session: Session, held: World) -> None:
        self._session = session
        self._held = held

    def answer(self, case: Case) -> int | None:
        urns = [row.urn for row in near(self._held.rows, case)]
        rows = self._session.execute(
            text(
                "SELECT similarity(name, :said), urn FROM establishment WHERE urn = ANY(:urns) "
                "ORDER BY 1 DESC, 2 LIMIT 2"
            ),
            {"said": case.said.text, "urns": urns},
        )
        return best([(float(score), urn) for score, urn in rows], _TRIGRAMS_ENOUGH, _TRIGRAMS_CLEAR)


def near(rows: list[Row], case: Case) -> list[Row]:
    """Return the schools of the told town or council that take a child of the told age."""
    return [
        row for row in rows
        if (row.council == case.council or (case.town is not None and row.stands_in(case.town)))
        and (not case.ages or any(row.takes(age) for age in case.ages))
    ]  # fmt: skip


def best(scored: list[tuple[float, int]], enough: float, clear: float) -> int | None:
    if not scored or scored[0][0] < enough:
        return None
    behind = scored[1][0] if len(scored) > 1 else 0.0
    return scored[0][1] if scored[0][0] - behind >= clear else None
