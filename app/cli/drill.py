"""`encompass drill …`: schools are asked whether messages reach them, with no child behind it."""

from typing import Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def drill() -> None:
    """Drills."""


@commands.command()
def begin(
    force: Annotated[str, typer.Option(metavar="CODE", help="The force whose mail is used.")],
    council: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this council's schools.")
    ] = None,
    json: Json = False,
) -> None:
    """Ask every school of a force's area, or of one council, to answer within seven days.

    Each is asked between 10:00 and 14:30 on one of its own school days, behind all real messages.

    Example: encompass drill begin --force 99 --council 999
    """
    from app.access.forces import councils_of
    from app.core import audit
    from app.core.errors import Refused
    from schools import drills
    from schools.queries import places_of_councils

    with opening.unit() as (session, wiring):
        now = wiring.clock.now()
        area = councils_of(session, force)
        if not area or (council is not None and council not in area):
            raise Refused(
                "This force does not police there: `encompass force area` says where it does."
            )
        places = places_of_councils(session, frozenset({council}) if council else area)
        begun = drills.begin(
            session, force=force, schools=places, council=council, actor=opening.operator(),
            now=now,
        )  # fmt: skip
        audit.record(
            session, event=audit.Event.DRILL_BEGUN, actor=opening.operator(), force=force,
            subject=f"drill:{begun.id}", now=now,
        )  # fmt: skip
        made = {"drill": str(begun.id), "schools": len(places), "ends_at": begun.ends_at}
    answer(
        made,
        [f"Drill of {len(places):,} schools begun; open for seven days.",
         "Results: on the page /reports/drills."],
        as_json=json,
    )  # fmt: skip
