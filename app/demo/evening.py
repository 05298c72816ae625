"""The night's acts of the force's own system: pushing, sending again, correcting, closing."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from app.core.clock import london_date
from app.demo.night import Push
from app.demo.police import Police
from app.demo.telling import Telling
from app.demo.world import World

WHO = "police"


class Evening:
    """Pushes the night; what the API answered is kept for the check at the end."""

    def __init__(self, world: World, telling: Telling) -> None:
        self._world = world
        self._telling = telling
        self.answers: dict[str, int] = {}
        self.hidden_answer: dict[str, Any] = {}
        self._closed_at = datetime.max.replace(tzinfo=UTC)

    @property
    def _police(self) -> Police:
        return self._world.control_room

    def push(self, push: Push) -> None:
        """Send one incident by itself."""
        answer = self._police.push(push.body)
        self._note(push, answer.status_code)
        if push.family == "resent":
            again = self._police.push(push.body)
            self._say(
                f"{push.reference} sent twice by a nervous system: {answer.status_code}, then "
                f"{again.status_code} and nothing new is stored"
            )
            self.answers["resent"] = again.status_code
        elif int(push.body["version"]) > 1:
            self._say(f"{push.reference} corrected (version 2): the first version is taken back")

    def batch(self, pushes: Sequence[Push]) -> None:
        """Send what came since the evening in one go, with one row that is not a message."""
        bad = {"reference": "not-a-message", "narrative": "free text nobody asked for"}
        answer = self._police.push_batch([*(push.body for push in pushes), bad])
        body = answer.raise_for_status().json()
        for push, row in zip(pushes, body["rows"], strict=False):
            self._note(push, row["status"])
        self.answers["bad_row"] = body["rows"][-1]["status"]
        self._say(
            f"a batch of {len(pushes) + 1}: {body['accepted']} stored, {body['rejected']} refused "
            "with its line and reason; a bad row never blocks a good one"
        )

    def ask_where(self, reference: str) -> None:
        """Ask about a child pushed with a name only: the answer must not name the school."""
        self.hidden_answer = self._police.read(reference)
        child = self.hidden_answer["children"][0]
        self._say(
            f"“which school is that?” – the answer says school_found: "
            f"{str(child.get('school_found')).lower()}, and no more"
        )

    def close(self) -> None:
        """Send the control totals of the night."""
        bodies = {push.reference: push.body for push in self._world.pushes if self._sent(push)}
        totals = totals_of(bodies.values())
        # The night is named by the morning it ends on.
        on = max(london_date(push.at) for push in self._world.pushes)
        answer = self._police.close_night(on.isoformat(), totals).raise_for_status().json()
        self.answers["close"] = 200
        self._closed_at = self._world.clock.now()
        equal = answer.get("equal")
        self._say(
            f"the night is closed: {totals['incidents']} incidents, {totals['children']} children, "
            f"control totals {'equal' if equal else 'DIFFER'}"
        )

    def pushed_since_close(self) -> list[dict[str, Any]]:
        """Return the messages of the morning after, the newest of each incident."""
        closed = self._closed_at
        bodies = {one.reference: one.body for one in self._world.pushes if one.at > closed}
        return list(bodies.values())

    def withdraw(self, reference: str) -> None:
        """Take an incident back after a school has read it."""
        answer = self._police.withdraw(reference, "recorded_in_error", "Another family.")
        self.answers["withdrawal"] = answer.status_code
        self._say(f"{reference} withdrawn: recorded in error. It is recalled from the school")

    def _note(self, push: Push, status: int) -> None:
        self.answers[f"{push.reference} v{push.body['version']}"] = status

    def _sent(self, push: Push) -> bool:
        return f"{push.reference} v{push.body['version']}" in self.answers

    def _say(self, what: str) -> None:
        self._telling.line(self._world.clock.now(), WHO, what)


def totals_of(bodies: Collection[dict[str, Any]]) -> dict[str, int]:
    """Return the control totals of these messages."""
    children = [len(body["children"]) for body in bodies]
    return {
        "incidents": len(bodies), "incidents_with_children": sum(n > 0 for n in children),
        "children": sum(children),
    }  # fmt: skip
