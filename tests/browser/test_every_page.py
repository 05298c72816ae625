"""Every page, for everybody who may see it, on a phone and at a desk, in a real browser.

The pages are the application's own routes at run time, and who may see each is declared in
tests/app/authorisation/may.toml: a new page is met here, or this fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage

from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.ids import new_id
from app.core.policies import add_policy
from app.core.policy import Desk, Matching, Policy
from app.core.scope import PLATFORM
from app.main import create_app
from app.wiring import Wiring
from tests.app.authorisation.people import HOLDING, Somebody, everybody
from tests.app.authorisation.test_matrix import MAY, QUERIES, World, may, routes
from tests.app.authorisation.things import own_things, places, things
from tests.browser.pictures import FOLDER, NOT_PICTURED, PAGES, STAGES, WIDTHS
from tests.browser.test_people import DESK, PHONE
from tests.factories.mornings import HALF_PAST_SIX, Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Person, invite

# Each role once, and those whose pages differ by where the role is held; "nobody" signs in.
SEEN_BY = (*list(HOLDING)[:8], "council lead", "register administrator of the force", "nobody")
# These lead on to another page for everybody, and show nothing themselves; coming back from a
# provider without having gone there is refused. The stream of the board is switched off in tests.
OTHERWISE_ANSWERED = {
    "/": 303, "/reports": 303, "/review/{review_id}/again": 303, "/sign-in/identity/back": 400,
    "/morning/live": 204,
}  # fmt: skip
_CHANGING = re.compile(r'nonce="[^"]*"|value="[^"]*"')
# In one step, for the same document is asked twice. The size of what is pressed is left out by
# axe unless asked for; it loads no style sheets anew, since all of them are the service's own.
_AXE = """() => axe.run({
  preload: false, resultTypes: ["violations"], rules: {"target-size": {enabled: true}},
}).then(found => found.violations.map(
  one => `${one.id} at ${one.nodes.map(node => node.target.join(" ")).join(", ")}`))"""
_SHAPE = """() => ({
  wider: document.documentElement.scrollWidth - window.innerWidth,
  headings: document.querySelectorAll("h1").length,
  title: document.title,
})"""


@dataclass(frozen=True)
class Visit:
    """One page as one person sees it; `main` is what differs from others of the same path."""

    path: str
    address: str
    somebody: Somebody
    status: int
    kind: str
    main: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.somebody.name} at {self.path}"


@dataclass
class Everything:
    """One of everything that an address can name, some things again at a later stage."""

    world: World
    # What stands in the places of a path besides, where another stage has a page of its own.
    stages: dict[str, list[dict[str, Any]]]


@pytest.fixture
def everything(wiring: Wiring, site: str) -> Iterator[Everything]:
    assert isinstance(wiring.clock, HandClock)
    wiring.clock.move_to(HALF_PAST_SIX)
    nobody = Person(wiring, new_id(), "", "")
    morning = Morning(wiring, places(wiring), nobody, nobody, nobody)
    named = things(morning)
    people = everybody(wiring)
    for one in people:  # the name that the cookie has without https
        one.headers = {name: text.removeprefix("__Host-") for name, text in one.headers.items()}
    named |= own_things(wiring, people[0])
    _, named["token"] = invite(wiring, "new@people.test", Role.REVIEWER, force=FORCE)
    with httpx.Client(base_url=site) as http:
        world = World(cast(Any, http), people, named)
        yield Everything(world, later_stages(world, morning))


def later_stages(world: World, morning: Morning) -> dict[str, list[dict[str, Any]]]:
    """Take some things on to where their other pages are, as their people would."""
    asked, opened, known = (morning.notification() for _ in range(3))
    for one in (asked, opened, known):
        press(world, "key adult", f"/notifications/{one}/first-step")
    press(world, "key adult", f"/notifications/{opened}/open", on_roll="yes", knows_family="no")
    press(world, "key adult", f"/notifications/{known}/open", on_roll="yes", knows_family="yes")
    ask_for_second_looks(morning)
    mine, theirs = (morning.unclear(minutes=140) for _ in range(2))
    press(world, "reviewer", f"/review/{mine}/claim")
    colleague = "reviewer here, desk elsewhere"
    press(world, colleague, f"/review/{theirs}/claim")
    said = {"urn": URN, "reason": "school_confirmed", "words": "Said so."}
    press(world, colleague, f"/review/{theirs}/settle", **said)
    press(world, "desk", f"/morning/calls/{world.named['line_id']}/claim")
    notification, review = "/notifications/{notification_id}", "/review/{review_id}"
    return {
        notification: [{"notification_id": one} for one in (asked, opened)],
        f"{notification}/not-our-pupil": [{"notification_id": asked}],
        f"{notification}/follow-up": [{"notification_id": opened}],
        f"{notification}/for-a-colleague": [{"notification_id": known}],
        review: [{"review_id": one} for one in (mine, theirs)],
        f"{review}/none": [{"review_id": mine}],
        f"{review}/second": [{"review_id": theirs}],
    }


def ask_for_second_looks(morning: Morning) -> None:
    """Let the force ask for a second look at whom two schools may have."""
    body = Policy(matching=Matching(second_person_for_several=True), desk=Desk(size=1))
    with morning.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=body, valid_from=morning.force.now, approved_by="account:lead",
            now=morning.force.now,
        )  # fmt: skip


def press(world: World, name: str, path: str, **form: object) -> None:
    """Press what the page of one of them holds."""
    (somebody,) = (one for one in world.people if one.name == name)
    content = urlencode({"form_token": somebody.form_token, **form}, doseq=True)
    headers = {**somebody.headers, "content-type": "application/x-www-form-urlencoded"}
    answer = world.http.post(path, content=content, headers=headers)
    assert answer.status_code == 303, f"{name}: {path}: {answer.status_code}"


def visits(everything: Everything, app: FastAPI) -> list[Visit]:
    """Ask for every address as everybody who may, and return what came."""
    world, found = everything.world, list[Visit]()
    people = [one for one in world.people if one.name in SEEN_BY]
    for path in sorted(path for method, path in routes(app) if method == "GET"):
        rule = MAY[f"GET {path}"]
        for somebody in people:
            # Who is signed in is led on from the pages for those who are not.
            without = rule in ("public", "token")
            if somebody.name == "nobody" if without else may(somebody, rule):
                for stage in ({}, *everything.stages.get(path, ())):
                    found.append(_visit(world, path, somebody, world.named | stage))
    return found


def _visit(world: World, path: str, somebody: Somebody, named: dict[str, Any]) -> Visit:
    address = World(world.http, world.people, named).address(path)
    if path in QUERIES:
        address += f"?{urlencode(QUERIES[path])}"
    answer = world.http.get(address, headers=somebody.headers)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL) if kind == "text/html" else None
    seen = _CHANGING.sub("", main[0]) if main else ""
    return Visit(path, address, somebody, answer.status_code, kind, seen)


def not_shown(found: list[Visit]) -> list[str]:
    """Return which page came at no stage for somebody who may see it."""
    came: dict[str, list[Visit]] = {}
    for visit in found:
        came.setdefault(str(visit), []).append(visit)
    wrong = []
    for who, seen in came.items():
        answers = {one.status for one in seen if one.kind in {"text/html", ""}}
        wanted = OTHERWISE_ANSWERED.get(seen[0].path, 200)
        if answers and wanted not in answers:
            wrong.append(f"{who}: no page, but {answers}")
    return wrong


class Eyes:
    """One browser that looks at page after page, each as the person whose page it is."""

    def __init__(self, chromium: Browser, site: str) -> None:
        self._site = site
        self._heard = list[str]()
        self._context = chromium.new_context(base_url=site)
        self._context.add_init_script(Axe().axe_script)
        self._page = self._context.new_page()
        self._page.on("console", self._hear)
        self._page.on("pageerror", lambda error: self._heard.append(f"a script fails: {error}"))

    def wrong_in(self, visit: Visit) -> list[str]:
        """Return what is wrong with a page at its two widths."""
        self._be(visit.somebody)
        self._page.goto(visit.address)
        for size in (PHONE, DESK):
            self._page.set_viewport_size(size)
            wrong = [*self._page.evaluate(_AXE), *_misshapen(self._page.evaluate(_SHAPE))]
            self._heard += [f"{one} ({size['width']})" for one in wrong]
        found = [f"{visit}: {one}" for one in self._heard]
        self._heard.clear()
        return found

    def _be(self, somebody: Somebody) -> None:
        self._context.clear_cookies()
        if cookie := somebody.headers.get("cookie"):
            name, _, value = cookie.partition("=")
            self._context.add_cookies([{"name": name, "value": value, "url": self._site}])

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._heard.append(f"the console says {message.text}")


def _misshapen(shape: dict[str, Any]) -> Iterator[str]:
    if shape["wider"] > 0:
        yield f"wider than the screen by {shape['wider']}"
    if shape["headings"] != 1:
        yield f"{shape['headings']} main headings"
    if not re.fullmatch(r"\S.* – Encompass", shape["title"]):
        yield f"the title is {shape['title']!r}"


@pytest.mark.feature("CO10")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_page_is_fit_for_everybody_who_may_see_it(
    everything: Everything, wiring: Wiring, chromium: Browser, site: str
) -> None:
    """Axe finds nothing, nothing is wider than the screen, one main heading, a title, no error.

    Where a page says the same to several people, it is looked at for the first of them: what
    stands around it is looked at on their other pages.
    """
    found = visits(everything, create_app(wiring))
    different = {(one.path, one.main): one for one in reversed(found) if one.status == 200}
    pages = [one for one in different.values() if one.main]
    eyes = Eyes(chromium, site)
    wrong = [*not_shown(found), *chain.from_iterable(map(eyes.wrong_in, pages))]
    assert not wrong, "\n".join(wrong)
    assert {one.path for one in pages} == {*PAGES, *NOT_PICTURED}
    assert {one.somebody.name for one in pages} >= set(SEEN_BY)
    assert len(pages) >= 80


def test_every_page_has_its_pictures_and_stands_in_the_tour() -> None:
    names = [*PAGES.values(), *STAGES]
    wanted = {f"{name}-{width}.png" for name in names for width in WIDTHS}
    assert {path.name for path in FOLDER.iterdir()} == wanted
    tour = (FOLDER.parent / "tour.md").read_text(encoding="utf-8")
    assert set(re.findall(r"images/([\w-]+\.png)", tour)) == wanted
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6_000_000
