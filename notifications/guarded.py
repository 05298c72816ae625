"""Guarded updates: a change names the state it expects, and somebody looks whether it happened."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Update
from sqlalchemy.orm import Session

from app.core.scope import ScopeMissing, scope_of


def changed(session: Session, statement: Update) -> int:
    """Do a conditional UPDATE and return how many rows were as expected.

    Rows already in the session are not brought up to date: refresh the one that matters.
    """
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def changed_each(session: Session, statement: Update, rows: Sequence[Mapping[str, object]]) -> int:
    """Do one conditional UPDATE for each of `rows`, its bound names filled in; return how many fit.

    One compiled statement for a whole block. The criteria of a scope are not put on it, so it is
    for the platform's work alone: raises `ScopeMissing` elsewhere.
    """
    if not scope_of(session).platform:
        raise ScopeMissing("rows are changed one by one only by the work of the platform")
    if not rows:
        return 0
    session.flush()
    return session.connection().execute(statement, rows).rowcount
