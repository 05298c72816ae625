"""Takes the pictures of docs/images: every page with the demonstration's night, at two widths.

`python -m tests.browser.pictures` plays the night and takes each picture at the moment when its
page has most to say.
"""

import base64
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from sqlalchemy import select

from app.access import sessions
from app.access.accounts import add_account, find
from app.access.models import Account
from app.access.permissions import Role
from app.core import logs
from app.core.languages import Language
from app.core.scope import PLATFORM
from app.demo import world as worlds
from app.demo.county import FORCE
from app.demo.schools import ENGLISH_COUNCIL
from app.demo.server import Server, reserve
from app.demo.story import Story
from app.demo.telling import Telling
from app.demo.world import World
from app.intake.outcomes import OutcomeReason
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.main import create_app
from notifications.channels.sink import MailSink
from notifications.models import CallSheetLine
from notifications.receipt_models import Recall
from schools.drills import Drill
from schools.matching.models import Review, ReviewState
from schools.models import KeyAdult
from tests.browser.conftest import CHROMIUM, FLAGS

FOLDER = Path(__file__).parents[2] / "docs" / "images"
WIDTHS = (390, 1280)
# A picture ends here: a month of days says no more than its first screens.
TALLEST = {390: 1700, 1280: 1500}
# Every picture in few colours, each pixel the nearest of the most frequent: done where the browser
# has the pixels. Returned are the palette, and for each row a zero (no filter) and its pixels.
_FEW_COLOURS = """async (png) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob())
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d")
  canvas.drawImage(image, 0, 0)
  const { data } = canvas.getImageData(0, 0, image.width, image.height)
  const often = new Map()
  const at = (i) => (data[i] << 16) | (data[i + 1] << 8) | data[i + 2]
  for (let i = 0; i < data.length; i += 4) often.set(at(i), (often.get(at(i)) || 0) + 1)
  const kept = [...often].sort((a, b) => b[1] - a[1]).slice(0, 40).map(([colour]) => colour)
  const part = (colour, n) => (colour >> n) & 255
  const apart = (a, b) => [16, 8, 0].reduce((sum, n) => sum + (part(a, n) - part(b, n)) ** 2, 0)
  const nearest = (colour) => kept.reduce(
    (best, one, i) => apart(one, colour) < apart(kept[best], colour) ? i : best, 0)
  const index = new Map([...often.keys()].map(colour => [colour, nearest(colour)]))
  let rows = ""
  for (let y = 0, i = 0; y < image.height; y++) {
    rows += String.fromCharCode(0)
    for (let x = 0; x < image.width; x++, i += 4) rows += String.fromCharCode(index.get(at(i)))
  }
  return { palette: kept, rows: btoa(rows), wide: image.width, high: image.height }
}"""

