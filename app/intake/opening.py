"""Opening the sealed facts of an incident and its children with the incident's content key."""

from collections.abc import Sequence

from app.core.cipher import Cipher, SealingKey
from app.intake.details import ChildDetails, IncidentDetails
from app.intake.models import Incident, InvolvedChild


def open_incident(cipher: Cipher, incident: Incident, key: SealingKey) -> IncidentDetails:
    """Return the facts of an incident; raise `CannotOpen` where they are not this row's."""
    return cipher.open(
        IncidentDetails, incident.sealed, table="incident", row=incident.id,
        force=incident.force, key=key,
    )  # fmt: skip


def open_children(
    cipher: Cipher, children: Sequence[InvolvedChild], key: SealingKey
) -> list[ChildDetails]:
    """Return the details of children of one incident, in the order given."""
    return [
        cipher.open(
            ChildDetails, child.sealed, table="involved_child", row=child.id,
            force=child.force, key=key,
        )
        for child in children
    ]  # fmt: skip
