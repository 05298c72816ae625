"""`encompass accounts …`: people who sign in, each with a role in one relation."""

from typing import Annotated

import typer

from app.access.permissions import Role
from app.cli import opening
from app.cli.output import Json, answer

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def accounts() -> None:
    """People who sign in."""


@commands.command()
def add(
    email: Annotated[str, typer.Argument(help="The address the person signs in with.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    name: Annotated[
        str, typer.Option(help="The person's name, as schools and forces see it.")
    ] = "",
    urn: Annotated[int | None, typer.Option(help="The school, for a key adult.")] = None,
    force: Annotated[str | None, typer.Option(metavar="CODE", help="The force.")] = None,
    council: Annotated[str | None, typer.Option(metavar="CODE", help="The council.")] = None,
    json: Json = False,
) -> None:
    """Invite a person and print the one-time link that sets password and authenticator.

    A person who has an account already gets the further role, and no new link.

    Example: encompass accounts add desk@force.example.org --role force_desk --force 99
    """
    if sum(value is not None for value in (urn, force, council)) > 1:
        raise typer.BadParameter("give one of --urn, --force and --council")
    from app.access.accounts import add_account

    with opening.unit() as (session, wiring):
        account, token = add_account(
            session, wiring.cipher, email=email, name=name or email.partition("@")[0],
            role=role, urn=urn, force=force, council=council, now=wiring.clock.now(),
            actor=opening.operator(),
        )  # fmt: skip
    link = f"{wiring.settings.base_url.rstrip('/')}/enrol/{token}" if token else None
    lines = ["The account has the further role."]
    if link:
        lines = [f"Enrolment link (works once): {link}"]
    answer({"account_id": str(account.id), "role": role, "link": link}, lines, as_json=json)