# Each page by its route, and the name of its pictures. Later stages of one page follow it.
PAGES = {
    "/sign-in": "sign-in",
    "/enrol/{token}": "enrol",
    "/inbox": "inbox",
    "/notifications/{notification_id}": "notification",
    "/notifications/{notification_id}/follow-up": "follow-up",
    "/notifications/{notification_id}/not-our-pupil": "not-our-pupil",
    "/notifications/{notification_id}/for-a-colleague": "for-a-colleague",
    "/notifications/{notification_id}/covered": "covered",
    "/account": "account",
    "/account/access": "access",
    "/account/passkey": "passkey",
    "/account/password": "password",
    "/account/prove": "prove",
    "/account/contact": "contact",
    "/morning": "morning",
    "/morning/calls/{line_id}": "call",
    "/morning/services/{child_id}": "service",
    "/morning/open": "open-matters",
    "/morning/recalls/new/{notification_id}": "recall-new",
    "/morning/recalls/{recall_id}": "recall",
    "/morning/recalls-of-many": "recalls-of-many",
    "/timeline/{notification_id}": "timeline",
    "/restricted": "restricted",
    "/review": "review",
    "/review/{review_id}": "review-case",
    "/review/{review_id}/none": "review-none",
    "/reports/morning/{force}/{on}": "reports",
    "/reports/timeliness/{kind}/{code}": "timeliness",
    "/reports/timeliness/{kind}/{code}/councils": "timeliness-councils",
    "/reports/timeliness/{kind}/{code}/schools": "timeliness-schools",
    "/reports/stages/{kind}/{code}": "stages",
    "/reports/late/{kind}/{code}": "late",
    "/reports/messages/{kind}/{code}": "messages",
    "/reports/exports": "report-files",
    "/reports/pack/{kind}/{code}/{month}": "pack",
    "/reports/pack/{kind}/{code}/{month}/published": "pack-published",
    "/reports/digest/{kind}/{code}/{on}": "digest",
    "/reports/quality/{force}/{on}": "quality",
    "/reports/decisions/{force}/{on}": "decisions",
    "/reports/fairness/{force}/{on}": "fairness",
    "/reports/patterns/{force}": "patterns",
    "/reports/recipients/{force}": "recipients",
    "/reports/readiness": "readiness",
    "/reports/drills": "drills",
    "/reports/drills/{drill_id}": "drill",
    "/reports/national": "national",
    "/records": "records",
    "/audit": "audit",
    "/audit/{force}/days/{on}": "audit-day",
    "/audit/{force}/people/{account_id}": "audit-person",
    "/audit/{force}/unusual/{on}": "audit-unusual",
    "/register": "register",
    "/register/requests": "requests",
    "/register/schools": "schools",
    "/register/schools/{urn}": "school",
    "/register/schools/{urn}/tonight": "tonight",
    "/register/schools/{urn}/key-adults": "key-adults",
    "/register/schools/{urn}/key-adults/add": "key-adult-ask",
    "/register/key-adults/{key_adult_id}": "key-adult",
    "/register/key-adults/{key_adult_id}/new-link": "new-link",
    "/register/imports": "imports",
    "/register/calendars/bank-holidays": "bank-holidays",
    "/register/calendars/schools/{urn}": "calendar-school",
    "/register/calendars/councils/{council}": "calendar-council",
}
STAGES = ("notification-first-step", "notification-welsh")
# The night of the demonstration has nothing to show there.
NOT_PICTURED = {
    "/morning/awaited/{child_id}": "every child whom an officer saw is listed",
    "/morning/releases/{notification_id}": "no school is settled yet for the child in a refuge",
    "/review/{review_id}/second": "the force asks for no second look",
}
_SCHOOL = 990006


def small_png(palette: list[int], rows: str, wide: int, high: int) -> bytes:
    """Return a PNG file of these rows of places in the palette, one byte each."""
    header = struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)
    colours = b"".join(struct.pack(">I", colour)[1:] for colour in palette)
    pixels = zlib.compress(base64.b64decode(rows), 9)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


