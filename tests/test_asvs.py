"""docs/asvs.md and docs/threats.md: held to the list of rules, and to the tests that there are."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "app/pages/templates"
THREATS = (ROOT / "docs/threats.md").read_text(encoding="utf-8")

# OWASP ASVS 5.0.0: of each section the levels of its rules, in their order.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3",
    "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333",
    "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222",
    "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23",
    "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
RULES = {
    f"{section}.{at}": level
    for section, levels in LEVELS.items()
    for at, level in enumerate(levels, 1)
}
# What a perpetrator or an insider would try here, whatever level the standard gives it.
CHOSEN = {
    "1.2.10", "2.3.5", "3.4.7", "3.4.8", "3.5.8", "4.1.5", "5.2.4", "6.3.5", "6.3.6", "6.3.7",
    "6.3.8", "6.5.6", "6.5.7", "6.5.8", "7.5.3", "8.3.2", "11.2.4", "11.2.5", "11.3.4", "13.1.2",
    "13.1.3", "13.2.6", "13.3.3", "13.3.4", "13.4.6", "14.2.6", "14.2.7", "15.2.4", "15.4.2",
    "16.5.4",
}  # fmt: skip

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]
APART = [
    rule
    for line in re.findall(r"^- ([\d., ]+): .+$", PAGE, re.MULTILINE)
    for rule in line.split(", ")
]
KINDS = ("met", "departs", "not yet")
_NAME = re.compile(r"`([\w./-]+(?:::\w+)?)`")


def kind(shown_by: str) -> str:
    return next((one for one in KINDS[1:] if shown_by.startswith(f"{one}: ")), "met")


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, named))


def test_every_rule_of_levels_one_and_two_is_there_once_and_the_chosen_ones_of_three() -> None:
    assert Counter(RULES.values()) == {"1": 70, "2": 183, "3": 92}
    told = Counter([row[0] for row in ROWS] + APART)
    assert {rule for rule, times in told.items() if times > 1} == set()
    assert set(told) - set(RULES) == set()
    wanted = {rule for rule, level in RULES.items() if level in "12"} | CHOSEN
    assert wanted - set(told) == set()
    assert {rule for rule in APART if RULES[rule] == "3"} == set()


def test_every_row_has_its_level_and_a_proof_or_an_honest_not_yet() -> None:
    for row in ROWS:
        assert len(row) == 5, row[0]
        rule, level, asks, _, shown_by = row
        assert (rule, level) == (rule, RULES[rule])
        assert asks, rule
        if kind(shown_by) == "not yet":
            assert len(shown_by) > len("not yet: why"), rule
        else:
            assert re.search(r"`[^`]+`", shown_by), rule


def test_every_test_and_document_that_is_named_is_there() -> None:
    named = [(rule, proof) for rule, *_, shown_by in ROWS for proof in _NAME.findall(shown_by)]
    named += [("threats", proof) for proof in _NAME.findall(THREATS)]
    assert len(named) > len(ROWS)
    for where, proof in named:
        if not re.search(r"[/.]", proof) and not proof.isupper():
            continue  # a word of code, no file
        name, _, test = proof.partition("::")
        assert (ROOT / name).exists(), (where, proof)
        if test:
            assert test in names_in(ROOT / name), (where, proof)


def test_the_counts_at_the_top_are_those_of_the_rows() -> None:
    found = Counter((RULES[row[0]], kind(row[-1])) for row in ROWS)
    for level in "123":
        counts = [found[level, one] for one in KINDS]
        apart = sum(RULES[rule] == level for rule in APART)
        last = apart or f"not chosen: {sum(at == level for at in RULES.values()) - sum(counts)}"
        line = f"| {level} | {sum(counts)} | {' | '.join(map(str, counts))} | {last} |"
        assert line in PAGE
    totals = [sum(found[level, one] for level in "123") for one in KINDS]
    assert f"| all | {len(ROWS)} | {' | '.join(map(str, totals))} | {len(APART)} |" in PAGE


def test_every_place_on_the_page_that_is_linked_to_is_there() -> None:
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= anchors


def test_no_migration_makes_somebody_who_can_sign_in() -> None:
    for path in (ROOT / "migrations/versions").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?i)insert\s+into\s+(?:account|police_client)\b|bulk_insert", text)


def test_our_script_keeps_nothing_in_the_browser() -> None:
    script = (ROOT / "app/pages/static/encompass.js").read_text(encoding="utf-8")
    for word in ("localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches"):
        assert word not in script


def test_every_page_has_the_button_to_sign_out() -> None:
    """It stands in the layout's foot, which is no block that a page could leave out."""
    pages = [path for path in TEMPLATES.glob("*.html") if not path.stem.endswith("parts")]
    assert len(pages) > 40
    layout = (TEMPLATES / "layout.html").read_text(encoding="utf-8")
    blocks = re.findall(r"{% block (\w+) %}", layout)
    assert 'action="/sign-out"' in re.split(r"{% block content %}", layout)[1]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert path.stem == "layout" or text.startswith('{% extends "layout.html" %}'), path.name
        assert set(re.findall(r"{% block (\w+) %}", text)) <= set(blocks), path.name


def test_password_fields_hide_what_is_typed_and_let_managers_help() -> None:
    kinds = {
        "sign_in.html": [["current-password"]],
        "enrol.html": [["new-password"]] * 2,
        "password.html": [["current-password"], ["new-password"], ["new-password"]],
    }
    for name, wanted in kinds.items():
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        fields = re.findall(r"govukPasswordInput\({(.+?)}\) }}", text, re.DOTALL)
        assert [re.findall(r'"autocomplete": "([\w-]+)"', one) for one in fields] == wanted
        assert "onpaste" not in text


def test_no_pattern_is_built_of_what_somebody_typed() -> None:
    """A pattern is written out, a constant of its module, or escaped."""
    found = []
    for room in ("app", "schools", "notifications"):
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [
                f"{path}:{call.lineno}" for call in _patterns(tree) if not _fixed(call.args[0])
            ]
    assert not found


def _patterns(tree: ast.AST) -> Iterator[ast.Call]:
    calls = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr in calls:
                yield node


def _fixed(pattern: ast.expr) -> bool:
    match pattern:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name.isupper()
        case ast.BinOp(left=left, right=right):
            return _fixed(left) and _fixed(right)
        case ast.JoinedStr(values=values):
            return all(_fixed(value) for value in values)
        case ast.FormattedValue(value=value):
            return _fixed(value)
        case ast.Call(func=ast.Attribute(attr=name)):
            return name == "escape"
    return False
