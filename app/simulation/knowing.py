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
_CHILDREN = """
    SELECT incident.force, incident.reference, involved_child.ref, notification.urn
    FROM notification JOIN occurrence ON occurrence.notification_id = notification.id
    JOIN incident ON incident.id = occurrence.incident_id
    JOIN involved_child ON involved_child.id = occurrence.involved_child_id
    WHERE notification.id = ? AND notification.urn IS NOT NULL
"""
_DECIDED = """
    SELECT "match".id, "match".decided_by, "match".urns
    FROM "match" JOIN involved_child ON involved_child.id = "match".involved_child_id
    JOIN incident ON incident.id = involved_child.incident_id
    WHERE incident.force = ? AND incident.reference = ? AND involved_child.ref = ?
    AND "match".composed_at IS NOT NULL
    ORDER BY incident.version, "match".decided_at
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


def children_of(
    world: World, notification_id: UUID
) -> list[tuple[tuple[str, str, str], int, frozenset[str]]]:
    """Return the children a school's message tells of, the school, and what was decided by now."""
    rows = world.look.execute(_CHILDREN, (notification_id.hex,)).fetchall()
    return [
        ((force, reference, ref), urn, frozenset(one for one, *_ in decided(world, who)))
        for force, reference, ref, urn in rows
        for who in ((force, reference, ref),)
    ]


def decided(world: World, child: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    """Return the composed decisions about a child in order: id, whose it was, its schools."""
    return world.look.execute(_DECIDED, child).fetchall()


def _told_of(world: World, notification_id: UUID) -> list[tuple[str, int]]:
    return list(world.look.execute(_TOLD_OF, (notification_id.hex,)))
