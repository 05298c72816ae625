"""All chance of one simulated world, from one seed: a run is repeated by its number alone."""

import hashlib
from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")


class Chance:
    """A stream of draws, and draws that depend on a key alone and not on the order of asking.

    The second kind serves what several threads ask at once, such as the fate of one message.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._stream = Random(seed)

    def one_in(self, number: int) -> bool:
        """Return true once in `number` draws on average."""
        return self._stream.randrange(number) == 0

    def between(self, least: int, most: int) -> int:
        """Return a whole number of the range, both ends included."""
        return self._stream.randint(least, most)

    def pick(self, things: Sequence[Choice]) -> Choice:
        """Return one of the things, all alike."""
        return self._stream.choice(things)

    def weighted(self, weights: Mapping[Choice, int]) -> Choice:
        """Return one of the keys, as often as its weight says."""
        return self._stream.choices(list(weights), weights=list(weights.values()))[0]

    def of_key(self, *key: object) -> float:
        """Return a draw from 0 to 1 that is the same whenever this key is asked about."""
        text = ":".join([str(self._seed), *map(str, key)])
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
