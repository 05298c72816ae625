"""Weights of roll matching by expectation and maximisation, without a single label.

Each child of generated nights is one of its candidates, next of kin of one, or nobody; how often a
level is seen under each answer is estimated from the answers the last weights gave, until they
settle. What strangers agree on comes from random pairs. `./run bench train_weights` writes
`schools/matching/roll_weights.json`; the seeds are not those of any evaluation.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.nights import night
from benchmarks.people import neighbourhoods
from benchmarks.roll_in_memory import RollInMemory
from schools.matching import rules
from schools.matching.details import ChildIdentity
from schools.matching.roll_levels import Level
from schools.matching.roll_match import Surroundings, levels_of, namesakes_of, rarity_of
from schools.matching.roll_weights import WEIGHTS, RollWeights

SEEDS = (901, 902)
PUPILS, CHILDREN, ROUNDS, RANDOM_PAIRS = 200_000, 20_000, 15, 400_000
FILE = Path(__file__).parents[1] / "schools/matching/roll_weights.json"
FIELDS = ("forename", "surname", "birth", "postcode", "sex")
# Levels whose chance among strangers is the value's own rarity, added when two are compared.
BY_RARITY = {
    "forename": {Level.EXACT, Level.SWAPPED},
    "surname": {Level.EXACT, Level.SWAPPED},
    "postcode": {Level(level) for level in rules.PUPILS_THERE},
}
# So many imagined pairs are as strangers are: what was hardly seen weighs little either way.
IMAGINED, IMAGINED_KIN = 4.0, 20.0
RARELY = 4
LIKE_A_STRANGER = 0.5


@dataclass(frozen=True, slots=True)
class Pair:
    """One child and one candidate: levels, and what their values add."""

    levels: tuple[Level, ...]
    rarity: tuple[float, ...]


def main() -> None:
    held = [case for seed in SEEDS for case in cases(seed)]
    strangers = chances_among_strangers(SEEDS[0])
    weights = WEIGHTS
    for number in range(ROUNDS):
        weights, shown = one_round(held, weights, strangers)
        print(f"round {number + 1:2}: {shown}")
    FILE.write_text(json.dumps(body(weights), indent=1) + "\n", encoding="utf-8")
    print(f"written to {FILE}")


def cases(seed: int) -> Iterator[tuple[int, list[Pair]]]:
    """Yield each child's pairs with the size of its roll; nothing says which is right."""
    roll = RollInMemory()
    incidents = list(night(seed, roll.add(neighbourhoods(seed, PUPILS)), share=CHILDREN / PUPILS))
    for incident in incidents:
        for typed in incident:
            child = typed.facts.identity
            yield roll.size, pairs(roll, child)


def pairs(roll: RollInMemory, child: ChildIdentity) -> list[Pair]:
    found = roll.pupils_like(child)
    around = Surroundings(roll.size, roll.at_postcode(child), namesakes_of(child, found))
    made = []
    for pupil in found:
        levels = levels_of(child, pupil)
        rarity = rarity_of(pupil, levels, around)
        made.append(
            Pair(
                tuple(levels[field] for field in FIELDS),
                tuple(rarity.get(field, 0.0) for field in FIELDS),
            )
        )
    return made


def chances_among_strangers(seed: int) -> dict[str, dict[Level, float]]:
    """Return how often each level is met between a child and a pupil taken at random."""
    roll = RollInMemory()
    children = [
        typed.facts.identity
        for incident in night(seed + 50, roll.add(neighbourhoods(seed, PUPILS)), share=0.05)
        for typed in incident
    ]
    rng = Random(seed)
    counts: dict[str, Counter[Level]] = {field: Counter() for field in FIELDS}
    for _ in range(RANDOM_PAIRS):
        child, pupil = rng.choice(children), roll.any_pupil(rng)
        for field, level in levels_of(child, pupil).items():
            counts[field][level] += 1
    return {
        field: {level: (counts[field][level] + 0.5) / RANDOM_PAIRS for level in Level}
        for field in FIELDS
    }


