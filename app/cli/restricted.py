"""`encompass force restricted-group`: who of a force sees its restricted incidents."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer
from app.core.clock import london_date

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.wiring import Wiring


def restricted_group(
    code: Annotated[str, typer.Argument(help="The force's code.")],
    emails: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EMAIL]…", help="Addresses of accounts; none: say who it is now."),
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="End it: nothing is closed.")] = False,
    json: Json = False,
) -> None:
    """Name the people who see incidents with an officer as suspect, in place of those before.

    At least a reviewer and somebody of the desk, and two with an entry among the officers and a
    proved address, so that the service can alert them. Nothing is closed to others until then.

    Example: encompass force restricted-group 99 desk@example.org reviewer@example.org
    """
    from app.access import accounts
    from app.access.forces import force_named
    from app.access.restricted import LEAST_ABLE, can_do_the_work, members_of, people_of

    if nobody and emails:
        raise typer.BadParameter("name people, or nobody", param_hint="--nobody")
    with opening.unit(dry_run=not (emails or nobody)) as (session, wiring):
        force_named(session, code)
        if emails or nobody:
            _name(session, wiring, code, emails or [])
        members, on = members_of(session, code), london_date(wiring.clock.now())
        group = [one for one in people_of(session, code, on=on) if one.member]
        names = accounts.names_of(session, wiring.cipher, members)
    able = {one.account_id for one in group if one.able}
    whole = can_do_the_work(group)
    lines = [
        f"{names[one]}: {'can act' if one in able else 'cannot sign in, or be alerted, yet'}"
        for one in sorted(members, key=lambda one: names[one])
    ]
    if len(able) < LEAST_ABLE:
        lines.append(
            f"{len(able)} of force {code} can act on a restricted incident: name two. "
            "Until then the force leads stand in, or nothing is closed."
        )
    elif not whole:
        lines.append("Name a reviewer and somebody of the desk: nothing is closed to others yet.")
    body = {"force": code, "members": len(members), "able": len(able), "closed": whole}
    answer(body, lines, as_json=json)


def _name(session: "Session", wiring: "Wiring", code: str, emails: list[str]) -> None:
    from app.access import accounts
    from app.access.restricted import set_group
    from app.core.errors import Refused

    found = [accounts.find(session, wiring.cipher, one) for one in emails]
    named = [one.id for one in found if one is not None]
    if len(named) < len(found):
        raise Refused("Not everybody has an account: `encompass accounts add` first.")
    set_group(session, force=code, accounts=named, now=wiring.clock.now(), actor=opening.operator())
