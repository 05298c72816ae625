"""What agreement of each field weighs, in bits: versioned data and its reader. Pure.

The numbers are in `roll_weights.json`; `benchmarks/train_weights.py` made them without labels. A
new file is a new `rules.RULES_VERSION`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schools.matching import rules
from schools.matching.roll_levels import Level

_FILE = Path(__file__).with_name("roll_weights.json")


@dataclass(frozen=True, slots=True, eq=False)
class RollWeights:
    """Bits of each level per field, for the pupil itself and for next of kin of a pupil.

    A name that is exact adds its own rarity, a postcode that is exact how few pupils live there.
    `on_roll` and `household` are shares of the children of an area that rolls cover whole.
    """

    version: str
    itself: Mapping[str, Mapping[Level, float]]
    kin: Mapping[str, Mapping[Level, float]]
    on_roll: float
    household: float

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "RollWeights":
        """Return the weights as the file holds them."""
        return cls(
            version=body["version"],
            itself=_guarded(_levels(body["itself"])),
            kin=_levels(body["kin"]),
            on_roll=body["on_roll"],
            household=body["household"],
        )


def _levels(body: Mapping[str, Mapping[str, float]]) -> dict[str, dict[Level, float]]:
    return {
        field: {Level(level): bits for level, bits in levels.items()}
        for field, levels in body.items()
    }


def _guarded(itself: dict[str, dict[Level, float]]) -> dict[str, dict[Level, float]]:
    """Keep two names that people have from passing as a slip, whatever training says.

    Slips are many and twins few, so the data would trust them; but a twin off the roll would be
    told at the other twin's school (docs/decisions/0065-two-names-that-look-alike.md).
    """
    forename = itself["forename"]
    if Level.OTHER_NAME in forename:
        forename[Level.OTHER_NAME] = min(forename[Level.OTHER_NAME], rules.OTHER_NAME_AT_MOST)
    return itself


WEIGHTS = RollWeights.of(json.loads(_FILE.read_text(encoding="utf-8")))
