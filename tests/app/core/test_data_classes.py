"""Every column that is stored has a class, and what the class says of it is so."""

import pytest
from sqlalchemy import LargeBinary

from app.cli import data
from app.core.data_classes import classes, columns
from app.core.errors import Refused
from app.core.logs import ALLOWED_FIELDS
from app.tables import METADATA

SCHEMA = {
    (table.name, column.name): column
    for table in METADATA.sorted_tables
    for column in table.columns
}
# Fields of a log line whose name is also a column's, and what stands in them there.
LOG_WORDS = {
    "force": "the code of a force, which only the class of the trail keeps back",
    "request_id": "a random id, kept in the trail so that a log line can be found",
    "event": "the words of the log line itself",
    "state": "a state's name, no row's",
    "code": "a fixed code of ours, no answer of a person",
}


def test_every_column_has_one_class_and_no_class_a_column_that_is_gone() -> None:
    undeclared = sorted(f"{table}.{column}" for table, column in SCHEMA.keys() - columns().keys())
    assert not undeclared, "give each a class in app/core/data_classes.toml"
    assert not columns().keys() - SCHEMA.keys()
    assert {one.name for one in columns().values()} == set(classes())


def test_what_is_sealed_is_declared_so_and_nothing_else_is() -> None:
    for (table, name), column in SCHEMA.items():
        kind = columns()[table, name]
        of_register = kind.sealed == "register" or (
            kind.name == "credential" and name.startswith("sealed")
        )
        assert of_register is ("place" in column.info), f"{table}.{name}"
        assert (kind.sealed == "incident") <= name.startswith("sealed"), f"{table}.{name}"
        if name.startswith("sealed"):
            assert kind.sealed != "no", f"{table}.{name}"
            assert isinstance(column.type, LargeBinary), f"{table}.{name}"


def test_a_log_line_has_no_field_for_what_may_not_be_logged() -> None:
    unloggable = {name for (_, name), kind in columns().items() if not kind.logged}
    assert unloggable & ALLOWED_FIELDS == set(LOG_WORDS)


def test_the_page_of_stored_fields_is_current() -> None:
    assert data.PAGE.read_text(encoding="utf-8") == data.document(), "run `encompass data`"


def test_an_old_page_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = tmp_path_factory.mktemp("docs") / "data.md"
    monkeypatch.setattr(data, "PAGE", page)
    with pytest.raises(Refused, match="out of date"):
        data.data(check=True)
    data.data()
    data.data(check=True)
    assert "| incident | yes | content | sealed |" in page.read_text(encoding="utf-8")
