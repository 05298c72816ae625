"""`encompass callsheet …`: the encrypted file for hours in which the service is not there."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer, print_json, say, table

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def callsheet() -> None:
    """The call sheet on paper: a duty officer's key, and opening a file with it."""


@commands.command()
def keygen(
    name: Annotated[str, typer.Argument(help="FORCE.NAME, as in 99.duty.")],
    folder: Annotated[Path, typer.Option(help="Where to write the two files.")] = Path(),
    json: Json = False,
) -> None:
    """Make a key pair: NAME.key stays with its person, NAME.pem goes to the service.

    The private key is encrypted under the passphrase. Keep it off the service's hosts.

    Example: encompass callsheet keygen 99.duty --folder /media/key
    """
    from app.core.errors import Refused
    from app.core.paper import make_key

    private, public = (folder / f"{name}{suffix}" for suffix in (".key", ".pem"))
    if private.exists() or public.exists():
        raise Refused(f"{private} exists: keys are never overwritten.")
    # Asked for, never an option: whoever lists the processes would read it.
    passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    secret, open_half = make_key(passphrase)
    private.touch(mode=0o600)
    private.write_bytes(secret)
    public.write_bytes(open_half)
    answer(
        {"private": str(private), "public": str(public)},
        [f"Keep {private} with its person.", f"Put {public} into ENCOMPASS_CALL_SHEET_KEYS."],
        as_json=json,
    )


@commands.command("open")
def open_(
    file: Annotated[Path, typer.Argument(help="The sheet.", exists=True)],
    key: Annotated[Path, typer.Option(help="Your private key.", exists=True)],
    json: Json = False,
) -> None:
    """Show a sheet on the screen; needs no database and no service, and refuses after noon.

    Example: encompass callsheet open 99-2026-11-20.sheet --key 99.duty.key
    """
    import json as json_

    from app.core.clock import SystemClock, show_moment
    from app.core.paper import open_file

    now = SystemClock().now()
    passphrase = typer.prompt("Passphrase", hide_input=True, err=True)
    label, plain = open_file(file.read_bytes(), key.read_bytes(), passphrase, now=now)
    lines = json_.loads(plain)
    if json:
        print_json({"force": label.force, "written_at": label.written_at, "lines": lines})
        return
    say(f"Force {label.force}, as it stood on {show_moment(label.written_at)}.")
    say("Ask for the named person. Never say police, abuse or a child's name to anyone else.")
    say("No voicemail. Never on an incoming call: ring back the number below.")
    table(
        None, ("Due", "School", "Number", "Ask for", "Child", "Born", "Reference"),
        [_row(one) for one in lines],
    )  # fmt: skip


@commands.command()
def write(
    force: Annotated[str | None, typer.Option(metavar="CODE", help="Only this force.")] = None,
    json: Json = False,
) -> None:
    """Write the sheets that are due now, as the scheduler does from 6am to noon.

    Example: encompass callsheet write --force 99
    """
    from app.jobs import PIPELINE
    from app.jobs.runner import Runner

    with opening.service() as wiring:
        runner = Runner(wiring, PIPELINE, owner=opening.operator())
        done = runner.run_step("write_call_sheets", force=force)
    answer(
        {"written": done.done, "failed": done.failed},
        [f"{done.done} written, {done.failed} failed."], as_json=json,
    )  # fmt: skip


def _row(one: dict[str, object]) -> list[object]:
    from datetime import datetime

    from app.core.clock import show_time

    due = show_time(datetime.fromisoformat(str(one["due_at"])))
    reference = f"{one['reference']} / {one['child_ref']}"
    if one.get("going_home"):
        reference += ": going home, compulsory"
    if one["on_screen_only"]:
        return [due, "On the screen only", "", "", "", "", reference]
    asked = one["ask_for"]
    names = ", ".join(asked) if isinstance(asked, list) and asked else "the DSL or the head"
    return [
        due, one["place"], one["telephone"], names, one["child"], one["date_of_birth"], reference
    ]  # fmt: skip
