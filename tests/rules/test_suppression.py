"""Small numbers stay hidden, also from somebody who subtracts."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.suppression import SMALL, percent, suppressed

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ([[20, 30], [40, 50]], [[20, 30], [40, 50]]),
        ([[0, 30], [40, 50]], [[0, 30], [40, 50]]),
        ([[3, 30, 9], [40, 50, 60]], [[None, 30, None], [None, 50, None]]),
        ([[4]], [[None]]),
        ([[5]], [[5]]),
        ([[2], [80], [7]], [[None], [80], [None]]),
        ([[2], [0], [7]], [[None], [0], [None]]),
        ([], []),
    ],
)
def test_a_small_number_takes_a_second_with_it(
    cells: list[list[int]], shown: list[list[int | None]]
) -> None:
    assert suppressed(cells) == shown


TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=5
    )
)


@given(TABLES)
def test_nothing_hidden_can_be_worked_out_from_a_total(cells: list[list[int]]) -> None:
    shown = suppressed(cells)
    for row, line in zip(cells, shown, strict=True):
        for count, seen in zip(row, line, strict=True):
            assert seen is None or (seen == count and not 0 < seen < SMALL)
    columns = [list(column) for column in zip(*shown, strict=True)]
    for seen_line in (*shown, *columns):
        if len(seen_line) > 1:
            assert seen_line.count(None) != 1


@pytest.mark.parametrize(
    ("part", "base", "answer"),
    [(5, 10, 50), (1, 3, None), (5, 9, None), (None, 50, None), (6, None, None), (0, 40, 0)],
)
def test_no_percentage_stands_on_a_small_base(
    part: int | None, base: int | None, answer: int | None
) -> None:
    assert percent(part, base) == answer


@pytest.mark.feature("MA19")
def test_no_live_code_works_out_where_a_name_comes_from() -> None:
    """Groups of names belong to the synthetic nights of the benchmarks and to nothing else."""
    group = re.compile(
        r"ethnic|nationalit|name_?origin|origin_?group|race_of|religio", re.IGNORECASE
    )
    guilty = []
    for package in ("app", "schools", "notifications"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
            names |= {
                node.name
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
            }
            imported = {
                module
                for node in ast.walk(tree)
                for module in _modules(node)
                if module.split(".")[0] == "benchmarks"
            }
            guilty += [f"{path}: {name}" for name in names if group.search(name)]
            guilty += [f"{path}: imports {module}" for module in imported]
    assert guilty == []


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
