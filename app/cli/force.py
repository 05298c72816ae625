"""`encompass force …`: the police forces, each a tenant and data controller."""

from typing import Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def force() -> None:
    """Police forces."""


@commands.command()
def add(
    code: Annotated[str, typer.Argument(help="Its short code, as in its references.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    json: Json = False,
) -> None:
    """Add a police force, under the scheme's default policy.

    Example: encompass force add 99 "Exampleshire Police"
    """
    from app.access.forces import add_force

    with opening.unit() as (session, wiring):
        add_force(
            session, code=code, name=name, now=wiring.clock.now(), actor=opening.operator()
        )  # fmt: skip
    answer(
        {"force": code, "name": name},
        [
            f"Force {code} added.",
            f'Next: encompass clients add {code} "Control room"',
            f"Then:  encompass accounts add … --role force_desk --force {code} (reviewer, lead)",
        ],
        as_json=json,
    )
