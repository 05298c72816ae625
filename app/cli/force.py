"""`encompass force …`: the police forces, each a tenant and data controller."""

from typing import Annotated

import typer

from app.cli import going_live, opening, policy, restricted, wording
from app.cli.output import Json, answer

commands = typer.Typer(no_args_is_help=True)
commands.command()(policy.policy)
commands.command("go-live")(going_live.go_live)
commands.command("wording")(wording.of_force)
commands.command("restricted-group")(restricted.restricted_group)


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
    from notifications.approving import approve, owner_of
    from notifications.states import WordingKind
    from notifications.wording import newest

    with opening.unit() as (session, wiring):
        now, operator = wiring.clock.now(), opening.operator()
        add_force(session, code=code, name=name, now=now, actor=operator)
        shipped = newest(WordingKind.NOTICE)
        approve(
            session, owner_of(code), version=shipped, approved_by=operator, now=now, actor=operator
        )
    answer(
        {"force": code, "name": name},
        [
            f"Force {code} added.",
            f'Next: encompass clients add {code} "Its system" --test',
            f"Then:  encompass force area {code} COUNCIL…   (whose schools it tells)",
            f"       encompass force policy {code} policy.json   (at least the desk's telephone)",
            f"       encompass accounts add … --role force_desk --force {code} (reviewer, lead)",
            f"       encompass officers add force:{code} duty_officer …   (and a stand-in)",
            f"       encompass force restricted-group {code} EMAIL EMAIL",
            "Last:  encompass check says what is still missing, and",
            f"       encompass force go-live {code} FILE lets live systems push.",
        ],
        as_json=json,
    )


@commands.command()
def area(
    code: Annotated[str, typer.Argument(help="The force's code.")],
    councils: Annotated[
        list[str], typer.Argument(metavar="COUNCIL…", help="Three-digit codes of councils.")
    ],
    json: Json = False,
) -> None:
    """Say which councils' areas a force polices, in place of what was said before.

    Its lead then sees those councils' schools, and its mail carries their invitations.

    Example: encompass force area 99 998 999
    """
    from app.access.forces import set_area

    with opening.unit() as (session, wiring):
        held = set_area(
            session, code=code, councils=councils, now=wiring.clock.now(),
            actor=opening.operator(),
        )  # fmt: skip
    answer(
        {"force": code, "councils": sorted(held)},
        [f"Force {code} polices: {', '.join(sorted(held))}."],
        as_json=json,
    )
