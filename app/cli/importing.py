"""What the four import commands share: one unit of work, and the report said the same way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from app.cli import opening
from app.cli.output import ERRORS, plain, print_json, progress, say, table

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.casework.importing import Importing
    from schools.imports import ImportReport, RowError
    from schools.register import RegisterReport
    from schools.register_diff import SchoolChange

DryRun = Annotated[bool, typer.Option("--dry-run", help="Report, and store nothing.")]

# A file with a wrong column separator has as many errors as rows: enough are shown to see why.
_SHOWN_ERRORS = 20
_SHOWN_SCHOOLS = 200
# What happens to most schools of a file, and needs nobody to look: counted, and not listed.
_PLAIN = frozenset({"added", "changed"})


@contextmanager
def work(title: str, *, dry_run: bool, json: bool) -> "Iterator[tuple[Session, Importing]]":
    """Yield the session of an import and who imports, with a progress bar while it runs."""
    from app.casework.importing import Importing

    with (
        progress(title, shown=not json) as tell,
        opening.unit(dry_run=dry_run) as (session, held),
    ):
        now, actor = held.clock.now(), opening.operator()
        yield session, Importing(now, actor, held.cipher, dry_run=dry_run, progress=tell)


def show(what: str, report: "ImportReport", *, json: bool) -> None:
    """Print the report of an import by rows."""
    counts = {"new or changed": report.accepted, "unchanged": report.unchanged}
    if report.replaces is not None:
        counts = {"read": report.accepted, "held before and replaced": report.replaces}
    _show(what, report, counts, report.errors, refused=report.rejected, json=json)
    if not json:
        _lines("Rows taken, with something to check:", report.warnings, report.warned)


def show_register(report: "RegisterReport", *, json: bool) -> None:
    """Print the report of a register import."""
    counts = {
        "added": report.added, "changed": report.changed, "closed": report.closed,
        "unchanged": report.unchanged, "new links": report.links,
        "with one successor": report.successors, "not in the file": report.missing,
        "former names kept": report.former_names,
    }  # fmt: skip
    refused = len(report.rejected)
    _show("Register", report, counts, report.rejected, refused=refused, json=json)
    if json:
        return
    if report.kinds:
        kinds = (f"{count:,} {kind.replace('_', ' ')}" for kind, count in report.kinds.items())
        say(f"By what happens to a school: {', '.join(kinds)}.")
    columns = ("Change", "URN", "School", "Comes after it", "In use by")
    others = [one for one in report.named if not one.uses and one.change.value not in _PLAIN]
    for title, named in (("Schools in use here", report.touched), ("Other schools", others)):
        if named:
            table(title, columns, [_named(one) for one in named[:_SHOWN_SCHOOLS]])
        if len(named) > _SHOWN_SCHOOLS:
            say(f"… and {len(named) - _SHOWN_SCHOOLS:,} more: --json names them.")


def _named(one: "SchoolChange") -> tuple[str, ...]:
    after = ", ".join(str(urn) for urn in one.others)
    used = ", ".join(use.value.replace("_", " ") for use in one.uses)
    return one.change.value.replace("_", " "), str(one.urn), one.name, after, used


def _show(
    what: str, report: "ImportReport | RegisterReport", counts: dict[str, int],
    errors: "Sequence[RowError]", *, refused: int, json: bool,
) -> None:  # fmt: skip
    """Print counts and refused rows; exit 1 where not one row could be used.

    Refused rows go to stderr with their line and reason. They never hold back the good ones, so
    they alone do not make the command fail.
    """
    if json:
        print_json(plain(report))
    else:
        done = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        say(f"{what}: {done}; {refused:,} rows refused.")
        if report.dry_run:
            say("A dry run: nothing was stored.")
    _lines("Rows refused:", errors, refused)
    if refused and not any(counts.values()):
        ERRORS.print("No row of the file could be used: nothing was changed.")
        raise typer.Exit(1)


def _lines(heading: str, problems: "Sequence[RowError]", count: int) -> None:
    """Print rows with what is wrong, in the order of the file, on stderr; nothing for none."""
    if count:
        ERRORS.print(heading)
    for problem in sorted(problems, key=lambda one: one.line)[:_SHOWN_ERRORS]:
        ERRORS.print(escape(f"line {problem.line}: {problem.message} ({problem.code})"))
    if count > _SHOWN_ERRORS:
        ERRORS.print(f"… and {count - _SHOWN_ERRORS:,} more.")
