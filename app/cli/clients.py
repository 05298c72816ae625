"""`encompass clients …`: police systems that may push incidents."""

from typing import Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def clients() -> None:
    """Police systems that push incidents."""


@commands.command()
def add(
    force: Annotated[str, typer.Argument(help="The code of the force.")],
    name: Annotated[str, typer.Argument(help="What the system is called.")],
    json: Json = False,
) -> None:
    """Add a police system and print its client id and, this once, its secret.

    Example: encompass clients add 99 "Exampleshire control room"
    """
    from app.access.clients import add_client

    with opening.unit() as (session, wiring):
        client, secret = add_client(
            session, force=force, name=name, now=wiring.clock.now(), actor=opening.operator()
        )
    answer(
        {
            "force": force, "name": name,
            "client_id": str(client.id), "client_secret": secret,
        },
        [
            f"client_id     {client.id}",
            f"client_secret {secret}",
            "The secret is not kept in clear and cannot be shown again.",
        ],
        as_json=json,
    )  # fmt: skip
