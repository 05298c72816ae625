"""The people of the story: who they are, and how each does the morning's work on the pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.access import authenticator
from app.access.permissions import Role
from app.core.clock import Clock
from app.demo.browser import Browser, Page
from app.demo.county import FORCE, County
from app.demo.schools import ENGLISH_COUNCIL, ENGLISH_COUNCIL_NAME, SCHOOLS, Readiness
from schools.officers import Duty

_NOTIFICATIONS = "/notifications/"
DUTY_OFFICER = "Superintendent Ola Fernbank"
# One password for everybody in the demonstration; an authenticator code stands beside it.
PASSWORD = "harbour lantern violet"  # noqa: S105 (shown on the terminal, for invented people)


@dataclass(frozen=True, slots=True)
class Person:
    """One account to be: a short key for the story, and what the account may do."""

    key: str
    name: str
    email: str
    role: Role
    urns: tuple[int, ...] = ()
    force: str | None = None
    council: str | None = None

    @property
    def what(self) -> str:
        """What the person is, in the words of the pages."""
        return "council lead" if self.council and self.role is Role.LEAD else _ROLES[self.role]


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who is asked by name for a duty of a force or council."""

    owner: str
    duty: Duty
    name: str
    email: str


_ROLES = {
    Role.KEY_ADULT: "key adult", Role.FORCE_DESK: "desk", Role.REVIEWER: "reviewer",
    Role.LEAD: "force lead", Role.COUNCIL_OFFICER: "council officer",
    Role.REGISTER_ADMIN: "register administrator",
}  # fmt: skip
_FORCE_PEOPLE = (
    ("desk", "Wendy Larkgarth", "desk", Role.FORCE_DESK),
    ("reviewer", "Marcus Ambercroft", "reviewer", Role.REVIEWER),
    ("second_reviewer", "Sunita Marlbeck", "second.reviewer", Role.REVIEWER),
    ("lead", "Diane Heronside", "lead", Role.LEAD),
)
_RUNG = frozenset({Readiness.NOBODY, Readiness.NOBODY_TRAINED})
# Whose inbox is read in the story: school and place in its order (2 where the first is on leave).
_READERS = {
    "trust": (990004, 1), "hawthorn": (990006, 1), "mockbury": (990008, 1), "bay": (990014, 1),
    "high": (990018, 1), "deputy": (990001, 2), "academy": (990019, 1), "st_marys": (990003, 1),
    "village": (990012, 1), "special": (990025, 1), "welsh": (990039, 1), "nursery": (990016, 1),
    "college": (990030, 1),
}  # fmt: skip


def people_of(county: County) -> dict[str, Person]:
    """Return everybody with an account, by the short key the story uses."""
    found = {
        key: Person(key, name, f"{local}@example.org", role, force=FORCE)
        for key, name, local, role in _FORCE_PEOPLE
    }
    found["council"] = Person(
        "council", "Owen Tarnbrook", "owen.tarnbrook@example.org", Role.COUNCIL_OFFICER,
        council=ENGLISH_COUNCIL,
    )  # fmt: skip
    found["council_lead"] = Person(
        "council_lead", "Helen Rushgrove", "helen.rushgrove@example.org", Role.LEAD,
        council=ENGLISH_COUNCIL,
    )  # fmt: skip
    found["register"] = Person(
        "register", "Tomos Wyndhurst", "register@example.org", Role.REGISTER_ADMIN
    )
    for key, (urn, position) in _READERS.items():
        adult = next(a for a in county.adults_of(urn) if a.position == position)
        urns = tuple(a.urn for a in county.key_adults if a.email == adult.email)
        found[key] = Person(key, adult.name, adult.email, Role.KEY_ADULT, urns)
    return found | _at_other_schools(county, found.values())


def _at_other_schools(county: County, readers: Iterable[Person]) -> dict[str, Person]:
    """Return one key adult for each school that can receive and that nobody of the story reads at.

    Where nobody is trained, or nobody is named, nobody enrols: those schools are rung.
    """
    reached = {urn for person in readers for urn in person.urns}
    found: dict[str, Person] = {}
    for school in SCHOOLS:
        if school.urn in reached or school.readiness in _RUNG:
            continue
        adult = next(a for a in county.adults_of(school.urn) if a.position == 1)
        urns = tuple(a.urn for a in county.key_adults if a.email == adult.email)
        reached |= set(urns)
        key = f"school_{school.urn}"
        found[key] = Person(key, adult.name, adult.email, Role.KEY_ADULT, urns)
    return found


