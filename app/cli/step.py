"""`encompass step`: run one step of the pipeline now, for operators and support."""

from typing import Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer, plain


def step(
    name: Annotated[str, typer.Argument(help="The step's name.")],
    force: Annotated[str | None, typer.Option(metavar="CODE", help="Only this force.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="ISO", help="As if it were this time (London).")
    ] = None,
    json: Json = False,
) -> None:
    """Run one pipeline step now, under the same lock as the scheduler.

    Example: encompass step send_due --force 99
    """
    from app.access.forces import force_named
    from app.core.roles import require_for
    from app.jobs import PIPELINE
    from app.jobs.runner import Runner

    names = [step for step, _ in PIPELINE]
    if name not in names:
        raise typer.BadParameter(f"the steps are {', '.join(names)}", param_hint="NAME")
    now = opening.instant(at, "--at")
    with opening.service() as wiring:
        require_for(wiring.database.engine, jobs=True, production=wiring.settings.production)
        if force is not None:
            with wiring.database.read() as session:
                force_named(session, force)
        runner = Runner(wiring, PIPELINE, owner=opening.operator())
        done = runner.run_step(name, now=now, force=force)
    said = f"{name}: {done.done} done, {done.failed} failed."
    if done.skipped:
        said = f"{name}: another process is running it; try again in a minute."
    answer({"step": name, "result": plain(done)}, [said], as_json=json)
