"""Matching by roll: precision and recall on held-out nights, beside Splink at the same precision.

The rolls go in through the product's own import, sealed; each incident is decided as as in service,
by the default policy. `./run bench matching_quality [--pupils N] [--children N] [--seeds 11 12]`.
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from app.core.policy import Policy
from app.core.scope import PLATFORM
from benchmarks.figures import remember
from benchmarks.nights import Typed
from benchmarks.people import ON
from benchmarks.rolls import Country, Files, fill, write_files
from schools.matching import rules
from schools.matching.details import Band, Decision
from schools.matching.match import match_incidents

GOAL = 0.999
SHOWN = 20
FEW = 150
TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """One child of the night and the decision about it."""

    typed: Typed
    decision: Decision

    @property
    def sent(self) -> bool:
        return self.decision.band is Band.MATCHED

    @property
    def right(self) -> bool:
        return self.sent and self.decision.urns == (self.typed.child.urn,)

    @property
    def enrolled(self) -> bool:
        return self.typed.child.urn is not None


def main() -> None:
    asked = arguments()
    runs = []
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory(prefix="encompass-bench-") as folder:
            runs.append(one_seed(Path(folder), seed, asked))
    figures = {
        "rules": rules.RULES_VERSION,
        "pupils": asked.pupils,
        "children": asked.children,
        "precision": round(median(run["precision"] for run in runs), 5),
        "recall": round(median(run["recall"] for run in runs), 4),
        "seeds": dict(zip(map(str, asked.seeds), runs, strict=True)),
    }
    if "splink" in runs[0]:
        gains = [run["recall"] - run["splink"]["recall"] for run in runs]
        figures["points_over_splink"] = round(100 * median(gains), 1)
        print(f"\npoints of recall over Splink: {figures['points_over_splink']}")
    print(f"median precision {figures['precision']:.5f}, recall {figures['recall']:.4f}")
    packages = ("sqlalchemy", "rapidfuzz", *(("splink", "duckdb") if "splink" in runs[0] else ()))
    print(f"remembered in {remember('matching_quality', figures, *packages)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=500_000)
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    parser.add_argument("--no-splink", action="store_true")
    return parser.parse_args()


def one_seed(folder: Path, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one country and its night."""
    files = write_files(folder, seed=seed, pupils=asked.pupils, children=asked.children)
    country = fill(f"sqlite:///{folder / 'encompass.db'}", folder, files)
    print(f"\nseed {seed}: {files.pupils:,} pupils imported in {country.import_seconds:.0f} s")
    began = perf_counter()
    answers = decide(country)
    seconds = perf_counter() - began
    figures = {**report(answers), "ms_a_child": round(1000 * seconds / len(answers), 2)}
    country.database.engine.dispose()
    if not asked.no_splink and find_spec("splink"):
        figures["splink"] = beside_splink(files, figures["precision"])
    return figures


def decide(country: Country) -> list[Answer]:
    """Return the decisions of a night, incident by incident."""
    policy = Policy()
    answers = []
    incidents = iter(country.incidents)
    with country.database.read(PLATFORM) as session:
        while some := list(islice(incidents, TOGETHER)):
            facts = [[typed.facts for typed in incident] for incident in some]
            found = match_incidents(session, country.cipher, facts, on=ON, policy=policy)
            for incident, decisions in zip(some, found, strict=True):
                answers += [Answer(*pair) for pair in zip(incident, decisions, strict=True)]
    return answers


