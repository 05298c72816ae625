"""`encompass accounts …`: people who sign in, each with a role in one relation."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from app.access.permissions import Role
from app.cli import opening
from app.cli.output import Json, answer
from app.core.errors import Refused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.access.models import Account
    from app.wiring import Wiring

commands = typer.Typer(no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The address the person signs in with.")]


@commands.callback()
def accounts() -> None:
    """People who sign in."""


@commands.command()
def add(
    email: Email,
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

    A person who is enrolled already gets the further role, and no new link; one who is not gets a
    fresh link, and the old one dies.

    Example: encompass accounts add desk@force.example.org --role force_desk --force 99
    """
    _check(email, role, urn=urn, force=force, council=council)
    from app.access.accounts import add_account
    from app.access.forces import force_named
    from schools.queries import establishment

    with opening.unit() as (session, wiring):
        if force is not None:
            force_named(session, force)
        if urn is not None and establishment(session, urn) is None:
            raise Refused("No school in the register has this URN: import the register first.")
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


@commands.command("new-link")
def new_link(
    email: Email,
    made_sure: Annotated[
        bool, typer.Option("--made-sure", help="You have seen or rung them, and know who asks.")
    ] = False,
    json: Json = False,
) -> None:
    """Print a one-time link for somebody who cannot get in any more.

    When it is used the old password, codes, passkeys and browsers stop working; until then nothing
    changes. Make sure who asks, by a number or a face that you know: a mailbox proves nobody.

    Example: encompass accounts new-link desk@force.example.org --made-sure
    """
    if not made_sure:
        raise Refused("Make sure who asks, then say so: --made-sure.")
    from app.access.accounts import begin_anew

    with opening.unit() as (session, wiring):
        account = _known(session, wiring, email)
        token = begin_anew(
            session, wiring.cipher, account, now=wiring.clock.now(), actor=opening.operator()
        )
    link = f"{wiring.settings.base_url.rstrip('/')}/enrol/{token}"
    lines = [f"Enrolment link (works once): {link}"]
    answer({"account_id": str(account.id), "link": link}, lines, as_json=json)


@commands.command()
def disable(email: Email, json: Json = False) -> None:
    """Shut somebody out on their next request: no sign-in, no session, no link.

    Example: encompass accounts disable desk@force.example.org
    """
    from app.access.accounts import disable as shut_out

    with opening.unit() as (session, wiring):
        account = _known(session, wiring, email)
        shut_out(session, account.id, now=wiring.clock.now(), actor=opening.operator())
    answer({"account_id": str(account.id), "disabled": True}, ["Shut out."], as_json=json)


@commands.command("sign-out")
def sign_out(
    email: Annotated[
        str | None, typer.Argument(help="The address the person signs in with.")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="All people, after an incident.")
    ] = False,
    json: Json = False,
) -> None:
    """End every session of one person, or of everybody, on their next request.

    They sign in again as before. Where a password or a telephone may be in other hands, use
    `encompass accounts disable` or `new-link` as well.

    Example: encompass accounts sign-out desk@force.example.org
    """
    if (email is None) is not everybody:
        raise typer.BadParameter("name one person's address, or say --everybody")
    from app.access import accounts

    with opening.unit() as (session, wiring):
        account = None if email is None else _known(session, wiring, email)
        ended = accounts.sign_out(
            session, account.id if account else None, now=wiring.clock.now(),
            actor=opening.operator(),
        )  # fmt: skip
    whose = {"account_id": str(account.id)} if account else {"everybody": True}
    answer(whose | {"sessions_ended": ended}, [f"Sessions ended: {ended}."], as_json=json)


def _known(session: "Session", wiring: "Wiring", email: str) -> "Account":
    from app.access.accounts import find

    account = find(session, wiring.cipher, email)
    if account is None:
        raise Refused("Nobody has this address: check it, or `encompass accounts add` them.")
    return account


# Which relation each role needs; the platform's people have none.
_RELATION = {
    Role.KEY_ADULT: {"--urn"},
    Role.COUNCIL_OFFICER: {"--council"},
    Role.FORCE_DESK: {"--force"},
    Role.REVIEWER: {"--force"},
    Role.LEAD: {"--force", "--council"},
    Role.AUDITOR: {"--force"},
    Role.REGISTER_ADMIN: {"--force", "--council", ""},
    Role.PLATFORM_ADMIN: {""},
}


def _check(
    email: str, role: Role, *, urn: int | None, force: str | None, council: str | None
) -> None:
    """Refuse an address that is none, and a role in a relation where it could do nothing."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise typer.BadParameter("give an e-mail address such as desk@force.example.org")
    if council is not None and not re.fullmatch(r"[0-9]{3}", council):
        raise typer.BadParameter("--council is a council's three-digit code, such as 999")
    given = {"--urn": urn, "--force": force, "--council": council}
    named = [option for option, value in given.items() if value is not None]
    needed = _RELATION[role]
    if len(named) > 1 or (named[0] if named else "") not in needed:
        words = " or ".join(sorted(option or "no relation" for option in needed))
        raise typer.BadParameter(f"the role {role.value} needs {words}")
