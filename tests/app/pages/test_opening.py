"""Opening in two steps: by the right person, never by a link, and nothing is shown before."""

import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.core.ids import new_id
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.models import EscalationStep, Notification, Receipt
from notifications.recall import recall_incident
from notifications.states import NotificationState, ReceiptKind, StepState, ToldHow
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, TODAY
from tests.factories.people import Browser, move, signed_in

ANSWERS = {"on_roll": "yes", "knows_family": "no"}
SECRETS = ("Example-Khan", "2 March 2016", "Heard it", "10:40pm")


@pytest.fixture
def waiting(morning: Morning) -> UUID:
    return morning.notification()


def path(notification_id: UUID, step: str = "") -> str:
    return f"/notifications/{notification_id}{step}"


def opened(browser: Browser, notification_id: UUID) -> Browser:
    """Take both steps."""
    assert browser.press(path(notification_id, "/first-step")).status_code == 303
    assert browser.press(path(notification_id, "/open"), ANSWERS).status_code == 303
    return browser


def receipts(morning: Morning) -> list[tuple[ReceiptKind, str]]:
    return [(row.kind, row.actor) for row in morning.force.rows(Receipt)]


def trail(morning: Morning) -> list[str]:
    with morning.wiring.database.read(PLATFORM) as session:
        events = select(AuditEntry.event).where(AuditEntry.actor == morning.priya.actor)
        return list(session.scalars(events.order_by(AuditEntry.chain, AuditEntry.seq)))


def test_the_inbox_names_nobody_before_opening(morning: Morning, waiting: UUID) -> None:
    page = signed_in(morning.wiring, morning.priya).get("/inbox").text
    assert "1 message to open" in page
    assert "2 hours 24 minutes left" in page
    assert "Asha" not in page
    assert not any(secret in page for secret in SECRETS)


@pytest.mark.feature("AK2")
def test_two_steps_lead_to_the_content_and_that_is_what_tells(
    morning: Morning, waiting: UUID
) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    cover = browser.get(path(waiting)).text
    assert "Asha" not in cover
    assert browser.press(path(waiting, "/first-step")).headers["location"] == path(waiting)
    questions = browser.get(path(waiting)).text
    assert "Asha" in questions
    assert "born in 2016" in questions
    assert not any(secret in questions for secret in SECRETS)
    assert morning.read(waiting).told_at is None
    assert browser.press(path(waiting, "/open"), ANSWERS).headers["location"] == path(waiting)
    content = browser.get(path(waiting)).text
    assert all(secret in content for secret in SECRETS)
    # Without scripts it leaves the screen by itself.
    assert f'<meta http-equiv="refresh" content="50; url={path(waiting)}/covered">' in content
    told = morning.read(waiting)
    assert (told.told_how, told.told_by) == (ToldHow.OPENED, morning.priya.actor)
    assert receipts(morning) == [
        (ReceiptKind.FIRST_STEP, morning.priya.actor), (ReceiptKind.OPENED, morning.priya.actor)
    ]  # fmt: skip
    steps = morning.force.rows(EscalationStep)
    assert {step.state for step in steps} == {StepState.SKIPPED}


def test_each_look_at_the_child_is_on_the_trail_of_the_force(
    morning: Morning, waiting: UUID, wiring: Wiring
) -> None:
    browser = opened(signed_in(wiring, morning.priya), waiting)
    browser.get(path(waiting))
    browser.get(path(waiting))
    looks = [event for event in trail(morning) if event.startswith("notification:content")]
    assert looks == ["notification:content:opened", *["notification:content:read"] * 2]
    with wiring.database.read(PLATFORM) as session:
        assert wiring.chain.verify(session, FORCE) is None


@pytest.mark.feature("CO8")
def test_the_guidance_stands_beside_the_content(morning: Morning, waiting: UUID) -> None:
    page = opened(signed_in(morning.wiring, morning.priya), waiting).get(path(waiting)).text
    for words in (
        "Do not speak to, message or write to any parent, carer or relative",
        "Support is silent unless the child wants otherwise",
        "Listen, do not question",
        "Think before any sanction",
        "This is not a referral",
        "never in an app or register note",
        "Do not give a copy of this to a parent",
        "ring 999",
    ):
        assert words in page


