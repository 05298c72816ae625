"""What can be wrong with a request about a notification; each says what to do next."""

from app.core.errors import Conflict, NotFound


class NoLongerShown(NotFound):
    """Held, recalled or superseded: for the reader the same as not being there."""


class NotOpened(Conflict):
    """A later rung of the receipt ladder was asked for before an earlier one."""


class AlreadyFollowedUp(Conflict):
    """What the school has acted on is taken back by the desk, not with a tap."""


class TooLateToUndo(Conflict):
    """The minutes in which a tap may be taken back are over."""


class ClaimedByAnother(Conflict):
    """Somebody else is making this call."""


class NotClaimed(Conflict):
    """A call is recorded by the person who claimed it."""
