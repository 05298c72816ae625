"""A morning with late messages, who leads, and the scheduler that makes their files."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from app.access.permissions import Role
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner, StepReport
from notifications import receipts
from notifications.models import Notification
from notifications.report_exports import ReportExport
from schools.models import Establishment
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Browser, Person, add_person, signed_in

HERE = "/reports/exports"
DAYS = {"first": "2026-11-01", "last": "2026-11-20"}
Cells = list[tuple[str, str]]


@dataclass
class LateMorning:
    """One told late, one not told, one protected and not told; `lead` leads the force."""

    morning: Morning
    late: UUID
    never: UUID
    protected: UUID
    lead: Person = field(init=False)

    def __post_init__(self) -> None:
        self.lead = self.person(Role.LEAD, "lena", force=FORCE)

    def person(self, role: Role, name: str, **relation: Any) -> Person:
        return add_person(
            self.morning.wiring, f"{name}@example.org", role, name=f"{name.title()} Lead",
            **relation,
        )  # fmt: skip

    def browser(self, person: Person) -> Browser:
        return signed_in(self.morning.wiring, person)

    def step(self, name: str = "make_exports") -> StepReport:
        return Runner(self.morning.wiring, PIPELINE, owner="test").run_step(name)

    def files(self) -> list[ReportExport]:
        with self.morning.wiring.database.read(PLATFORM) as session:
            asked = select(ReportExport).options(undefer(ReportExport.sealed))
            return list(session.scalars(asked.order_by(ReportExport.asked_at)))

    def made(self, browser: Browser, **changes: str) -> str:
        """Ask for a file and let it be made; returns its address."""
        before = {one.id for one in self.files()}
        assert ask(browser, **changes).status_code == 303
        (asked,) = [one for one in self.files() if one.id not in before]
        assert self.step() == StepReport("make_exports", done=1)
        return f"{HERE}/{asked.id}/file"

    def trail(self) -> list[AuditEntry]:
        """Return the rows about files, whose chains are whole."""
        with self.morning.wiring.database.read(PLATFORM) as session:
            for chain in (FORCE, "platform"):
                assert self.morning.wiring.chain.verify(session, chain) is None
            return list(
                session.scalars(
                    select(AuditEntry)
                    .where(AuditEntry.subject.startswith("report_export:"))
                    .order_by(AuditEntry.at, AuditEntry.chain, AuditEntry.seq)
                )
            )


def late_morning(morning: Morning) -> LateMorning:
    """Let one message be opened late and two not at all; the school is called like a formula."""
    ids = [morning.notification() for _ in range(3)]
    with morning.wiring.database.write(PLATFORM) as session:
        session.execute(update(Establishment).values(name="=HYPERLINK(1)", phase="Primary"))
        session.execute(
            update(Notification).where(Notification.id == ids[2]).values(shown_only_to="nobody")
        )
    morning.force.later(200)
    morning.force.chase()
    morning.force.act(ids[0], receipts.opened, actor=morning.priya.actor)
    morning.force.later(60)
    return LateMorning(morning, *ids)


def ask(browser: Browser, **changes: str) -> Any:
    """Press the button that asks for a file."""
    form = {"what": "late", "kind": "force", "code": FORCE, **DAYS, **changes}
    return browser.press(HERE, form)


def sheets_of(book: bytes) -> dict[str, Cells]:
    """Return each sheet of a workbook by its name: the cells with what stands in them, as text."""
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        words = re.findall(r"<si><t[^>]*>(.*?)</t></si>", _text(opened, "xl/sharedStrings.xml"))
        names = re.findall(r'<sheet name="([^"]+)"', _text(opened, "xl/workbook.xml"))
        return {
            name: list(_cells(_text(opened, f"xl/worksheets/sheet{number}.xml"), words))
            for number, name in enumerate(names, start=1)
        }


def feet_of(book: bytes) -> list[str]:
    """Return what is printed at the foot of each sheet's pages."""
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        pages = [one for one in opened.namelist() if one.startswith("xl/worksheets/sheet")]
        return [
            foot for one in pages for foot in re.findall(r"<oddFooter>(.*?)<", _text(opened, one))
        ]


def _text(opened: zipfile.ZipFile, name: str) -> str:
    return opened.read(name).decode()


def _cells(sheet: str, words: list[str]) -> Iterator[tuple[str, str]]:
    for place, kind, value in re.findall(r'<c r="(\w+)"[^>]*?( t="s")?><v>(.*?)</v>', sheet):
        yield place, words[int(value)] if kind else value
