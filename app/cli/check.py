"""`encompass check`: what would go wrong tonight, before it does."""

import typer

from app.cli import opening
from app.cli.output import CONSOLE, Json, plain, print_json

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def check(json: Json = False) -> None:
    """Look at configuration, clock, keys, database, schema, mail, register, people and disk.

    Each line says ok, warn or fail and what to do; exit 1 when one fails.

    Example: encompass check
    """
    from app.cli.checks import lines_of
    from app.cli.force_checks import State

    found = lines_of(opening.settings())
    failed = any(line.state is State.FAIL for line in found)
    if json:
        print_json({"ok": not failed, "lines": plain(found)})
    else:
        for line in found:
            _show(line.state.value, line.name, line.text)
    if failed:
        raise typer.Exit(1)


def _show(state: str, name: str, text: str) -> None:
    CONSOLE.print(f"[{_COLOURS[state]}]{state:<4}[/]", end=" ")
    CONSOLE.print(f"{name:<14} {text}", markup=False, soft_wrap=True)
