"""Seeds that once broke: what was wrong, and what the world has to come through since.

A seed's story changes with the weights in `app/simulation/run.py`; where it does, a story of its
own beside the code that was wrong holds the defect, and the seed stays as one more of many.
"""

from typing import NamedTuple


class Seed(NamedTuple):
    """A seed with as many events as its story took, and why it is kept."""

    number: int
    events: int
    reason: str


SEEDS: tuple[Seed, ...] = (
    Seed(
        5, 200,
        "Notify had an alert whose answer was lost; while it was down mail tried it and failed, "
        "and Notify was given it again without being asked.",
    ),
    Seed(
        7, 200,
        "The clock was set back an hour between the rules' decision and a person's, so that the "
        "person's was the older one: the balance missed a school nobody had to tell.",
    ),
    Seed(
        37, 200,
        "The process died with a step's lease and the clock was set back an hour: nobody pursued "
        "the children in review until the lease's own time came.",
    ),
    Seed(
        70072, 200,
        "Not our pupil was undone between a person's decision for another school and its message: "
        "that school was never told, and the decision counted as done.",
    ),
)  # fmt: skip
