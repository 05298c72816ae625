"""`encompass features`: the table of features, from the marks that tests carry."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Json, answer
from app.core.errors import Refused

_ROOT = Path(__file__).resolve().parents[2]
TITLES = _ROOT / "docs" / "features.toml"
TABLE = _ROOT / "docs" / "features.md"
TESTS = _ROOT / "tests"


@dataclass(frozen=True, slots=True)
class Feature:
    """One row: its id, its area and what it is, in a few words."""

    id: str
    area: str
    title: str


def features(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where the table is out of date.")
    ] = False,
    json: Json = False,
) -> None:
    """Write docs/features.md: each feature that is there, and the tests that show it.

    Example: encompass features --check
    """
    wanted, shown = titles(), marks(TESTS)
    unknown = sorted(set(shown) - {feature.id for feature in wanted})
    if unknown:
        raise Refused(f"Tests are marked with {', '.join(unknown)}: add it to {TITLES.name}.")
    written = document(wanted, shown)
    if check and written != _present():
        raise Refused("docs/features.md is out of date: run `encompass features`.")
    if not check:
        TABLE.write_text(written, encoding="utf-8")
    done = sum(feature.id in shown for feature in wanted)
    answer(
        {"features": len(wanted), "shown": done, "tests": {k: len(v) for k, v in shown.items()}},
        [f"{done} of {len(wanted)} features are shown by tests; see docs/features.md."],
        as_json=json,
    )


def titles() -> list[Feature]:
    """Return every feature there is to have, in its order."""
    areas = tomllib.loads(TITLES.read_text(encoding="utf-8"))
    return [
        Feature(id_, area, title) for area, rows in areas.items() for id_, title in rows.items()
    ]


def marks(tests: Path) -> dict[str, list[str]]:
    """Return the tests that carry `@pytest.mark.feature(id)`, by id, as `path::test`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(tests.parent).as_posix()
        for test, id_ in _marked(tree.body, _module_marks(tree)):
            found[id_].append(f"{name}::{test}")
    return dict(found)


def document(wanted: Sequence[Feature], shown: Mapping[str, Sequence[str]]) -> str:
    """Return docs/features.md."""
    there = [feature for feature in wanted if feature.id in shown]
    lines = [
        "# Features",
        "",
        "Written by `encompass features` from the marks on the tests; do not edit it by hand.",
        f"{len(there)} of {len(wanted)} rows are there: each works, and a test shows it.",
    ]
    for area in dict.fromkeys(feature.area for feature in wanted):
        lines += ["", f"## {area}", "", "| id | feature | shown by |", "|---|---|---|"]
        lines += [
            f"| {feature.id} | {feature.title} | {_tests(shown.get(feature.id, ()))} |"
            for feature in wanted
            if feature.area == area
        ]
    return "\n".join(lines) + "\n"


def _tests(names: Sequence[str]) -> str:
    """Name the files, with how many tests each has of this feature."""
    if not names:
        return "not yet"
    files: dict[str, int] = defaultdict(int)
    for name in dict.fromkeys(names):
        files[name.partition("::")[0]] += 1
    return ", ".join(
        f"[{Path(file).stem}](../{file})" + (f" ({count})" if count > 1 else "")
        for file, count in files.items()
    )


def _present() -> str:
    return TABLE.read_text(encoding="utf-8") if TABLE.exists() else ""


def _module_marks(tree: ast.Module) -> list[str]:
    """Return the ids of a module's own `pytestmark`."""
    return [
        id_
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)
        for value in (node.value.elts if isinstance(node.value, ast.List) else [node.value])
        for id_ in _ids([value])
    ]


def _marked(body: Sequence[ast.stmt], inherited: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Walk test functions and classes; a class hands its marks on to its tests."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _marked(node.body, [*inherited, *_ids(node.decorator_list)])
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield from ((node.name, id_) for id_ in [*inherited, *_ids(node.decorator_list)])


def _ids(decorators: Sequence[ast.expr]) -> list[str]:
    """Return the ids in `pytest.mark.feature("AD3", …)`."""
    return [
        argument.value
        for call in decorators
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "feature"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