def one_round(
    held: list[tuple[int, list[Pair]]], weights: RollWeights,
    strangers: dict[str, dict[Level, float]],
) -> tuple[RollWeights, str]:  # fmt: skip
    """Return the weights after one more round, and its shares in words."""
    itself: dict[str, Counter[Level]] = defaultdict(Counter)
    kin: dict[str, Counter[Level]] = defaultdict(Counter)
    on_roll = household = 0.0
    for size, found in held:
        one, other = weights.on_roll / size, weights.household / size
        mine = [one * 2.0 ** _bits(weights.itself, pair) for pair in found]
        theirs = [other * 2.0 ** _bits(weights.kin, pair) for pair in found]
        whole = sum(mine) + sum(theirs) + 1.0 - weights.on_roll - weights.household
        for pair, part, kin_part in zip(found, mine, theirs, strict=True):
            on_roll += part / whole
            household += kin_part / whole
            for field, level in zip(FIELDS, pair.levels, strict=True):
                itself[field][level] += part / whole
                kin[field][level] += kin_part / whole
    children = len(held)
    trained = {
        field: _weights(field, itself[field], strangers[field], IMAGINED, weights.itself[field])
        for field in FIELDS
    }
    trained["forename"] = _kept_apart(trained["forename"])
    family = {
        field: _weights(field, kin[field], strangers[field], IMAGINED_KIN, weights.kin[field])
        for field in FIELDS
    }
    family["forename"] = _as_strangers(family["forename"])
    new = RollWeights(
        version=rules.RULES_VERSION,
        itself={**trained, "upn": dict(WEIGHTS.itself["upn"])},
        kin={**family, "upn": dict(WEIGHTS.kin["upn"])},
        on_roll=on_roll / children,
        household=household / children,
    )
    return new, f"on a roll {on_roll / children:.4f}, next of kin {household / children:.4f}"


def _bits(weights: Any, pair: Pair) -> float:
    return float(
        sum(
            weights[field][level] + rare
            for field, level, rare in zip(FIELDS, pair.levels, pair.rarity, strict=True)
        )
    )


def _weights(
    field: str,
    seen: Counter[Level],
    strangers: dict[Level, float],
    imagined: float,
    before: Mapping[Level, float],
) -> dict[Level, float]:
    whole = sum(seen.values())
    bits = {}
    for level in Level:
        if level not in WEIGHTS.itself[field]:
            continue
        if seen[level] + strangers[level] * RANDOM_PAIRS < RARELY:
            # No night shows it often enough (an address before the last): what was, stays.
            bits[level] = before[level]
            continue
        chance = (seen[level] + imagined * strangers[level]) / (whole + imagined)
        by_value = level in BY_RARITY.get(field, ())
        bits[level] = log2(chance) if by_value else log2(chance / strangers[level])
    bits[Level.MISSING] = 0.0
    return bits


def _kept_apart(bits: dict[Level, float]) -> dict[Level, float]:
    """Two names that people have are no slip, however seldom twins are met (decision 0065)."""
    most = min(bits[Level.OTHER_NAME], rules.OTHER_NAME_AT_MOST)
    return {**bits, Level.OTHER_NAME: most}


def _as_strangers(bits: dict[Level, float]) -> dict[Level, float]:
    """A brother's or sister's forename is hardly more like the child's than anybody's is."""
    return {level: min(one, LIKE_A_STRANGER) for level, one in bits.items()}


def body(weights: RollWeights) -> dict[str, Any]:
    """Return the weights as the file holds them, in hundredths of a bit."""

    def table(one: Any) -> dict[str, dict[str, float]]:
        return {
            field: {level.value: round(bits, 2) for level, bits in levels.items()}
            for field, levels in one.items()
        }

    return {
        "version": weights.version,
        "made_by": "benchmarks/train_weights.py",
        "trained_on": {"seeds": list(SEEDS), "pupils": PUPILS, "children": CHILDREN},
        "itself": table(weights.itself),
        "kin": table(weights.kin),
        "on_roll": round(weights.on_roll, 3),
        "household": round(weights.household, 4),
    }


if __name__ == "__main__":
    main()
