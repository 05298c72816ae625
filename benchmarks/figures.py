"""Ratios of paired rounds, goals with their verdict, and the file that remembers every run."""

import json
import platform
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results"


def ratio(ours: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """Return the median of paired ratios with the smallest and the greatest."""
    paired = [one / other for one, other in zip(ours, base, strict=True)]
    return {
        "median": round(median(paired), 2),
        "min": round(min(paired), 2),
        "max": round(max(paired), 2),
    }


def shown(figure: dict[str, float]) -> str:
    return f"{figure['median']:6.2f}  ({figure['min']:.2f} to {figure['max']:.2f})"


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def reached(goals: Mapping[str, bool], *, of: str, wanted: str) -> str:
    """Print each goal with its verdict and return one for all of them.

    A run of another size than the goals are set for (`of` is not `wanted`) reaches nothing.
    """
    for goal, met in goals.items():
        sys.stdout.write(f"  {'met' if met else 'MISSED':8}{goal}\n")
    verdict = "reached" if all(goals.values()) else "missed"
    if of != wanted and verdict == "reached":
        verdict = f"nothing missed with {of}; the goal is set for {wanted}"
    sys.stdout.write(f"GOAL: {verdict}\n")
    sys.stdout.flush()
    return verdict


def remember(name: str, figures: dict[str, Any], *packages: str) -> Path:
    """Append one run, with the versions it ran on, to the results of a benchmark."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    runs = json.loads(path.read_text()) if path.exists() else []
    runs.append(
        {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "sqlite": sqlite3.sqlite_version,
            **{package: version(package) for package in packages},
            **figures,
        }
    )
    path.write_text(json.dumps(runs, indent=1) + "\n")
    return path
