"""`encompass force policy`: what a force decided, shown as JSON and changed from a file."""

import json as json_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.cli import opening
from app.cli.output import Json, answer, print_json
from app.core.errors import FieldError, Invalid
from app.core.policy import Policy

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.wiring import Wiring


ApprovedBy = Annotated[
    str | None, typer.Option("--approved-by", metavar="NAME", help="Who approved it.")
]
ProposedBy = Annotated[
    str | None,
    typer.Option("--proposed-by", metavar="EMAIL", help="Who proposed it, where two decide."),
]
CheckOnly = Annotated[bool, typer.Option("--check", help="Only say whether it can be followed.")]


def policy(
    code: Annotated[str, typer.Argument(help="The force's code.")],
    file: Annotated[
        Path | None,
        typer.Argument(help="What is to differ from the scheme's default, as JSON.", exists=True),
    ] = None,
    approved_by: ApprovedBy = None,
    proposed_by: ProposedBy = None,
    check: CheckOnly = False,
    json: Json = False,
) -> None:
    """Print the policy of a force, or store the next version of it from a file.

    A version is never edited; a run that has begun keeps the one it began under. A policy that
    nobody could follow is refused: steps out of order, or ones that need people who are not there.
    Two people decide what changes the matching, or which children are left out: both are named by
    the address they sign in with, and a lead approves what somebody else of the force proposes.
    With --check nothing is stored.

    Example: encompass force policy 99 policy.json --approved-by "The DPO, 1 October 2026"
    """
    from app.access.forces import force_named
    from app.casework.deciding_policy import decide
    from app.core.policies import current_policy

    body, version = read(file) if file else None, 0
    store = file is not None and not check
    if store:
        _require_name(approved_by)
    with opening.unit(dry_run=not store) as (session, wiring):
        now = wiring.clock.now()
        force_named(session, code)
        if body is None:
            # Read only where it is asked for: one that cannot be read must not bar its correction.
            version, body = current_policy(session, code, at=now)
        if store or check:
            _refuse_what_nobody_follows(session, wiring, code, body)
        if store:
            version = decide(
                session, wiring.cipher, code, body=body, approved_by=approved_by or "",
                proposed_by=proposed_by, now=now,
            )  # fmt: skip
    if store:
        said = [f"Version {version} of the policy of force {code} holds from now on."]
        answer({"force": code, "version": version}, said, as_json=json)
    elif check:
        answer({"force": code, "wrong": []}, ["This policy can be followed."], as_json=json)
    else:
        print_json({"force": code, "version": version, "body": body.model_dump(mode="json")})


def _require_name(approved_by: str | None) -> None:
    if not 1 <= len((approved_by or "").strip()) <= 100:
        raise typer.BadParameter("say who approved it, briefly", param_hint="--approved-by")


def _refuse_what_nobody_follows(
    session: "Session", wiring: "Wiring", code: str, body: Policy
) -> None:
    from app.core.clock import london_date
    from app.reports.readiness import unfollowable

    on = london_date(wiring.clock.now())
    if wrong := unfollowable(session, wiring.cipher, force=code, on=on, policy=body):
        raise Invalid("Nobody could follow this policy: correct what is named.", wrong)


def read(path: Path) -> Policy:
    """Return the policy in a file; raise `Invalid` with each place that is wrong."""
    try:
        return Policy.model_validate(json_.loads(path.read_text(encoding="utf-8")))
    except ValidationError as problem:
        wrong = [
            FieldError(
                ".".join(str(part) for part in item["loc"]), item["type"],
                item["msg"].removeprefix("Value error, "),
            )
            for item in problem.errors(include_input=False, include_url=False)
        ]  # fmt: skip
        raise Invalid("This policy cannot be: correct the file.", wrong) from None
    except ValueError:
        raise Invalid("The file is not JSON: write it as one object.") from None
