"""The register's pages: from a request to somebody who can receive, and whom they refuse."""

from datetime import timedelta

import pytest

from app.access import authenticator, enrolment
from app.access.permissions import Role
from app.casework.key_adult_requests import Asked, request_key_adult
from app.casework.own_contact import Notice
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.pages.register_words import NOTICES
from notifications.channels.recording import RecordingChannel
from schools.key_adult_models import KeyAdultRequest, RequestState
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import LATER_URN, TODAY, URN
from tests.factories.people import PASSWORD, Browser, Person, add_person, move, signed_in
from tests.factories.register import Keepers, keepers

HERE = f"/register/schools/{URN}/key-adults"
ROSA = {
    "name": "Rosa Quay", "email": "rosa@example.org", "course": "Designated lead",
    "trained_on": "2026-03-02", "expires_on": "2/3/2028",
}  # fmt: skip


@pytest.fixture
def people(morning: Morning) -> Keepers:
    return keepers(morning)


def entry(people: Keepers, person: Person) -> KeyAdult:
    row: KeyAdult = people.rows(KeyAdult, account_id=person.account_id)[0]
    return row


def run(people: Keepers) -> None:
    Runner(people.wiring, PIPELINE, owner="test").run_pipeline()


@pytest.mark.feature("RE12")
def test_from_a_request_to_somebody_who_can_receive(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    school = signed_in(people.wiring, morning.priya)
    assert school.press(f"{HERE}/add", ROSA).headers["location"] == HERE
    assert "Rosa Quay" in school.get(HERE).text
    (row,) = people.rows(KeyAdultRequest)
    own_page = school.get("/register/requests").text
    assert "Approve Rosa Quay" not in own_page
    assert school.press(f"/register/requests/{row.id}/approve").status_code == 404
    council = signed_in(people.wiring, people.lead)
    assert "1 request to decide" in council.get("/register").text
    assert "Approve Rosa Quay" in council.get("/register/requests").text
    asked = council.press(f"/register/requests/{row.id}/approve")
    assert (asked.status_code, "Say how you know who this is" in asked.text) == (400, True)
    assert "Email not verified" not in council.get(HERE).text
    council.press(f"/register/requests/{row.id}/approve", {"made_sure": "rung_at_school"})
    assert "Email not verified" in council.get(HERE).text
    run(people)
    link = channel.sent[-1].message.extra["path"]
    rosa = enrolled(people, link)
    assert "Your email address is not verified" in rosa.get("/inbox").text
    adult = people.rows(KeyAdult, urn=URN, position=3)[0]
    rosa.press(f"/account/contact/{adult.id}/code")
    run(people)
    code = channel.sent[-1].message.extra["code"]
    refused = rosa.press(f"/account/contact/{adult.id}/confirm", {"code": "12"})
    assert (refused.status_code, "That is not the code" in refused.text) == (400, True)
    assert rosa.press(f"/account/contact/{adult.id}/confirm", {"code": code}).status_code == 303
    assert "You can receive" in rosa.get("/account/contact").text
    assert "3 of 3 can receive" in council.get("/register").text


def test_somebody_locked_out_begins_anew_once_the_council_has_rung_the_school(
    morning: Morning, people: Keepers, channel: RecordingChannel
) -> None:
    adult = entry(people, morning.priya)
    path = f"/register/key-adults/{adult.id}/new-link"
    before = signed_in(people.wiring, morning.priya)
    assert signed_in(people.wiring, morning.huw).get(path).status_code == 404
    assert before.get(path).status_code == 404
    council = signed_in(people.wiring, people.lead)
    assert path in council.get(HERE).text
    assert "Ring the school on" in council.get(path).text
    assert council.press(path).status_code == 400
    assert council.press(path, {"made_sure": "yes"}).headers["location"] == HERE
    run(people)
    # Until the link is used, what worked works.
    assert before.get("/inbox").status_code == 200
    anew = enrolled(people, channel.sent[-1].message.extra["path"])
    assert before.get("/inbox").status_code == 303
    assert anew.get("/inbox").status_code == 200
    move(people.wiring, seconds=30)
    assert Browser(people.wiring).sign_in(morning.priya).status_code == 401


def enrolled(people: Keepers, link: str) -> Browser:
    """Set up the account through its one-time link, and be signed in."""
    browser = Browser(people.wiring)
    now = people.wiring.clock.now()
    with people.wiring.database.read() as session:
        token = link.removeprefix("/enrol/")
        secret = enrolment.read(session, people.wiring.cipher, token, now=now).secret
    form = {
        "password": PASSWORD, "repeated": PASSWORD,
        "code": authenticator.code_at(secret, now=now),
    }  # fmt: skip
    assert browser.press(link, form, page=link).status_code == 303
    return browser


@pytest.mark.feature("RE13")
def test_the_register_is_not_there_for_a_stranger(morning: Morning, people: Keepers) -> None:
    adult = entry(people, morning.priya)
    people.act(morning.priya, request_key_adult, urn=URN, asked=Asked("Rosa", "rosa@example.org"))
    (row,) = people.rows(KeyAdultRequest)
    for stranger in (morning.stranger, people.elsewhere):
        browser = signed_in(people.wiring, stranger)
        for path in (HERE, f"{HERE}/add", f"/register/key-adults/{adult.id}"):
            assert browser.get(path).status_code == 404
        assert f"School {URN}" not in browser.get("/register").text
        assert "Rosa" not in browser.get("/register/requests").text
        for path in (
            f"{HERE}/add", f"/register/schools/{URN}/dates",
            f"/register/requests/{row.id}/approve", f"/register/requests/{row.id}/refuse",
            f"/register/requests/{row.id}/withdraw",
            *(f"/register/key-adults/{adult.id}/{act}" for act in (
                "earlier", "later", "stay", "invite", "new-link")),
            *(f"/account/contact/{adult.id}/{act}" for act in ("code", "confirm", "address")),
        ):  # fmt: skip
            assert browser.press(path, {"reason_code": "not_known"} | ROSA).status_code == 404, path
        days = {"first_on": "2026-11-20", "last_on": "2026-11-21", "left_on": "2026-11-20"}
        for act in ("training", "away", "back", "holidays", "holidays-end", "leave"):
            path = f"/register/key-adults/{adult.id}/{act}"
            assert browser.press(path, days).status_code == 404, path
    assert people.rows(KeyAdultRequest)[0].state is RequestState.WAITING
    assert entry(people, morning.priya).left_on is None


def test_a_desk_and_a_reviewer_have_no_register(morning: Morning, people: Keepers) -> None:
    desk = add_person(people.wiring, "desk@example.org", Role.FORCE_DESK, force="99")
    browser = signed_in(people.wiring, desk)
    assert browser.get("/register").status_code == 404
    assert browser.get("/register/requests").status_code == 404
    assert browser.get("/account/contact").status_code == 404
    assert "/register" not in browser.get("/account").text


def test_looking_changes_nothing_and_foreign_forms_are_refused(
    morning: Morning, people: Keepers
) -> None:
    browser, adult = signed_in(people.wiring, morning.priya), entry(people, morning.huw)
    for act in ("leave", "earlier", "away", "invite"):
        assert browser.get(f"/register/key-adults/{adult.id}/{act}").status_code in {404, 405}
    answer = browser.http.post(
        f"/register/key-adults/{adult.id}/leave", data={"left_on": "2026-11-20", "form_token": "x"}
    )
    assert answer.status_code == 403
    assert entry(people, morning.huw).left_on is None


@pytest.mark.parametrize(
    ("act", "form", "field"),
    [
        ("training", {"trained_on": "soon"}, "trained_on"),
        ("training", {"trained_on": "2027-01-01"}, "trained_on"),
        ("away", {"first_on": ""}, "away_first_on"),
        ("away", {"first_on": "2026-11-22", "last_on": "2026-11-21"}, "away_last_on"),
        ("holidays", {"first_on": "31/2/2026"}, "holiday_first_on"),
        ("leave", {"left_on": ""}, "left_on"),
        ("leave", {"left_on": "2030-01-01"}, "left_on"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    morning: Morning, people: Keepers, act: str, form: dict[str, str], field: str
) -> None:
    browser = signed_in(people.wiring, morning.priya)
    answer = browser.press(f"/register/key-adults/{entry(people, morning.huw).id}/{act}", form)
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text


@pytest.mark.feature("RE5")
def test_the_inbox_says_when_training_ran_out_or_will(morning: Morning, people: Keepers) -> None:
    browser, adult = signed_in(people.wiring, morning.priya), entry(people, morning.priya)
    for expires, words in (
        (TODAY + timedelta(days=31), None),
        (TODAY + timedelta(days=30), NOTICES[Notice.TRAINING_ENDS_SOON]),
        (TODAY - timedelta(days=1), NOTICES[Notice.TRAINING_LAPSED]),
        (TODAY - timedelta(days=31), NOTICES[Notice.TRAINING_EXPIRED]),
    ):
        form = {"course": "Level 3", "trained_on": "2024-01-10", "expires_on": expires.isoformat()}
        browser.press(f"/register/key-adults/{adult.id}/training", form)
        inbox = browser.get("/inbox").text
        assert {text for text in NOTICES.values() if text in inbox} == ({words} - {None})


@pytest.mark.feature("RE9")
def test_a_leaver_is_signed_out_with_the_next_request(morning: Morning, people: Keepers) -> None:
    priya, huw = signed_in(people.wiring, morning.priya), signed_in(people.wiring, morning.huw)
    assert priya.get("/inbox").status_code == 200
    path = f"/register/key-adults/{entry(people, morning.priya).id}"
    assert "Nobody else at this school" not in huw.get(path).text
    assert huw.press(f"{path}/leave", {"left_on": "20/11/2026"}).headers["location"] == HERE
    assert priya.get("/inbox").headers["location"] == "/sign-in"
    last = huw.get(f"/register/key-adults/{entry(people, morning.huw).id}").text
    assert "Nobody else at this school can receive" in last


def test_cover_holidays_and_dates_are_shown(morning: Morning, people: Keepers) -> None:
    browser, adult = signed_in(people.wiring, morning.priya), entry(people, morning.huw)
    path = f"/register/key-adults/{adult.id}"
    browser.press(f"{path}/away", {"first_on": "2026-11-20", "auto_reply": "yes"})
    assert "by an automatic reply" in browser.get(path).text
    browser.press(f"{path}/back", {"first_on": "2026-11-20"})
    browser.press(f"{path}/holidays", {"first_on": "2026-12-19", "last_on": "2027-01-03"})
    browser.press(
        f"/register/schools/{URN}/dates", {"protocol_on": "2026-09-01", "statement_on": "x"}
    )
    browser.press(
        f"/register/schools/{URN}/dates", {"protocol_on": "1/9/2026", "statement_on": "2/9/2026"}
    )
    shown = browser.get(HERE).text
    assert "Holiday contact Saturday 19 December 2026 to Sunday 3 January 2027" in shown
    assert ("a signed protocol" in shown, "a drill this term" in shown) == (False, True)
    assert "Away" not in shown
    browser.press(f"{path}/holidays-end", {"first_on": "2026-12-19"})
    assert "Holiday contact" not in browser.get(HERE).text


def test_the_whole_register_is_looked_at_by_council(morning: Morning, people: Keepers) -> None:
    browser = signed_in(people.wiring, people.admin)
    first = browser.get("/register").text
    assert ("Exampleshire" in first, f"School {URN}" in first) == (True, False)
    second = browser.get("/register?council=999").text
    assert f"School {URN}" in second
    assert f"School {LATER_URN}" in second
    assert f"School {URN}" not in browser.get("/register?council=999&show=away").text
    assert browser.get("/register?council=99x").status_code == 400