class Camera:
    """Looks at pages as one person after another, and keeps pictures of them."""

    def __init__(self, world: World, chromium: Browser, folder: Path) -> None:
        self._world, self._chromium, self._folder = world, chromium, folder
        self.emails = {key: person.email for key, person in world.people.items()}
        self._blank = chromium.new_page()

    @contextmanager
    def as_person(self, key: str | None, width: int = WIDTHS[0]) -> Iterator[Page]:
        """Give a browser in which somebody is signed in; `None` is nobody."""
        context = self._chromium.new_context(
            viewport={"width": width, "height": 700}, base_url=self._world.base_url, locale="en-GB"
        )
        if key is not None:
            token, url = self._signed_in(key), self._world.base_url
            context.add_cookies([{"name": "encompass-session", "value": token, "url": url}])
        yield context.new_page()
        context.close()

    def take(self, key: str | None, name: str, address: str) -> None:
        """Keep the picture of a page at both widths."""
        for width in WIDTHS:
            with self.as_person(key, width) as page:
                answer = page.goto(address)
                if answer is None or answer.status != 200:
                    raise RuntimeError(f"{name}: {answer and answer.status}")
                self.keep(page, name, width)

    def page(self, key: str | None, route: str, **named: object) -> None:
        """Keep the picture of a route with these things in its places."""
        more = f"?{named.pop('query')}" if "query" in named else ""
        self.take(key, PAGES[route], route.format(**named) + more)

    def keep(self, page: Page, name: str, width: int) -> None:
        tall = page.evaluate("document.documentElement.scrollHeight")
        # As on a screen of that height: what stays at the foot of a screen is at the foot here.
        page.set_viewport_size({"width": width, "height": min(tall, TALLEST[width])})
        taken = page.screenshot()
        few = self._blank.evaluate(_FEW_COLOURS, base64.b64encode(taken).decode())
        (self._folder / f"{name}-{width}.png").write_bytes(small_png(**few))

    def account_id(self, key: str) -> UUID:
        wiring = self._world.wiring
        with wiring.database.read(PLATFORM) as session:
            found = find(session, wiring.cipher, self.emails[key])
            assert found is not None
            return found.id

    def add(self, key: str, name: str, role: Role, **relation: Any) -> None:
        """Add somebody whom the story does not need."""
        wiring, now = self._world.wiring, self._world.clock.now()
        self.emails[key] = f"{key}@example.org"
        with wiring.database.write(PLATFORM) as session:
            account, _ = add_account(
                session, wiring.cipher, email=self.emails[key], name=name, role=role, now=now,
                **relation,
            )  # fmt: skip
            account.enrolled_at = now

    def read_in(self, key: str, language: Language) -> None:
        """Let somebody choose a language on their account."""
        account_id = self.account_id(key)
        with self._world.wiring.database.write(PLATFORM) as session:
            session.get_one(Account, account_id).language = language

    def _signed_in(self, key: str) -> str:
        account_id, wiring = self.account_id(key), self._world.wiring
        with wiring.database.write(PLATFORM) as session:
            return sessions.create(session, account_id=account_id, now=wiring.clock.now())


