"""What a command prints: one JSON object with `--json`, else a few lines or a table."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

CONSOLE = Console(highlight=False)
ERRORS = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def say(text: str) -> None:
    """Print a line as it is: no markup, no wrapping, so that it can be copied."""
    CONSOLE.print(text, markup=False, soft_wrap=True)


def print_json(body: object) -> None:
    """Print one JSON object, with times as ISO 8601 and enumerations as their values."""
    print(json.dumps(body, default=_plain, ensure_ascii=False, indent=1))


def answer(body: Mapping[str, object], lines: Sequence[str], *, as_json: bool) -> None:
    """Print the object, or the lines that say the same to a person."""
    if as_json:
        print_json(body)
    else:
        for line in lines:
            say(line)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a plain table."""
    drawn = Table(title=title, title_justify="left", header_style="bold")
    for place, column in enumerate(columns):
        # The first column names the row: it is never shortened, the others break their lines.
        drawn.add_column(column, no_wrap=place == 0, overflow="fold")
    for row in rows:
        drawn.add_row(*("" if cell is None else str(cell) for cell in row))
    CONSOLE.print(drawn, markup=False)


@contextmanager
def progress(title: str, *, shown: bool) -> Iterator[Callable[[int], None] | None]:
    """Yield a function to be told how many more rows are done; drawn on stderr while it runs."""
    if not (shown and ERRORS.is_terminal):
        yield None
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
        TextColumn("{task.completed:,} rows"), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=ERRORS, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done: bar.advance(task, done)


def plain(value: object) -> Any:
    """Return a dataclass or enumeration as what JSON can hold."""
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID | Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value) if isinstance(value, set | frozenset) else list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
