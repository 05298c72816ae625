"""Guarded updates: a change names the state it expects, and somebody looks whether it happened."""

from typing import Any, cast

from sqlalchemy import CursorResult, Update
from sqlalchemy.orm import Session


def changed(session: Session, statement: Update) -> int:
    """Do a conditional UPDATE and return how many rows were as expected.

    Rows already in the session are not brought up to date: refresh the one that matters.
    """
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount
