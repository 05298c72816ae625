"""Who in a simulated world finds what is not for them, held to at the moment they look."""

from collections.abc import Collection
from uuid import UUID

from app.access.restricted import LEAST_ABLE
from app.casework.inbox import Inbox
from app.simulation import incidents
from app.simulation.county import WITH_GROUP
from app.simulation.world import World

_TOLD_OF = """
    SELECT incident.reference, incident.version
    FROM occurrence JOIN incident ON incident.id = occurrence.incident_id
    WHERE occurrence.notification_id = ? AND incident.state = 'newest'
"""
# A group of whom two cannot be alerted has others with it, or nothing is closed.
_ABLE = """
    SELECT count(DISTINCT account_id) FROM officer JOIN restricted_member USING (account_id)
    WHERE contact_verified_at IS NOT NULL
"""
_NEWEST = "SELECT version FROM incident WHERE force = ? AND reference = ? AND state = 'newest'"


def reads(world: World, email: str, found: Inbox) -> None:
    """I14: for who is party to an incident, no message about it exists."""
    groups = (
        found.to_open, found.for_a_colleague, found.to_acknowledge, found.to_follow_up, found.done,
    )  # fmt: skip
    for line in (one for group in groups for one in group):
        for reference, version in _told_of(world, line.notification_id):
            if email in incidents.named_in(world, reference, version):
                world.wrongly.append(f"party_finds:{line.notification_id}:{email}")


def lists(world: World, email: str, references: Collection[str]) -> None:
    """I15: outside its group, nobody of a force that has one finds a restricted incident."""
    able = world.look.execute(_ABLE).fetchone()[0] >= LEAST_ABLE
    if email not in world.county.outside or not able:
        return
    for reference in sorted(references):
        for (version,) in world.look.execute(_NEWEST, (WITH_GROUP, reference)):
            if incidents.is_restricted(world, reference, version):
                world.wrongly.append(f"outside_finds:{reference}:{email}")


def _told_of(world: World, notification_id: UUID) -> list[tuple[str, int]]:
    return list(world.look.execute(_TOLD_OF, (notification_id.hex,)))
