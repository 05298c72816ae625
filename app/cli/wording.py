"""`encompass force wording`, `encompass mail wording`: which words count, and who approved them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import opening
from app.cli.output import Json, answer, print_json, say, table

if TYPE_CHECKING:
    from notifications.states import WordingKind
    from notifications.wording_models import WordingApproval

Version = Annotated[
    str | None, typer.Argument(help="A version to approve, or to print with --words.")
]
By = Annotated[str | None, typer.Option("--approved-by", metavar="NAME", help="Who approves it.")]
Print = Annotated[bool, typer.Option("--words", help="Print the words themselves.")]


def of_force(
    code: Annotated[str, typer.Argument(help="The force's code.")],
    version: Version = None,
    approved_by: By = None,
    words: Print = False,
    json: Json = False,
) -> None:
    """Show in which words a force's schools are told, or approve other ones by name.

    A version that came with a newer release does not count before somebody approves it. What was
    shown under an earlier one is shown in that one's words for good.

    Example: encompass force wording 99 2026-11.2 --approved-by "The DPO, 1 October 2026"
    """
    from app.access.forces import force_named
    from notifications.approving import owner_of

    with opening.unit(dry_run=True) as (session, _):
        force_named(session, code)
    _wording(owner_of(code), version, approved_by, words=words, json=json)


def of_alerts(
    version: Version = None,
    approved_by: By = None,
    words: Print = False,
    json: Json = False,
) -> None:
    """Show the words of this installation's alerts, or approve other ones by name.

    Example: encompass mail wording 2026-11.1 --approved-by "The service owner"
    """
    from notifications.approving import INSTALLATION

    _wording(INSTALLATION, version, approved_by, words=words, json=json)


def _wording(
    owner: str, version: str | None, approved_by: str | None, *, words: bool, json: bool
) -> None:
    from notifications import approving, wording

    kind = approving.kind_of(owner)
    if words:
        shown = version or wording.newest(kind)
        if shown not in wording.shipped(kind):
            raise approving.unknown(kind)
        _print_words(kind, shown, wording.texts_of(kind, shown), json=json)
        return
    if version is not None and not (approved_by or "").strip():
        raise typer.BadParameter("say who approves it, briefly", param_hint="--approved-by")
    with opening.unit(dry_run=version is None) as (session, wiring):
        now = wiring.clock.now()
        if version is not None:
            approving.approve(
                session, owner, version=version, approved_by=approved_by or "", now=now,
                actor=opening.operator(),
            )  # fmt: skip
        counts = approving.version_of(session, owner, now=now)
        approved = _plain(approving.approvals(session, owner))
    body = {"owner": owner, "counts": counts, "shipped": wording.shipped(kind)}
    if version is not None or json:
        said = [f"Words {counts} count from now on, approved by {approved[0]['approved_by']}."]
        answer({**body, "approved": approved}, said, as_json=json)
        return
    say(f"Words {counts} count. This release has: {', '.join(wording.shipped(kind))}.")
    rows = [(one["version"], one["approved_by"], one["approved_at"]) for one in approved]
    table(None, ("Version", "Approved by", "At"), rows)


def _print_words(
    kind: "WordingKind", version: str, texts: Mapping[str, Mapping[str, str]], *, json: bool
) -> None:
    if json:
        print_json({"kind": kind, "version": version, "words": texts})
        return
    say(f"Words {version}")
    for section, said in texts.items():
        for code, text in said.items():
            say(f"{section}.{code}: {text.strip()}")


def _plain(rows: "Sequence[WordingApproval]") -> list[dict[str, Any]]:
    return [
        {
            "version": one.version, "approved_by": one.approved_by,
            "approved_at": one.approved_at.isoformat(), "digest": one.digest.hex(),
        }
        for one in rows
    ]  # fmt: skip
