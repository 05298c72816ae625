"""Tables of allowed moves, and rows that keep to theirs: no other state follows another."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import InstrumentedAttribute

State = TypeVar("State", bound=StrEnum)
Moves = Mapping[State, frozenset[State]]


class ForbiddenMove(RuntimeError):
    """A defect of ours: a row was about to get a state that may not follow the one it has."""


def keep_to(attribute: InstrumentedAttribute[State], moves: Moves[State]) -> None:
    """Let assigning a state raise `ForbiddenMove` where the table has no such move.

    A new row may begin in any state, and the same state once more is no move. A conditional UPDATE
    is not seen here: it names the states it expects, and its row count is looked at.
    """

    def check(_row: object, after: State, before: Any, _initiator: object) -> None:
        known = isinstance(before, StrEnum) and before is not after
        if known and after not in moves[before]:
            raise ForbiddenMove(f"{attribute}: {before.value} cannot become {after.value}")

    event.listen(attribute, "set", check, active_history=True)
