"""The adults and suspects of an incident as keyed digests: rows to store with it, and no more."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.cipher import Cipher
from app.intake.payload import AdultMessage, IncidentMessage
from app.intake.person import suspect_digest
from schools.connected import Adult, adult_marks, at_school_marks, rows_of


def connected_rows(
    cipher: Cipher, force: str, message: IncidentMessage, *, incident_id: UUID,
    children: Mapping[str, UUID],
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the digests by which a key adult or an officer who is connected can be noticed."""
    marks = {
        mark for adult in message.involved_adults for mark in adult_marks(cipher, force, _of(adult))
    }
    rows = rows_of(marks, force=force, incident_id=incident_id)
    for child in message.children:
        said = {
            mark
            for name in child.connected_at_school
            for mark in at_school_marks(cipher, force, name)
        }
        rows += rows_of(
            said, force=force, incident_id=incident_id, involved_child_id=children[child.ref]
        )
    return rows


def suspect_rows(
    cipher: Cipher, force: str, message: IncidentMessage, *, incident_id: UUID,
    children: Mapping[str, UUID],
) -> list[dict[str, Any]]:  # fmt: skip
    """Return each suspect beside the children concerned; all that are listed where none is named.

    Asked for only where the policy of the force has it.
    """
    listed = [child.ref for child in message.children]
    beside = {
        (suspect_digest(cipher, force, suspect.key), children[ref])
        for suspect in message.suspects
        for ref in (suspect.child_refs or listed)
    }
    return [
        {"force": force, "incident_id": incident_id, "digest": digest, "involved_child_id": child}
        for digest, child in sorted(beside)
    ]


def _of(adult: AdultMessage) -> Adult:
    return Adult(adult.forename, adult.surname, adult.date_of_birth, adult.phone, adult.email)
