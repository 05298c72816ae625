"""`encompass data`: the list of every field that is stored, for a data protection assessment."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.output import Json, answer
from app.core.errors import Refused

if TYPE_CHECKING:
    from app.core.data_classes import DataClass

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"
_HEAD = """# What is stored

Every table and column of the schema, with the class that says how it is kept. Written by
`encompass data` from the schema and `app/core/data_classes.toml`; a column without a class fails
the build. Each controller decides on its own retention and law; these are the service's defaults.
"""


def data(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where the page is out of date.")
    ] = False,
    json: Json = False,
) -> None:
    """Write docs/data.md: every field that is stored, its class, law, recipients and retention.

    Example: encompass data --check
    """
    from app.core.data_classes import columns

    written = document()
    if check and (not PAGE.exists() or PAGE.read_text(encoding="utf-8") != written):
        raise Refused("docs/data.md is out of date: run `encompass data`.")
    if not check:
        PAGE.write_text(written, encoding="utf-8")
    tables = len({table for table, _ in columns()})
    answer(
        {"tables": tables, "columns": len(columns())},
        [f"{len(columns())} columns of {tables} tables; see docs/data.md."],
        as_json=json,
    )


def document() -> str:
    """Return the page."""
    from app.core.data_classes import classes

    parts = [_HEAD, "## Classes\n", *(_class(one) for one in classes().values()), "## Columns\n"]
    return "\n".join([*parts, *_tables()])


def _class(one: "DataClass") -> str:
    facts = {
        "Sealed": one.sealed, "In logs": "allowed" if one.logged else "never", "Kept": one.kept,
        "Erased": one.erased, "Controller": one.controller, "Law": one.regime, "Basis": one.basis,
        "Recipients": one.recipients,
    }  # fmt: skip
    lines = [f"- {name}: {fact}" for name, fact in facts.items()]
    return "\n".join([f"### {one.name}\n", f"{one.holds}.\n", *lines, ""])


def _tables() -> Iterator[str]:
    from app.core.data_classes import columns
    from app.tables import METADATA

    yield "| table | walled by force | class | columns |\n|---|---|---|---|"
    for name, table in sorted(METADATA.tables.items()):
        by_class: dict[str, list[str]] = {}
        for column in table.columns:
            by_class.setdefault(columns()[name, column.name].name, []).append(column.name)
        for kind, held in by_class.items():
            tenant = "yes" if table.info.get("tenant") else "no"
            yield f"| {name} | {tenant} | {kind} | {', '.join(held)} |"
    yield ""
