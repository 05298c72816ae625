"""`encompass keys …`: the master keys, which live in a file and nowhere else."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer, progress

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

    Where a key service is set up, the file is sealed by it. Keep a copy apart from the database's
    backup: without the keys nothing sealed can be read.

    Example: encompass keys init --file /etc/encompass/keys.json
    """
    from app.core.key_file import Keys
    from app.core.key_service import service_from

    made = Keys.generate()
    if file is not None and "ENCOMPASS_KEY_SERVICE_URL" not in os.environ:
        # Also before anything else is set up.
        path = file
        made.save(path)
    else:
        settings = opening.settings()
        path = file or settings.key_path
        made.save(path, service_from(settings))
    answer(
        {"file": str(path), "active": made.active},
        [f"Keys are in {path}.", "Copy the file to a second safe place now."],
        as_json=json,
    )


@commands.command()
def add(json: Json = False) -> None:
    """Put a second master key into the file; nothing is under it before `keys rotate`.

    Bring the file to every host, and to where its copy is kept, before you go on: a host without
    it could not read what the others write. Running processes read it again by themselves.

    Example: encompass keys add
    """
    from app.core import rotation
    from app.core.key_service import service_from

    with opening.service() as wiring:
        path, service = wiring.settings.key_path, service_from(wiring.settings)
        keys = rotation.add_key(
            wiring.database, path, service, now=wiring.clock.now(), actor=opening.operator()
        )
    answer(
        {"file": str(path), "active": keys.active, "next": keys.newest},
        [f"{keys.newest} is in {path}.", "Copy the file to every host, then `keys rotate`."],
        as_json=json,
    )


@commands.command()
def rotate(json: Json = False) -> None:
    """Turn to the newest master key and move everything to it, while the service goes on.

    In short steps: it may be stopped at any time and run again. Exit 1 where rows are left.

    Example: encompass keys rotate
    """
    from app.core import rotation
    from app.core.cipher import Cipher
    from app.core.key_service import service_from

    with opening.service() as wiring:
        now, actor, base = wiring.clock.now(), opening.operator(), wiring.database
        path, service = wiring.settings.key_path, service_from(wiring.settings)
        keys = rotation.turn(base, path, service, now=now, actor=actor)
        # With what was just written, not with what the file says when it is asked again.
        cipher = Cipher(keys)
        with progress("Moving to the new key", shown=not json) as said:
            moved = rotation.move_all(base, cipher, said)
        rotation.note_moved(base, moved, now=wiring.clock.now(), actor=actor)
        left = rotation.left_behind(base, cipher)
    lines = [f"{keys.active} is in use; moved {sum(moved.values()):,} rows."]
    lines += [
        f"{count:,} rows of {name} do not open, and are left." for name, count in left.items()
    ]
    answer({"active": keys.active, "moved": moved, "left": left}, lines, as_json=json)
    if left:
        raise typer.Exit(1)


@commands.command()
def retire(json: Json = False) -> None:
    """Take the old master key out of the file, a day after the last row was moved.

    Refused while a row is under it. Backups made before still need it: keep it with them, and
    destroy it when the last of them is gone. Bring the file to every host.

    Example: encompass keys retire
    """
    from app.core import rotation
    from app.core.key_service import service_from

    with opening.service() as wiring:
        path, service = wiring.settings.key_path, service_from(wiring.settings)
        name = rotation.retire(
            wiring.database, wiring.cipher, path, service,
            now=wiring.clock.now(), actor=opening.operator(),
        )  # fmt: skip
    answer({"file": str(path), "retired": name}, [f"{name} is no longer in {path}."], as_json=json)


@commands.command()
def seal(
    opened: Annotated[
        bool, typer.Option("--open", help="The way back: a plain file, to leave a key service.")
    ] = False,
    json: Json = False,
) -> None:
    """Seal the key file in its place by the key service, so that by itself it opens nothing.

    Sealed already, it is sealed anew under the newest version of the service's key. The file is
    replaced whole, and only by what the service has shown that it opens. Bring it to every host;
    processes that run follow. What was there before is in older backups of the host.

    Example: encompass keys seal
    """
    from app.core import rotation
    from app.core.errors import Refused
    from app.core.key_file import seal_file
    from app.core.key_service import service_from

    settings = opening.settings()
    path, service = settings.key_path, service_from(settings)
    if service is None:
        raise Refused("There is no key service: set ENCOMPASS_KEY_SERVICE_URL first.")
    was_plain = not opened and seal_file(path, service)
    with opening.service(settings) as wiring:
        now, actor, base = wiring.clock.now(), opening.operator(), wiring.database
        if opened:
            rotation.open_file(base, path, service, now=now, actor=actor)
        else:
            rotation.note_sealed(base, now=now, actor=actor)
    lines = [f"{path} is sealed by {service.said}."]
    if opened:
        lines = [
            f"{path} is plain: whoever reads it has the keys.",
            "Unset ENCOMPASS_KEY_SERVICE_URL.",
        ]
    elif was_plain:
        lines.append("Destroy its plain copies and backups, or change the master key: keys add.")
    answer({"file": str(path), "sealed": not opened}, lines, as_json=json)