def officers_of(people: Mapping[str, Person]) -> tuple[Officer, ...]:
    """Return who is asked by name: the force's in every duty, and the council's."""
    force, council = f"force:{FORCE}", f"council:{ENGLISH_COUNCIL}"
    known = (
        (force, Duty.REVIEWER, "reviewer"), (force, Duty.REVIEWER, "second_reviewer"),
        (force, Duty.FORCE_LEAD, "lead"), (council, Duty.COUNCIL_OFFICER, "council"),
        (council, Duty.COUNCIL_LEAD, "council_lead"),
    )  # fmt: skip
    return (
        Officer(force, Duty.DUTY_OFFICER, DUTY_OFFICER, "duty.officer@example.org"),
        Officer(force, Duty.DUTY_OFFICER, "Inspector Bryn Calderstone", "stand.in@example.org"),
        Officer(
            council, Duty.COUNCIL_LOOKUP, f"{ENGLISH_COUNCIL_NAME} admissions",
            "admissions@example.org",
        ),
        *(Officer(owner, duty, people[key].name, people[key].email) for owner, duty, key in known),
    )  # fmt: skip


@dataclass(slots=True)
class Visit:
    """One person signed in, for one visit."""

    browser: Browser
    person: Person

    def inbox(self) -> list[str]:
        """Return the addresses of the notifications that wait or were read, each once."""
        page = self.browser.get("/inbox")
        waiting = [form.action.removesuffix("/first-step") for form in page.forms]
        read = [link.removesuffix("/follow-up") for link in page.links]
        return [path for path in dict.fromkeys(waiting + read) if path.startswith(_NOTIFICATIONS)]

    def begin(self, path: str) -> Page:
        """Take the first step: a first name, a year of birth, and two questions."""
        page = self.browser.get(path)
        if page.has_form("/first-step"):
            page = self.browser.press(page, "/first-step")
        return page

    def open(self, path: str) -> Page:
        """Open a notification in its two steps: the questions, then the content."""
        page = self.begin(path)
        if page.has_form("/open"):
            page = self.browser.press(page, "/open", on_roll="yes", knows_family="no")
        return page

    def acknowledge(self, page: Page) -> Page:
        """Say that the school has it in hand."""
        return self.browser.press(page, "/acknowledge") if page.has_form("/acknowledge") else page

    def follow_up(self, path: str, codes: Sequence[str]) -> Page:
        """Record what the school did."""
        return self.browser.press(self.browser.get(f"{path}/follow-up"), "/follow-up", codes=codes)

    def not_our_pupil(self, path: str) -> Page:
        """Say at the first step that the child is not on the roll, and confirm."""
        page = self.browser.press(self.begin(path), "/open", on_roll="no", knows_family="no")
        return self.browser.press(page, "/not-our-pupil")

    def settle(self, path: str, urn: int, words: str) -> Page:
        """Claim a review and decide it for a school, as the council's look-up contact says."""
        page = self.browser.get(path)
        if page.has_form("/claim"):
            page = self.browser.press(page, "/claim")
        return self.browser.press(
            page, "/settle", urn=str(urn), reason="council_lookup", words=words
        )

    def tell_service(self, path: str, **said: str) -> Page:
        """Record which other service was told of a child no school is told of."""
        return self.browser.press(self.browser.get(path), path, **said)

    def ring(self, claim: str, result: str) -> Page:
        """Claim a line of the call sheet, show the content, and record what came of the call."""
        page = self.browser.press(self.browser.get("/morning"), claim)
        page = self.browser.press(page, "/content")
        return self.browser.press(page, "/record", result=result)


def enrol(browser: Browser, token: str, secret: str, clock: Clock) -> None:
    """Set password and authenticator with a one-time link, through its page."""
    page = browser.get(f"/enrol/{token}")
    code = authenticator.code_at(secret, now=clock.now())
    browser.press(page, token, password=PASSWORD, repeated=PASSWORD, code=code)


def sign_in(browser: Browser, person: Person, secret: str, clock: Clock) -> Visit:
    """Sign in with password and code and return the visit."""
    code = authenticator.code_at(secret, now=clock.now())
    browser.press(
        browser.get("/sign-in"), "/sign-in", email=person.email, password=PASSWORD, code=code
    )
    return Visit(browser, person)