@pytest.mark.feature("AK2")
def test_a_colleague_takes_both_steps_of_his_own(morning: Morning, waiting: UUID) -> None:
    opened(signed_in(morning.wiring, morning.priya), waiting)
    huw = signed_in(morning.wiring, morning.huw)
    assert "A colleague has opened it" in huw.get("/inbox").text
    assert "Asha" not in huw.get(path(waiting)).text
    assert "Example-Khan" in opened(huw, waiting).get(path(waiting)).text
    assert morning.read(waiting).told_by == morning.priya.actor
    assert (ReceiptKind.OPENED, morning.huw.actor) in receipts(morning)


STEPS: list[tuple[str, dict[str, str]]] = [
    ("/first-step", {}),
    ("/open", ANSWERS),
    ("/acknowledge", {}),
    ("/not-our-pupil", {}),
    ("/undo", {}),
    ("/follow-up", {"codes": "silent_support"}),
]


def test_a_stranger_finds_exactly_what_is_not_there(morning: Morning, waiting: UUID) -> None:
    opened(signed_in(morning.wiring, morning.priya), waiting)
    stranger = signed_in(morning.wiring, morning.stranger)
    assert str(waiting) not in stranger.get("/inbox").text
    for step in ("", "/not-our-pupil", "/follow-up", "/for-a-colleague"):
        theirs, nothing = stranger.get(path(waiting, step)), stranger.get(path(uuid4(), step))
        assert theirs.status_code == nothing.status_code == 404
        assert same(theirs.text) == same(nothing.text)
    before = receipts(morning)
    for step, form in STEPS:
        theirs = stranger.press(path(waiting, step), form)
        nothing = stranger.press(path(new_id(), step), form)
        assert theirs.status_code == nothing.status_code == 404, step
        assert same(theirs.text) == same(nothing.text)
    assert receipts(morning) == before


def same(text: str) -> str:
    """Return the body of a page without the nonce, which no two answers share."""
    return re.sub(r'nonce="[^"]*"', "", text.partition("<main")[2])


def test_an_address_that_cannot_be_an_id_looks_the_same(morning: Morning) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    nowhere = browser.get("/notifications/not-an-id")
    assert nowhere.status_code == 404
    assert same(nowhere.text) == same(browser.get(path(uuid4())).text)


@pytest.mark.feature("AK3")
def test_a_scanner_that_tries_every_way_changes_nothing(morning: Morning, waiting: UUID) -> None:
    scanner = Browser(morning.wiring)
    before = rows(morning)
    for step in ("", *(step for step, _ in STEPS)):
        for ask in (scanner.http.get, scanner.http.head, scanner.http.options):
            answer = ask(path(waiting, step))
            assert answer.status_code in {303, 405}, (step, answer.status_code)
            assert "Asha" not in answer.text
    for step, form in STEPS:
        assert scanner.http.post(path(waiting, step), data=form).status_code == 303
    assert rows(morning) == before


@pytest.mark.feature("AK3")
def test_looking_in_a_session_changes_no_state_either(morning: Morning, waiting: UUID) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    before = rows(morning)
    for _ in range(3):
        browser.get("/inbox")
        browser.get(path(waiting))
        browser.http.head(path(waiting))
    assert rows(morning) == before


def rows(morning: Morning) -> tuple[object, ...]:
    (notification,) = morning.force.rows(Notification)
    with morning.wiring.database.read(PLATFORM) as session:
        count = session.scalar(select(func.count()).select_from(Receipt))
    return notification.state, notification.told_at, notification.acknowledged_at, count


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "Say whether this child is on your roll"),
        ({"on_roll": "yes"}, "Say whether you know the family"),
        ({"knows_family": "no"}, "Say whether this child is on your roll"),
        ({"on_roll": "maybe", "knows_family": "no"}, "Say whether this child is on your roll"),
    ],
)
def test_without_both_answers_nothing_opens(
    morning: Morning, waiting: UUID, answers: dict[str, str], said: str
) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(path(waiting, "/first-step"))
    answer = browser.press(path(waiting, "/open"), answers)
    assert answer.status_code == 400
    assert said in answer.text
    assert "Example-Khan" not in answer.text
    assert morning.read(waiting).state is NotificationState.READY


