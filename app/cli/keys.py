"""`encompass keys …`: the master keys, which live in a file and nowhere else."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def keys() -> None:
    """The master keys."""


@commands.command()
def init(
    file: Annotated[
        Path | None, typer.Option(help="Where to write them; otherwise ENCOMPASS_KEYS_FILE.")
    ] = None,
    json: Json = False,
) -> None:
    """Make fresh keys in a file that only its owner can read; an existing file is never touched.

    Keep a copy apart from the database's backup: without the keys nothing sealed can be read.

    Example: encompass keys init --file /etc/encompass/keys.json
    """
    from app.core.cipher import Keys

    path = file or opening.settings().key_path
    made = Keys.generate()
    made.save(path)
    answer(
        {"file": str(path), "active": made.active},
        [f"Keys are in {path}.", "Copy the file to a second safe place now."],
        as_json=json,
    )
