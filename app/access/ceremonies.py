"""What a passkey is asked for. Pure."""

from enum import StrEnum


class Ceremony(StrEnum):
    """A challenge of one ceremony is worth nothing in another."""

    ADD = "add"
    SIGN_IN = "sign_in"
    # Somebody signed in shows once more who they are.
    PROVE = "prove"
