"""`encompass force go-live`: a force's own records tried, and what is missing before it is live."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import opening
from app.cli.output import Json, answer

if TYPE_CHECKING:
    from app.intake.payload import IncidentMessage
    from app.reports.going_live import MatchingTrial, Reached

_LARGEST = 64 * 1024 * 1024
# Wrong records that are named; a system that writes one wrongly writes many so.
_NAMED = 20
_SAID = {
    "children": "children of its records who need somebody",
    "matched": "of them found without a person",
    "ready": "of its schools could receive tomorrow",
    "drilled": "of its schools answered a drill lately",
    "cover": "its own people and its area",
}


def go_live(
    code: Annotated[str, typer.Argument(help="The force's code.")],
    records: Annotated[
        Path,
        typer.Argument(help="Its own records of some weeks, as it would push them.", exists=True),
    ],
    check: Annotated[bool, typer.Option("--check", help="Only say what is missing.")] = False,
    json: Json = False,
) -> None:
    """Try a force's own records, and make it live where all that its policy asks for is reached.

    The file holds incidents as the batch call takes them: one JSON object a line, or an array.
    They go through intake and matching as they would at night; nothing of them is kept, on the
    trail or told to anybody. Then live systems can be added for the force. Ends with 1 where
    something is missing. What has to be reached stands in the policy, under "going_live".

    Example: encompass force go-live 99 october.ndjson --check
    """
    from app.access.forces import force_named
    from app.casework.going_live import go_live as make_live
    from app.core.clock import london_date
    from app.core.policies import current_policy
    from app.core.scope import PLATFORM
    from app.jobs.matching_trial import try_matching
    from app.reports.going_live import standing

    messages = _read(records)
    with opening.service(sends=False) as held:
        now = held.clock.now()
        with held.database.read(PLATFORM) as session:
            force_named(session, code)
        trial = try_matching(held, code, messages)
        opened = held.database.read if check else held.database.write
        with opened(PLATFORM) as session:
            if check:
                _, policy = current_policy(session, code, at=now)
                reached = standing(
                    session, held.cipher, force=code, trial=trial, on=london_date(now),
                    policy=policy,
                )  # fmt: skip
            else:
                reached = make_live(
                    session, held.cipher, force=code, trial=trial, actor=opening.operator(),
                    now=now,
                )  # fmt: skip
    met = all(one.met for one in reached)
    answer(_body(code, trial, reached, live=met and not check),
           _lines(code, trial, reached, check=check), as_json=json)  # fmt: skip
    if not met:
        raise typer.Exit(1)


def _read(path: Path) -> "list[IncidentMessage]":
    """Return the incidents in a file; raise `Invalid` with the places that are wrong."""
    from app.api.body import decode, parse
    from app.api.messages import read_row
    from app.core.errors import FieldError, Invalid, ServiceError
    from app.intake.payload import IncidentMessage

    if path.stat().st_size > _LARGEST:
        raise Invalid("The file is larger than 64 MB: give the records of fewer weeks.")
    raw = path.read_bytes()
    if raw.lstrip()[:1] == b"[":
        rows = list(enumerate(parse(decode(raw)), 1))
    else:
        rows = [(number, line) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
    found, wrong = [], []
    for number, row in rows:
        try:
            given = parse(decode(row)) if isinstance(row, bytes) else row
            found.append(read_row(IncidentMessage, given))
        except ServiceError as error:
            errors = error.errors or [FieldError("", error.code, error.detail)]
            wrong += [
                FieldError(f"record {number}: {one.loc}", one.code, one.message) for one in errors
            ]
    if wrong:
        said = f"{len(wrong)} places are wrong; a push of them would be refused. Correct them."
        raise Invalid(said, wrong[:_NAMED])
    if not found:
        raise Invalid("The file holds no incident: give records as the force would push them.")
    return found


def _body(
    code: str, trial: "MatchingTrial", reached: "tuple[Reached, ...]", *, live: bool
) -> dict[str, object]:
    return {
        "force": code, "live": live, "incidents": trial.incidents, "children": trial.needing,
        "found": trial.found, "to_a_person": trial.reasons,
        "standards": [
            {"standard": one.standard.value, "met": one.met, "reached": round(one.reached, 4),
             "wanted": one.wanted, "missing": [gap.value for gap in one.gaps]}
            for one in reached
        ],
    }  # fmt: skip


def _lines(
    code: str, trial: "MatchingTrial", reached: "tuple[Reached, ...]", *, check: bool
) -> list[str]:
    lines = [
        f"{trial.incidents:,} incidents tried: {trial.needing:,} children need somebody,",
        f"{trial.found:,} of them found without a person.",
        *(f"  to a person: {number:6,}  {reason}" for reason, number in trial.reasons.items()),
        *(_line(one) for one in reached),
    ]
    if not all(one.met for one in reached):
        return [
            *lines,
            f"Force {code} is not live. Nothing was changed: mend what is missing first.",
        ]
    if check:
        return [*lines, f"Nothing is missing: without --check, force {code} goes live."]
    return [
        *lines, f"Force {code} is live.", f'Next: encompass clients add {code} "Control room"',
    ]  # fmt: skip


def _line(one: "Reached") -> str:
    sign = "ok     " if one.met else "MISSING"
    said = _SAID[one.standard.value]
    if one.standard.value == "cover":
        return f"{sign} {said}" + "".join(f"\n        {gap.value}" for gap in one.gaps)
    if one.standard.value == "children":
        return f"{sign} {one.reached:,.0f} {said} (wanted {one.wanted:,.0f})"
    return f"{sign} {one.reached:.1%} {said} (wanted {one.wanted:.0%})"
