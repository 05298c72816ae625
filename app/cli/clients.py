"""`encompass clients …`: police systems that may push incidents."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from app.cli import opening
from app.cli.output import Json, answer, print_json, table
from app.core.clock import show_moment

if TYPE_CHECKING:
    from app.access.clients import ClientScope
    from app.access.models import ClientCredential, PoliceClient

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def clients() -> None:
    """Police systems that push incidents."""


Client = Annotated[UUID, typer.Argument(help="The client id.")]
KeyFile = Annotated[
    Path, typer.Argument(help="Its public key on P-256 or Ed25519, as PEM or JWK.", exists=True)
]


@commands.command()
def add(
    force: Annotated[str, typer.Argument(help="The code of the force.")],
    name: Annotated[str, typer.Argument(help="What the system is called.")],
    key: Annotated[
        Path | None,
        typer.Option(help="The public key it signs in with, in place of a secret.", exists=True),
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Nothing it pushes is ever told to a school; for life.")
    ] = False,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="incidents:write (without it: this alone) or incidents:read; repeat."),
    ] = None,
    json: Json = False,
) -> None:
    """Add a police system and print its client id and, this once, its secret.

    With --key it has no secret: it signs a client assertion with its own key (private_key_jwt).
    It may push, close its night and withdraw; to read back it needs --scope incidents:write and
    --scope incidents:read. With --test nobody is told; a live system needs a live force.

    Example: encompass clients add 99 "Exampleshire control room"
    """
    from app.access import credentials
    from app.access.clients import LEAST_SCOPES, add_system
    from app.access.forces import require_live
    from app.access.models import ClientKind

    public_key = credentials.read_key(key.read_bytes()) if key else None
    secret, scopes = None, _scopes(scope) if scope else LEAST_SCOPES
    with opening.unit() as (session, wiring):
        actor, now = opening.operator(), wiring.clock.now()
        if not test:
            require_live(session, force)
        client = add_system(
            session, force=force, name=name, actor=actor, now=now, scopes=scopes,
            kind=ClientKind.TEST if test else ClientKind.LIVE,
        )  # fmt: skip
        if public_key is not None:
            added = credentials.add_key(session, client, public_key, actor=actor, now=now)
        else:
            added, secret = credentials.add_secret(session, client, actor=actor, now=now)
    answer(
        {
            "force": force, "name": name, "system": client.kind.value,
            "scopes": client.scopes.split(), **_shown(client, added, secret),
        },
        _lines(client, added, secret), as_json=json,
    )  # fmt: skip


@commands.command()
def change(
    client_id: Client,
    scope: Annotated[
        list[str] | None, typer.Option(help="incidents:write or incidents:read; repeat for both.")
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option("--from", help="A network it may call from, as CIDR; repeat for more."),
    ] = None,
    anywhere: Annotated[bool, typer.Option("--anywhere", help="From any address again.")] = False,
    push_limit: Annotated[
        int | None, typer.Option(help="Single pushes a minute; 0 is the usual limit.")
    ] = None,
    batch_limit: Annotated[int | None, typer.Option(help="Batches a minute.")] = None,
    read_limit: Annotated[int | None, typer.Option(help="Reading calls a minute.")] = None,
    json: Json = False,
) -> None:
    """Change what a system may do, from its next request on; what is not named stays.

    A push that a limit or an address turns away is a child nobody is told of until it is sent
    again: the desk's board and the watchdog say so.

    Example: encompass clients change 0b6f1f0e-4c7d-4a5b-9c2d-1e0f9a8b7c6d --from 192.0.2.0/24
    """
    from app.access.clients import Change, change_client, known_client
    from app.access.models import Door
    from app.core.errors import Refused

    if network and anywhere:
        raise Refused("Say --from or --anywhere, not both.")
    limits = {Door.PUSH: push_limit, Door.BATCH: batch_limit, Door.READ: read_limit}
    wanted = Change(
        scopes=None if scope is None else _scopes(scope),
        networks=[] if anywhere else network,
        limits={door: limit for door, limit in limits.items() if limit is not None},
    )
    if wanted == Change(limits={}):
        raise Refused("Say what to change: `encompass clients change --help` lists it.")
    with opening.unit() as (session, wiring):
        client = known_client(session, client_id)
        change_client(session, client, wanted, actor=opening.operator(), now=wiring.clock.now())
        may = _may(client)
    answer(
        {"client_id": str(client_id), **may},
        [f"{name.replace('_', ' '):14}{_plain(value)}" for name, value in may.items()],
        as_json=json,
    )  # fmt: skip


def _scopes(given: list[str]) -> "frozenset[ClientScope]":
    from app.access.clients import ClientScope

    try:
        return frozenset(ClientScope(one) for one in given)
    except ValueError:
        raise typer.BadParameter(
            "a scope is incidents:write or incidents:read", param_hint="--scope"
        ) from None


def _may(client: "PoliceClient") -> dict[str, object]:
    from app.access.limits import limit_of
    from app.access.models import Door

    doors = (Door.PUSH, Door.BATCH, Door.READ)
    return {
        "system": client.kind.value, "scopes": client.scopes.split(),
        "networks": client.networks or [],
        **{f"{door.value}_limit": limit_of(client, door) for door in doors},
    }  # fmt: skip


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "any"
    return str(value)


@commands.command("new-secret")
def new_secret(client_id: Client, json: Json = False) -> None:
    """Give a system a second secret, so that it can change without a gap; print it, this once.

    Example: encompass clients new-secret 0b6f1f0e-4c7d-4a5b-9c2d-1e0f9a8b7c6d
    """
    from app.access import credentials
    from app.access.clients import known_client

    with opening.unit() as (session, wiring):
        client = known_client(session, client_id)
        added, secret = credentials.add_secret(
            session, client, actor=opening.operator(), now=wiring.clock.now()
        )
    answer(_shown(client, added, secret), _lines(client, added, secret), as_json=json)


@commands.command("add-key")
def add_key(client_id: Client, file: KeyFile, json: Json = False) -> None:
    """Let a system sign in with a key of its own (ES256 or EdDSA); only its public half is kept.

    Example: encompass clients add-key 0b6f1f0e-4c7d-4a5b-9c2d-1e0f9a8b7c6d public.pem
    """
    from app.access import credentials
    from app.access.clients import known_client

    public_key = credentials.read_key(file.read_bytes())
    with opening.unit() as (session, wiring):
        client = known_client(session, client_id)
        added = credentials.add_key(
            session, client, public_key, actor=opening.operator(), now=wiring.clock.now()
        )
    answer(_shown(client, added, None), _lines(client, added, None), as_json=json)


@commands.command()
def revoke(
    client_id: Client,
    credential: Annotated[
        UUID | None, typer.Option(help="End this way to sign in alone, not the system.")
    ] = None,
    json: Json = False,
) -> None:
    """End a system at its next request, or one of its ways to sign in.

    Example: encompass clients revoke 0b6f1f0e-4c7d-4a5b-9c2d-1e0f9a8b7c6d
    """
    from app.access import clients, credentials

    with opening.unit() as (session, wiring):
        actor, now = opening.operator(), wiring.clock.now()
        if credential is None:
            clients.revoke_client(session, client_id, actor=actor, now=now)
        else:
            client = clients.known_client(session, client_id)
            credentials.revoke(session, client, credential, actor=actor, now=now)
    answer({"client_id": str(client_id), "revoked": True}, ["Revoked."], as_json=json)


@commands.command("list")
def list_(
    force: Annotated[str | None, typer.Option(help="Only the systems of this force.")] = None,
    json: Json = False,
) -> None:
    """List the systems with their ways to sign in, and when each was used last.

    Example: encompass clients list --force 99
    """
    from app.access import credentials
    from app.access.clients import live_clients

    with opening.unit() as (session, _):
        rows = [
            (client, one)
            for client in live_clients(session, force=force)
            for one in credentials.live(session, client.id) or (None,)
        ]
    if json:
        print_json([_row(client, one) for client, one in rows])
        return
    columns = (
        "Client id",
        "Force",
        "System",
        "For",
        "Signs in by",
        "Credential",
        "Added",
        "Last used",
    )
    table(None, columns, [_cells(client, one) for client, one in rows])


def _shown(
    client: "PoliceClient", added: "ClientCredential", secret: str | None
) -> dict[str, object]:
    shown = {"client_id": str(client.id), "credential_id": str(added.id)}
    return shown | ({"client_secret": secret} if secret else {"key_id": added.key_id})


def _lines(client: "PoliceClient", added: "ClientCredential", secret: str | None) -> list[str]:
    lines = [f"client_id     {client.id}"]
    if secret is None:
        return [*lines, f"key_id        {added.key_id}"]
    return [
        *lines,
        f"client_secret {secret}",
        "The secret is not kept in clear and cannot be shown again.",
    ]


def _row(client: "PoliceClient", one: "ClientCredential | None") -> dict[str, object]:
    row: dict[str, object] = {
        "client_id": client.id, "force": client.force, "name": client.name, **_may(client),
    }  # fmt: skip
    if one is None:
        return row
    return row | {
        "credential_id": one.id, "kind": one.kind, "key_id": one.key_id,
        "added_at": one.added_at, "last_used_at": one.last_used_at,
    }  # fmt: skip


def _cells(client: "PoliceClient", one: "ClientCredential | None") -> tuple[object, ...]:
    if one is None:
        return (*_named(client), "nothing", None, None, None)
    used = "never" if one.last_used_at is None else show_moment(one.last_used_at)
    return (*_named(client), one.kind, one.id, show_moment(one.added_at), used)


def _named(client: "PoliceClient") -> tuple[object, ...]:
    return (client.id, client.force, client.name, client.kind.value)