def report(answers: Sequence[Answer]) -> dict[str, Any]:
    """Print what went right and wrong, and return the figures."""
    sent = [one for one in answers if one.sent]
    enrolled = [one for one in answers if one.enrolled]
    right = sum(one.right for one in answers)
    precision, recall = right / max(len(sent), 1), right / max(len(enrolled), 1)
    print(f"  {len(answers):,} children, {len(enrolled):,} of them on a roll")
    print(f"  sent without a person {len(sent):,}, to a wrong school {len(sent) - right}")
    at_goal = recall_at(likeliest(answers), GOAL, len(enrolled))
    print(f"  precision {precision:.5f}, recall {recall:.4f}; {at_goal:.4f} at precision {GOAL}")
    groups = by_group(enrolled)
    for name, (count, share) in sorted(groups.items(), key=lambda item: item[1][1]):
        print(f"    {name:34} {count:6,} {share:.4f} {100 * (share - recall):+.1f}")
    missed = Counter(
        kind for one in enrolled if not one.sent for kind in one.typed.kinds or ("nothing wrong",)
    )
    wrong = Counter(" + ".join(one.typed.kinds) or "nothing wrong" for one in sent if not one.right)
    print(f"  missed, by slip: {_listed(missed)}")
    print(f"  wrong, by slips: {_listed(wrong)}")
    return {
        "precision": round(precision, 5), "recall": round(recall, 4),
        "wrong": len(sent) - right, "sent": len(sent), "enrolled": len(enrolled),
        "recall_at_goal": round(at_goal, 4),
        "worst_group": round(100 * (lowest(groups) - recall), 2),
        "groups": {name: round(share, 4) for name, (_, share) in groups.items()},
        "missed": dict(missed.most_common(SHOWN)), "wrong_kinds": dict(wrong.most_common(SHOWN)),
    }  # fmt: skip


def likeliest(answers: Sequence[Answer]) -> list[tuple[float, bool]]:
    """Return each child's best school, surest first, as if a threshold could be set afterwards."""
    return sorted(
        (
            (one.decision.score, one.decision.evidence[0].urn == one.typed.child.urn)
            for one in answers
            if one.decision.evidence and one.decision.reason_code != "name_missing"
        ),
        reverse=True,
    )


def lowest(groups: Mapping[str, tuple[int, float]]) -> float:
    """Return the recall of the group that is found least; few children say nothing."""
    return min((share for count, share in groups.values() if count >= FEW), default=1.0)


def by_group(enrolled: Sequence[Answer]) -> dict[str, tuple[int, float]]:
    """Return for each origin of names how many there were and the share found."""
    found: dict[str, list[bool]] = defaultdict(list)
    for one in enrolled:
        found[one.typed.child.origin].append(one.right)
    return {name: (len(rights), sum(rights) / len(rights)) for name, rights in found.items()}


def beside_splink(files: Files, precision: float) -> dict[str, Any]:
    """Return Splink's recall on the same night, with the threshold set on that very night."""
    from benchmarks import splink_stock  # noqa: PLC0415 (a group that the tests do without)

    children = [typed for incident in files.incidents for typed in incident]
    began = perf_counter()
    held = splink_stock.linker(splink_stock.roll_frame(files), splink_stock.night_frame(children))
    splink_stock.train(held)
    trained = perf_counter()
    best = splink_stock.best_links(held)
    seconds = perf_counter() - trained
    ranked = sorted(
        ((weight, urn == children[number].child.urn) for number, (weight, urn) in best.items()),
        reverse=True,
    )
    enrolled = sum(one.child.urn is not None for one in children)
    at_ours, at_goal = (recall_at(ranked, wanted, enrolled) for wanted in (precision, GOAL))
    print(f"  Splink: recall {at_ours:.4f} at our precision, {at_goal:.4f} at {GOAL}", end="")
    print(f" (training {trained - began:.0f} s, matching {seconds:.0f} s)")
    return {
        "recall": round(at_ours, 4), "recall_at_goal": round(at_goal, 4),
        "train_seconds": round(trained - began), "match_seconds": round(seconds, 1),
    }  # fmt: skip


def recall_at(ranked: Sequence[tuple[float, bool]], precision: float, enrolled: int) -> float:
    """Return the recall at the lowest threshold that keeps the precision, chosen in hindsight."""
    best, right = 0, 0
    for place, (_, good) in enumerate(ranked, start=1):
        right += good
        if right / place >= precision:
            best = right
    return best / enrolled


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.most_common(SHOWN))


if __name__ == "__main__":
    main()
