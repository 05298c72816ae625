"""The facts that matching works on and the decision it gives back. Pure."""

from enum import StrEnum


class Band(StrEnum):
    """How sure a decision is; only `matched` is sent without a person."""

    MATCHED = "matched"
    POSSIBLE = "possible"
    SEVERAL = "several"
    NONE = "none"