def test_whoever_knows_the_family_is_not_shown_the_content(morning: Morning, waiting: UUID) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(path(waiting, "/first-step"))
    answer = browser.press(path(waiting, "/open"), {"on_roll": "yes", "knows_family": "yes"})
    page = browser.get(answer.headers["location"]).text
    assert "Ask a colleague to open this one" in page
    assert not any(secret in page for secret in SECRETS)
    assert morning.read(waiting).told_at is None
    assert "notification:content:withheld" in trail(morning)


def test_the_second_step_cannot_be_posted_before_the_first(morning: Morning, waiting: UUID) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    for step, form in (("/open", ANSWERS), ("/acknowledge", {}), ("/not-our-pupil", {})):
        assert browser.press(path(waiting, step), form).status_code == 409
    assert receipts(morning) == []


@pytest.mark.feature("AK4")
def test_acknowledged_is_not_hidden(morning: Morning, waiting: UUID) -> None:
    browser = opened(signed_in(morning.wiring, morning.priya), waiting)
    for _ in range(2):
        assert browser.press(path(waiting, "/acknowledge")).status_code == 303
    assert morning.read(waiting).state is NotificationState.ACKNOWLEDGED
    assert receipts(morning).count((ReceiptKind.ACKNOWLEDGED, morning.priya.actor)) == 1
    move(morning.wiring, minutes=10)
    assert "Example-Khan" in browser.get(path(waiting)).text
    assert "Asha" in browser.get("/inbox").text


@pytest.mark.feature("FU1")
def test_follow_up_is_a_short_list_and_more_can_be_added(morning: Morning, waiting: UUID) -> None:
    browser = opened(signed_in(morning.wiring, morning.priya), waiting)
    browser.press(path(waiting, "/acknowledge"))
    form = browser.get(path(waiting, "/follow-up")).text
    assert form.count('type="checkbox"') == 8
    assert "<textarea" not in form
    browser.press(path(waiting, "/follow-up"), {"codes": ["silent_support", "staff_told"]})
    browser.press(path(waiting, "/follow-up"), {"codes": "early_help"})
    assert morning.read(waiting).state is NotificationState.FOLLOWED_UP
    page = browser.get(path(waiting)).text
    for words in ("Silent support", "Told staff who need to know", "Early help"):
        assert f"<li>{words}" in page


@pytest.mark.feature("FU1")
@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([], 400),
        (["no_further_action", "early_help"], 400),
        (["something of my own"], 400),
        (["no_further_action"], 303),
    ],
)
def test_follow_up_outside_the_list_is_not_taken(
    morning: Morning, waiting: UUID, codes: list[str], status: int
) -> None:
    browser = opened(signed_in(morning.wiring, morning.priya), waiting)
    browser.press(path(waiting, "/acknowledge"))
    assert browser.press(path(waiting, "/follow-up"), {"codes": codes}).status_code == status


def test_a_leaver_loses_access_on_the_next_request(morning: Morning, waiting: UUID) -> None:
    browser = opened(signed_in(morning.wiring, morning.priya), waiting)
    with morning.wiring.database.write(PLATFORM) as session:
        mine = select(KeyAdult).where(KeyAdult.account_id == morning.priya.account_id)
        session.scalars(mine).one().left_on = TODAY
    assert browser.get(path(waiting)).status_code == 404
    assert browser.get("/inbox").text.count(str(waiting)) == 0


def test_what_was_recalled_is_gone_from_every_screen(morning: Morning, waiting: UUID) -> None:
    browser = opened(signed_in(morning.wiring, morning.priya), waiting)
    notification = morning.read(waiting)
    with morning.wiring.database.write(PLATFORM) as session:
        recall_incident(
            session, incident_ids=[notification.incident_id], reason_code="wrong_school",
            actor="job:test", now=morning.wiring.clock.now(),
        )  # fmt: skip
    page = browser.get(path(waiting)).text
    assert "no longer here" in page
    assert not any(secret in page for secret in ("Asha", *SECRETS))
    assert browser.press(path(waiting, "/acknowledge")).status_code in {404, 409}