class Photographer:
    """Who looks on through the night, and afterwards goes through the rest."""

    def __init__(self, world: World, camera: Camera) -> None:
        self._world, self._camera = world, camera

    def besides(self) -> list[tuple[str, Callable[[], object]]]:
        return [("06:05", self._review), ("06:40", self._key_adult), ("07:35", self._desk)]

    def _one(self, query: Any) -> Any:
        with self._world.wiring.database.read(PLATFORM) as session:
            return session.scalars(query).first()

    def _review(self) -> None:
        take, key = self._camera.page, "reviewer"
        take(key, "/review")
        review = self._one(
            select(Review.id)
            .where(Review.state == ReviewState.OPEN)
            .where(Review.reason_code == OutcomeReason.SEVERAL_SCHOOLS.value)
        )
        with self._camera.as_person(key) as page:
            page.goto(f"/review/{review}")
            page.get_by_role("button", name="Claim it").click()
            page.wait_for_load_state()
        take(key, "/review/{review_id}", review_id=review)
        take(key, "/review/{review_id}/none", review_id=review)

    def _key_adult(self) -> None:
        take, key, route = self._camera.page, "trust", "/notifications/{notification_id}"
        take(key, "/inbox")
        first, second = self._begin(key, 2)
        self._camera.take(key, "notification-first-step", f"/notifications/{first}")
        take(key, f"{route}/not-our-pupil", notification_id=first)
        for one, knows in ((first, "No"), (second, "Yes")):
            with self._camera.as_person(key) as page:
                page.goto(f"/notifications/{one}")
                page.locator("#on_roll").check()
                page.get_by_role("group").filter(has_text="know the family").get_by_label(
                    knows, exact=True
                ).check()
                page.get_by_role("button", name="Continue").click()
                page.wait_for_load_state()
        take(key, route, notification_id=first)
        self._camera.read_in(key, Language.WELSH)
        self._camera.take(key, "notification-welsh", f"/notifications/{first}")
        self._camera.read_in(key, Language.ENGLISH)
        take(key, f"{route}/follow-up", notification_id=first)
        take(key, f"{route}/covered", notification_id=first)
        take(key, f"{route}/for-a-colleague", notification_id=second)

    def _begin(self, key: str, wanted: int) -> list[str]:
        """Take the first step of some messages that wait; returns their ids."""
        found = []
        for place in range(wanted):
            with self._camera.as_person(key) as page:
                page.goto("/inbox")
                page.get_by_role("button", name="Open", exact=True).nth(place).click()
                page.wait_for_url("**/notifications/*")
                found.append(page.url.rpartition("/")[2])
        return found

    def _desk(self) -> None:
        take, key = self._camera.page, "desk"
        take(key, "/morning")
        lines = select(CallSheetLine).where(CallSheetLine.closed_at.is_(None))
        line = self._one(lines.where(CallSheetLine.urn == 990036)) or self._one(lines)
        with self._camera.as_person(key) as page:
            page.goto("/morning")
            page.locator(f'form[action="/morning/calls/{line.id}/claim"] button').click()
            page.wait_for_load_state()
        take(key, "/morning/calls/{line_id}", line_id=line.id)
        take(key, "/timeline/{notification_id}", notification_id=line.notification_id)
        take(key, "/morning/recalls/new/{notification_id}", notification_id=line.notification_id)
        with self._camera.as_person(key) as page:
            page.goto("/morning")
            service = page.locator("a[href^='/morning/services/']").first.get_attribute("href")
        self._camera.take(key, PAGES["/morning/services/{child_id}"], str(service))
        take(key, "/restricted")

    def afterwards(self) -> None:
        """Go through the pages that are best looked at when the morning is over."""
        self._own()
        self._reports()
        self._register()
        self._papers()

    def _own(self) -> None:
        take, key = self._camera.page, "trust"
        take(None, "/sign-in")
        _, token = self._invite()
        take(None, "/enrol/{token}", token=token)
        for route in ("", "/access", "/passkey", "/password", "/prove", "/contact"):
            take(key, f"/account{route}")
        take("desk", "/morning/open")
        recall = self._one(select(Recall.id))
        take("desk", "/morning/recalls/{recall_id}", recall_id=recall)
        take("desk", "/morning/recalls-of-many")

    def _invite(self) -> tuple[Any, str | None]:
        wiring = self._world.wiring
        with wiring.database.write(PLATFORM) as session:
            return add_account(
                session, wiring.cipher, email="new.reviewer@example.org", name="Nadia Fenwick",
                role=Role.REVIEWER, force=FORCE, now=wiring.clock.now(),
            )  # fmt: skip

    def _reports(self) -> None:
        take, day = self._camera.page, self._world.county.day
        self._camera.add("national", "Priory Ashdown", Role.PLATFORM_ADMIN)
        whole: dict[str, Any] = {"kind": "force", "code": FORCE}
        for part in ("timeliness/{kind}/{code}", "timeliness/{kind}/{code}/councils",
                     "timeliness/{kind}/{code}/schools", "stages/{kind}/{code}",
                     "late/{kind}/{code}"):  # fmt: skip
            take("lead", f"/reports/{part}", **whole)
        take("lead", "/reports/messages/{kind}/{code}", query="figure=not_told", **whole)
        self._files(f"kind=force&code={FORCE}&first={day:%Y-%m-01}&last={day}")
        pack = "/reports/pack/{kind}/{code}/{month}"
        take("lead", pack, month=f"{day:%Y-%m}", **whole)
        take("lead", f"{pack}/published", month=f"{day:%Y-%m}", **whole)
        take("lead", "/reports/digest/{kind}/{code}/{on}", on=day, **whole)
        for part in ("morning", "quality", "decisions", "fairness"):
            take("lead", f"/reports/{part}/{{force}}/{{on}}", force=FORCE, on=day)
        for part in ("patterns", "recipients"):
            take("lead", f"/reports/{part}/{{force}}", force=FORCE)
        take("council_lead", "/reports/readiness")
        with self._camera.as_person("lead") as page:
            page.goto("/reports/drills")
            page.locator('form[action="/reports/drills"] button').first.click()
            page.wait_for_load_state()
        take("lead", "/reports/drills")
        take("lead", "/reports/drills/{drill_id}", drill_id=self._one(select(Drill.id)))
        take("national", "/reports/national")

    def _files(self, asked: str) -> None:
        """Ask for two files, of which one is made, and look while the page offers one more."""
        for what in ("late", "workbook"):
            with self._camera.as_person("lead") as page:
                page.goto(f"/reports/exports?what={what}&{asked}")
                page.get_by_role("button", name="Ask for this file").click()
                page.wait_for_load_state()
            if what == "late":
                Runner(self._world.wiring, PIPELINE, owner="pictures").run_step("make_exports")
        self._camera.page("lead", "/reports/exports", query=f"what=late&{asked}")

    def _register(self) -> None:
        take, key = self._camera.page, "hawthorn"
        adult = self._one(select(KeyAdult.id).where(KeyAdult.urn == _SCHOOL))
        people = "/register/schools/{urn}/key-adults"
        take(key, f"{people}/add", urn=_SCHOOL)
        with self._camera.as_person(key) as page:
            page.goto(f"/register/schools/{_SCHOOL}/key-adults/add")
            page.get_by_label("Full name").fill("Rosa Quay")
            page.get_by_label("Work email address").fill("rosa.quay@example.org")
            page.get_by_label("Course").fill("Designated lead, level 3")
            page.get_by_label("Trained on").fill("2026-03-02")
            page.get_by_role("button", name="Ask for this person").click()
            page.wait_for_load_state()
        take(key, people, urn=_SCHOOL)
        take(key, "/register/schools/{urn}/tonight", urn=_SCHOOL)
        take(key, "/register/key-adults/{key_adult_id}", key_adult_id=adult)
        take("council_lead", "/register")
        take("council_lead", "/register/requests")
        take("register", "/register/schools")
        take("register", "/register/schools/{urn}", urn=_SCHOOL)
        take("register", "/register/key-adults/{key_adult_id}/new-link", key_adult_id=adult)
        take("register", "/register/imports")
        take("register", "/register/calendars/bank-holidays")
        take(key, "/register/calendars/schools/{urn}", urn=_SCHOOL)
        council = "/register/calendars/councils/{council}"
        take("council_lead", council, council=ENGLISH_COUNCIL)

    def _papers(self) -> None:
        take, day = self._camera.page, self._world.county.day
        self._camera.add("auditor", "Edith Marchbank", Role.AUDITOR, force=FORCE)
        take("lead", "/records")
        take("auditor", "/audit")
        take("auditor", "/audit/{force}/days/{on}", force=FORCE, on=day)
        take("auditor", "/audit/{force}/unusual/{on}", force=FORCE, on=day)
        reader = self._camera.account_id("trust")
        take("auditor", "/audit/{force}/people/{account_id}", force=FORCE, account_id=reader)


def main() -> int:
    logs.configure("CRITICAL")
    telling = Telling(Console(quiet=True))
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="encompass-tour-")))
        worlds.prepare_folder(folder)
        sink = held.enter_context(MailSink(folder / "mail"))
        socket = reserve(0)
        world = worlds.build_world(folder, port=socket.getsockname()[1], sink=sink)
        held.callback(world.wiring.database.engine.dispose)
        server = Server(create_app(world.wiring), socket)
        server.start()
        held.callback(server.stop)
        worlds.import_county(world)
        worlds.add_people(world)
        worlds.enrol_everybody(world)
        started = held.enter_context(sync_playwright())
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        held.callback(chromium.close)
        photographer = Photographer(world, Camera(world, chromium, FOLDER))
        Story(world, telling).play(photographer.besides())
        photographer.afterwards()
    return 0


if __name__ == "__main__":
    sys.exit(main())
