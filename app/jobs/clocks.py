"""From when a child's morning counts, as the jobs hand it to the rules of deadlines. Pure."""

from datetime import datetime

from app.intake.models import Incident, InvolvedChild


def began_at(incident: Incident, child: InvolvedChild) -> datetime:
    """Return when what a child's school has to be told of began, UTC.

    For a child matched again after a holiday that is the first pupil morning: its own morning is
    this one, and the school that it is told of now is not late for a night in August.
    """
    if child.rematched_at is None:
        return incident.occurred_from
    return max(incident.occurred_from, child.rematched_at)
