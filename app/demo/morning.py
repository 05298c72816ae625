"""The morning's acts of people, each signed in with password and code on the real pages."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import select

from app.core.clock import LONDON
from app.core.scope import PLATFORM
from app.demo.browser import Browser, Page
from app.demo.night import Expected
from app.demo.people import Visit
from app.demo.schools import BY_URN
from app.demo.telling import Telling
from app.demo.world import World
from app.intake.models import Incident, InvolvedChild
from notifications.models import CallSheetLine
from schools.matching.models import Review, ReviewState

FOLLOW_UP = ("silent_support", "added_to_file")


class Morning:
    """Who reads, settles and rings; what each has read already is remembered."""

    def __init__(self, world: World, telling: Telling) -> None:
        self._world = world
        self._telling = telling
        self._read: dict[str, set[str]] = {}

    def read(
        self, key: str, *, follow_up: bool = False, not_ours: str | None = None, show: bool = False
    ) -> None:
        """Open and acknowledge all that waits; `not_ours` is a first name nobody there knows.

        With `show` the first page is shown as the key adult sees it.
        """
        done = self._read.setdefault(key, set())
        said = 0
        with self._visit(key) as visit:
            waiting = [path for path in visit.inbox() if path not in done]
            for path in waiting:
                if not_ours and not_ours in visit.begin(path).text:
                    visit.not_our_pupil(path)
                    said += 1
                    continue
                page = visit.open(path)
                if show and not done:
                    self._show(page)
                visit.acknowledge(page)
                done.add(path)
            if follow_up:
                for path in done:
                    visit.follow_up(path, FOLLOW_UP)
        self._tell_reading(visit, len(waiting) - said, follow_up=follow_up)
        if said:
            self._say(visit, "“not our pupil”: the content closes, a reviewer has it at once")

    def settle(self, cases: Sequence[Expected]) -> None:
        """Decide, as the reviewer, the school of each child."""
        with self._visit("reviewer") as visit:
            for case in cases:
                review = self._review_of(case)
                if review is None or case.settle is None:
                    continue
                visit.settle(f"/review/{review}", case.settle, "Rang the council's look-up contact")
                self._say(visit, f"{case.reference} {case.child_ref} → {BY_URN[case.settle].name}")
        self._world.tick()

    def ring(self, urn: int, result: str, what: str) -> None:
        """Ring a school from the call sheet, as the desk, and record what came of it."""
        lines = self._lines_of(urn)
        if not lines:
            return
        with self._visit("desk") as visit:
            for line in lines:
                visit.ring(f"/morning/calls/{line}/claim", result)
            self._say(visit, f"rings {BY_URN[urn].name}: {what}")

    def tell_midwife(self, reference: str) -> None:
        """Record, as the desk, that the midwife was told of an unborn child of an incident."""
        with self._world.wiring.database.read(PLATFORM) as session:
            child_id = session.scalars(
                select(InvolvedChild.id)
                .join(Incident, Incident.id == InvolvedChild.incident_id)
                .where(Incident.reference == reference)
            ).one()
        clock_time = f"{self._world.clock.now().astimezone(LONDON):%H:%M}"
        with self._visit("desk") as visit:
            visit.tell_service(
                f"/morning/services/{child_id}", service="midwife", means="telephone",
                told_time=clock_time, reference="MW-4471",
            )  # fmt: skip
            self._say(visit, "rings the midwife about an unborn child, and records it")

    def look_at_report(self) -> int:
        """Open the morning report, as the force lead; return how long the page was."""
        with self._visit("lead") as visit:
            page = visit.browser.get("/reports")
            self._say(visit, "reads the morning report")
            return len(page.text)

    def _show(self, page: Page) -> None:
        """Show the facts of a notification; the guidance beside them is left out here."""
        facts = [f"{fact[0]}: {' '.join(fact[1:])}" for fact in page.facts if fact]
        self._telling.panel("what the key adult reads", "\n".join([page.heading, "", *facts]))

    def _tell_reading(self, visit: Visit, read: int, *, follow_up: bool) -> None:
        places = [BY_URN[urn].name for urn in visit.person.urns]
        where = "The council" if not places else places[0]
        where = where if len(places) < 2 else f"{where} and {len(places) - 1} more"
        if read:
            noun = "message" if read == 1 else "messages"
            self._say(visit, f"{where}: {visit.person.name} opens and acknowledges {read} {noun}")
        if follow_up:
            self._say(visit, f"{where}: follow-up recorded as codes")

    @contextmanager
    def _visit(self, key: str) -> Iterator[Visit]:
        with Browser(self._world.base_url) as browser:
            yield self._world.visit(browser, key)

    def _review_of(self, case: Expected) -> UUID | None:
        with self._world.wiring.database.read(PLATFORM) as session:
            return session.scalars(
                select(Review.id)
                .join(InvolvedChild, InvolvedChild.id == Review.involved_child_id)
                .join(Incident, Incident.id == InvolvedChild.incident_id)
                .where(
                    Incident.reference == case.reference, InvolvedChild.ref == case.child_ref,
                    Review.state == ReviewState.OPEN,
                )
            ).first()  # fmt: skip

    def _lines_of(self, urn: int) -> list[UUID]:
        with self._world.wiring.database.read(PLATFORM) as session:
            open_lines = select(CallSheetLine.id).where(
                CallSheetLine.urn == urn, CallSheetLine.closed_at.is_(None)
            )
            return list(session.scalars(open_lines))

    def _say(self, visit: Visit, what: str) -> None:
        self._telling.line(self._world.clock.now(), visit.person.what, what)
