"""Long reports as files: what is in one, who takes it and until when, and what the trail says."""

from datetime import timedelta
from threading import Event as Flag
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.access import accounts
from app.access.models import Account, Force
from app.access.permissions import Grant, Role
from app.access.roles import end_role
from app.casework import report_files
from app.casework.report_contents import Made
from app.core.audit import Event
from app.core.scope import PLATFORM
from app.jobs import runner
from app.jobs.make_exports import make_exports
from app.jobs.runner import StepReport
from notifications import report_exports
from notifications.models import Notification
from notifications.report_exports import ExportState, WhyFailed
from schools.connected import Adult
from tests.factories.connected import connect
from tests.factories.many_messages import copied
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import move
from tests.factories.report_files import (
    DAYS,
    HERE,
    LateMorning,
    ask,
    feet_of,
    late_morning,
    sheets_of,
)
from tests.factories.restricted import colleague, name_group, restrict

# What differs between the two databases is in the other tests.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FROM_TO = "?first=2026-11-01&last=2026-11-20"
LATE = f"/reports/late/{{}}/late.csv{FROM_TO}"
BOOK = f"/reports/timeliness/{{}}/report.xlsx{FROM_TO}"
NOT_THERE = "This file is not there"
CHANGED = "What you may see has changed"


@pytest.fixture
def late(morning: Morning) -> LateMorning:
    return late_morning(morning)


@pytest.mark.feature("RP7")
def test_a_file_made_by_the_job_says_what_the_direct_one_says_below_its_mark(
    late: LateMorning,
) -> None:
    council = late.person(Role.LEAD, "carys", council="999")
    for person, kind, code, place in (
        (late.lead, "force", FORCE, "Exampleshire"),
        (council, "council", "999", "Exampleshire council"),
    ):  # fmt: skip
        browser, whose = late.browser(person), {"kind": kind, "code": code}
        address = late.made(browser, **whose)
        taken = browser.get(address)
        assert taken.headers["cache-control"] == "no-store"
        assert "late-2026-11-01-2026-11-20.csv" in taken.headers["content-disposition"]
        *mark, rest = taken.content.split(b"\r\n", 3)
        assert rest == browser.get(LATE.format(f"{kind}/{code}")).content
        assert rest.count(b"\r\n") == 4
        assert b'"\'=HYPERLINK(1)"' in rest
        assert b"Not shown: protected" in rest
        name = "Lena Lead" if kind == "force" else "Carys Lead"
        first, do_not, which = (line.decode().strip('"') for line in mark)
        assert first.startswith(f"Made for {name}, Friday 20 November 2026 at ")
        assert first.endswith(f"am. {place}, Sunday 1 November 2026 to Friday 20 November 2026.")
        assert do_not == "Child protection: for your work on it only. Do not copy or pass on."
        assert which == f"File {address.split('/')[3]}. Each time it is taken is recorded."
        book = browser.get(late.made(browser, what="workbook", **whose)).content
        found, direct = (
            sheets_of(book),
            sheets_of(browser.get(BOOK.format(f"{kind}/{code}")).content),
        )
        about = found.pop("About this file")
        assert f"Made for {name}, Friday 20 November 2026 at " in about[1][1]
        assert found == direct
        assert len(direct) == 7
        assert len(direct["Late"]) > 30
        feet = feet_of(book)
        assert len(feet) == 8
        assert all(foot.startswith(f"&amp;LMade for {name}, ") for foot in feet)


@pytest.mark.feature("RP7")
def test_asking_making_taking_and_deleting_are_on_the_trail(late: LateMorning) -> None:
    browser = late.browser(late.lead)
    address = late.made(browser)
    assert browser.get(address).status_code == 200
    move(late.morning.wiring, hours=25)
    late.step("purge_expired")
    council = late.browser(late.person(Role.LEAD, "carys", council="999"))
    late.made(council, kind="council", code="999")
    rows = late.trail()
    kept = {"kind": "late", **DAYS}
    assert [(row.event, row.actor, row.force, row.detail) for row in rows] == [
        (Event.EXPORT_ASKED, late.lead.actor, FORCE, kept),
        (Event.EXPORT_MADE, "job:make_exports", FORCE, kept),
        (Event.EXPORT_TAKEN, late.lead.actor, FORCE, kept),
        (Event.EXPORT_DELETED, "job:purge_expired", FORCE, kept),
        (Event.EXPORT_ASKED, rows[4].actor, "platform", {**kept, "council": "999"}),
        (Event.EXPORT_MADE, "job:make_exports", "platform", {**kept, "council": "999"}),
    ]
    assert {row.subject for row in rows[:4]} == {f"report_export:{address.split('/')[3]}"}


@pytest.mark.feature("RP7")
def test_only_who_asked_takes_it_no_colleague_and_no_stranger(late: LateMorning) -> None:
    with late.morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Elsewhere", added_at=late.morning.force.now))
    asker = late.browser(late.lead)
    address = late.made(asker)
    for role, name, relation in (
        (Role.LEAD, "second", {"force": FORCE}), (Role.FORCE_DESK, "desk", {"force": FORCE}),
        (Role.LEAD, "other", {"force": "98"}), (Role.LEAD, "council", {"council": "999"}),
        (Role.KEY_ADULT, "school", {"urn": URN}), (Role.PLATFORM_ADMIN, "platform", {}),
        (Role.AUDITOR, "auditor", {"force": FORCE}),
    ):  # fmt: skip
        browser = late.browser(late.person(role, name, **relation))
        answer = browser.get(address)
        assert answer.status_code == 404, name
        unknown = browser.get(f"{HERE}/{UUID(int=1)}/file")
        assert unknown.status_code == 404
        leads = role is Role.LEAD
        listed = browser.get(HERE)
        assert listed.status_code == (200 if leads else 404), name
        assert "Take it" not in listed.text
        may_ask = leads and relation.get("force") == FORCE
        assert ask(browser).status_code == (303 if may_ask else 404), name
        offer = browser.get(f"{HERE}?what=late&kind=force&code={FORCE}")
        assert offer.status_code == (200 if may_ask else 404), name
    assert "Take it" in asker.get(HERE).text
    assert asker.get(address).status_code == 200


@pytest.mark.feature("RP7")
def test_a_file_is_there_for_a_day_and_its_bytes_are_gone_after_it(late: LateMorning) -> None:
    browser = late.browser(late.lead)
    address = late.made(browser)
    (row,) = late.files()
    assert row.expires_at is not None
    assert row.made_at is not None
    assert row.expires_at - row.made_at == timedelta(hours=24)
    late.morning.force.at(row.expires_at - timedelta(seconds=31))
    browser = late.browser(late.lead)
    assert browser.get(address).status_code == 200
    late.step("purge_expired")
    assert late.files()[0].state is ExportState.READY
    move(late.morning.wiring, seconds=1)
    # Over by the clock, whether or not the job has come by.
    answer = browser.get(address)
    assert (answer.status_code, NOT_THERE in answer.text) == (409, True)
    assert "Take it" not in browser.get(HERE).text
    assert late.files()[0].sealed is not None
    late.step("purge_expired")
    (row,) = late.files()
    assert (row.state, row.sealed, row.rows) == (ExportState.DELETED, None, 3)
    assert browser.get(address).status_code == 409
    page = browser.get(HERE).text
    assert "deleted" in page
    assert "3 late messages" in page


@pytest.mark.feature("RP7")
def test_a_right_that_ends_ends_the_file_with_the_next_request(late: LateMorning) -> None:
    wiring = late.morning.wiring
    browser = late.browser(late.lead)
    address = late.made(browser)
    late.person(Role.FORCE_DESK, "lena", force=FORCE)
    with wiring.database.write(PLATFORM) as session:
        end_role(session, late.lead.account_id, Grant(Role.LEAD, force=FORCE),
                 now=wiring.clock.now())  # fmt: skip
    assert browser.get("/morning").status_code == 200
    assert browser.get(address).status_code == 404
    assert browser.get(HERE).status_code == 404
    late.person(Role.LEAD, "lena", force=FORCE)
    assert browser.get(address).status_code == 200
    with wiring.database.write(PLATFORM) as session:
        accounts.disable(
            session, late.lead.account_id, now=wiring.clock.now(), actor="operator:test"
        )
    assert browser.get(address).headers["location"] == "/sign-in"


@pytest.mark.feature("RP7")
def test_a_right_that_ended_before_it_was_made_makes_no_file(late: LateMorning) -> None:
    wiring = late.morning.wiring
    browser = late.browser(late.lead)
    second = late.browser(late.person(Role.LEAD, "second", force=FORCE))
    assert ask(browser).status_code == 303
    move(wiring, seconds=1)
    assert ask(second).status_code == 303
    with wiring.database.write(PLATFORM) as session:
        end_role(session, late.lead.account_id, Grant(Role.LEAD, force=FORCE),
                 now=wiring.clock.now())  # fmt: skip
        accounts.disable(
            session, UUID(str(late.files()[1].asked_by)), now=wiring.clock.now(),
            actor="operator:test",
        )  # fmt: skip
    for _ in range(2):
        assert late.step() == StepReport("make_exports", done=1)
    assert {(one.state, one.failed_code) for one in late.files()} == {
        (ExportState.FAILED, WhyFailed.RIGHT_ENDED)
    }
    assert [row.reason_code for row in late.trail() if row.event == Event.EXPORT_FAILED] == [
        "right_ended"
    ] * 2


@pytest.mark.feature("RP7")
def test_who_leaves_the_group_takes_no_file_that_shows_a_restricted_incident(
    late: LateMorning,
) -> None:
    wiring = late.morning.wiring
    members = [
        colleague(wiring, f"{one}.member@example.org", Role.FORCE_DESK, Role.REVIEWER)
        for one in ("first", "second")
    ]
    name_group(wiring, [*members, late.lead])
    inside = late.browser(late.lead)
    outside = late.browser(late.person(Role.LEAD, "outside", force=FORCE))
    before = late.made(outside)
    assert outside.get(before).status_code == 200
    restrict(wiring, late.morning.read(late.late).incident_id)
    shown = late.made(inside)
    assert inside.get(shown).text.count("\r\n") == 3 + 1 + 3
    # It became restricted after the file was made: who is outside no longer takes it.
    answer = outside.get(before)
    assert (answer.status_code, CHANGED in answer.text) == (409, True)
    anew = late.made(outside)
    assert outside.get(anew).text.count("\r\n") == 3 + 1 + 2
    name_group(wiring, members)
    answer = inside.get(shown)
    assert (answer.status_code, CHANGED in answer.text) == (409, True)
    assert outside.get(anew).status_code == 200


@pytest.mark.feature("RP7")
@on_sqlite
def test_who_turns_out_to_be_of_the_family_takes_no_file_with_its_school(
    late: LateMorning,
) -> None:
    browser = late.browser(late.lead)
    address = late.made(browser)
    row = late.morning.read(late.late)
    connect(late.morning.wiring, row.incident_id, Adult(email="lena@example.org"))
    answer = browser.get(address)
    assert (answer.status_code, CHANGED in answer.text) == (409, True)
    anew = browser.get(late.made(browser)).text
    assert "Not shown to you" in anew
    assert anew.count("HYPERLINK") == 1


@pytest.mark.feature("RP7")
@on_sqlite
def test_a_child_that_is_protected_since_is_in_no_file_that_names_the_school(
    late: LateMorning,
) -> None:
    browser = late.browser(late.lead)
    address = late.made(browser)
    with late.morning.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Notification).where(Notification.id == late.late).values(shown_only_to="nobody")
        )
    assert CHANGED in browser.get(address).text
    assert browser.get(late.made(browser)).text.count("HYPERLINK") == 1


@pytest.mark.feature("RP7")
def test_a_long_list_is_asked_for_and_a_short_one_comes_at_once(late: LateMorning) -> None:
    browser = late.browser(late.lead)
    copied(late.morning.wiring, late.late, 997)
    whose = f"force/{FORCE}"
    for path in (LATE, BOOK):
        assert browser.get(path.format(whose)).status_code == 200
    assert "This list as CSV" in browser.get(f"/reports/late/{whose}").text
    copied(late.morning.wiring, late.late, 1)
    for path, what, page in ((LATE, "late", "late"), (BOOK, "workbook", "timeliness")):
        answer = browser.get(path.format(whose))
        to = f"{HERE}?what={what}&kind=force&code={FORCE}&first=2026-11-01&last=2026-11-20"
        assert (answer.status_code, answer.headers["location"]) == (303, to)
        assert f'value="{what}"' in browser.get(to).text
        linked = browser.get(f"/reports/{page}/{whose}{FROM_TO}").text
        assert to.replace("&", "&amp;") in linked
        assert path.format(whose).partition("?")[0] not in linked
    assert [row.event for row in late.trail()] == []
    taken = browser.get(late.made(browser)).text
    assert taken.count("\r\n") == 3 + 1 + 1001
    assert late.files()[0].rows == 1001


@on_sqlite
def test_too_many_messages_and_too_many_files_are_refused_in_words(
    late: LateMorning, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = late.browser(late.lead)
    monkeypatch.setattr(report_files, "MOST_ROWS", 2)
    answer = ask(browser)
    assert (answer.status_code, "choose fewer days" in answer.text) == (422, True)
    monkeypatch.undo()
    for day in range(1, 6):
        assert ask(browser, first=f"2026-11-{day:02}").status_code == 303
    assert ask(browser, first="2026-11-05").status_code == 303
    assert len(late.files()) == 5
    answer = ask(browser, first="2026-11-06")
    assert (answer.status_code, "You have 5 files already" in answer.text) == (409, True)
    assert ask(browser, what="all").status_code == 404
    assert ask(browser, first="tomorrow").status_code == 422


@pytest.mark.feature("RP7")
def test_a_list_that_takes_longer_than_a_step_may_is_given_up_in_words(
    late: LateMorning, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = late.browser(late.lead)
    ask(browser)
    monkeypatch.setattr(runner, "STEP_SECONDS", -1)
    assert late.step() == StepReport("make_exports", done=1)
    assert [(row.state, row.failed_code) for row in late.files()] == [
        (ExportState.FAILED, WhyFailed.TOO_LONG)
    ]
    assert [row.reason_code for row in late.trail() if row.event == Event.EXPORT_FAILED] == [
        "too_long"
    ]
    assert "It took too long. Ask for fewer days." in browser.get(HERE).text


@pytest.mark.feature("RP7")
def test_a_list_that_a_process_asked_to_end_broke_off_is_made_by_the_next(
    late: LateMorning, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(late.browser(late.lead))
    stop, made = Flag(), report_files.make

    def asked_to_end_meanwhile(*given: Any, **named: Any) -> Made:
        stop.set()
        return made(*given, **named)

    monkeypatch.setattr(report_files, "make", asked_to_end_meanwhile)
    steps = (("make_exports", make_exports),)
    runner.Runner(late.morning.wiring, steps, owner="one", stop=stop).run_pipeline()
    assert [row.state for row in late.files()] == [ExportState.WAITING]
    assert late.step() == StepReport("make_exports", done=1)
    assert [row.state for row in late.files()] == [ExportState.READY]


def test_two_schedulers_make_a_file_once(late: LateMorning) -> None:
    ask(late.browser(late.lead))
    wiring = late.morning.wiring
    with wiring.database.write(PLATFORM) as session:
        claim = report_exports.claim_next(session, now=wiring.clock.now())
    assert claim is not None
    # The other finds nothing to make while the first has it.
    assert late.step() == StepReport("make_exports")
    assert late.files()[0].state is ExportState.MAKING


@pytest.mark.feature("RP7")
def test_a_file_whose_maker_died_is_made_by_the_next_and_the_dead_one_changes_nothing(
    late: LateMorning,
) -> None:
    browser, wiring = late.browser(late.lead), late.morning.wiring
    ask(browser)
    with wiring.database.write(PLATFORM) as session:
        dead = report_exports.claim_next(session, now=wiring.clock.now())
    assert dead is not None
    assert "being made" in browser.get(HERE).text
    move(wiring, minutes=4, seconds=59)
    assert late.step() == StepReport("make_exports")
    move(wiring, seconds=1)
    assert late.step() == StepReport("make_exports", done=1)
    with wiring.database.write(PLATFORM) as session:
        assert not report_exports.keep(session, dead, b"x", rows=0, now=wiring.clock.now())
        assert not report_exports.fail(session, dead, WhyFailed.NOT_MADE)
        assert not report_exports.give_back(session, dead)
    (row,) = late.files()
    assert (row.state, row.tries, row.rows) == (ExportState.READY, 2, 3)
    assert browser.get(f"{HERE}/{row.id}/file").status_code == 200


@pytest.mark.feature("RP7")
def test_three_deaths_over_a_file_fail_it_with_a_code(late: LateMorning) -> None:
    browser, wiring = late.browser(late.lead), late.morning.wiring
    ask(browser)
    for _ in range(3):
        with wiring.database.write(PLATFORM) as session:
            assert report_exports.claim_next(session, now=wiring.clock.now()) is not None
        move(wiring, minutes=5)
    assert late.step() == StepReport("make_exports", failed=1)
    assert [row.failed_code for row in late.files()] == [WhyFailed.NOT_MADE]
    assert "Something went wrong three times" in late.browser(late.lead).get(HERE).text
    assert [(row.event, row.reason_code) for row in late.trail()][1:] == [
        (Event.EXPORT_FAILED, "not_made")
    ]


@pytest.mark.feature("RP7")
def test_a_fault_is_tried_again_twice_and_what_was_mended_meanwhile_is_made(
    late: LateMorning,
) -> None:
    browser, wiring = late.browser(late.lead), late.morning.wiring
    ask(browser)
    with wiring.database.write(PLATFORM) as session:
        account = session.get_one(Account, late.lead.account_id)
        whole, account.sealed = account.sealed, b"\x01broken"
    for _ in range(2):
        assert late.step() == StepReport("make_exports", failed=1)
        assert late.files()[0].state is ExportState.WAITING
    with wiring.database.write(PLATFORM) as session:
        session.get_one(Account, late.lead.account_id).sealed = whole
    assert late.step() == StepReport("make_exports", done=1)
    assert [row.tries for row in late.files()] == [3]


@on_sqlite
def test_a_file_at_rest_says_nothing_and_opens_in_its_own_row_alone(late: LateMorning) -> None:
    browser = late.browser(late.lead)
    late.made(browser)
    late.made(browser, what="workbook")
    first, second = late.files()
    assert first.sealed is not None
    assert b"HYPERLINK" not in first.sealed
    assert b"Lena" not in first.sealed
    with late.morning.wiring.database.write(PLATFORM) as session:
        session.merge(second).sealed = first.sealed
    answer = browser.get(f"{HERE}/{second.id}/file")
    assert (answer.status_code, "cannot be opened" in answer.text) == (409, True)
    assert "HYPERLINK" not in answer.text
    assert browser.get(f"{HERE}/{first.id}/file").status_code == 200


@on_sqlite
def test_a_file_is_taken_by_who_showed_lately_who_they_are(late: LateMorning) -> None:
    browser = late.browser(late.lead)
    address = late.made(browser)
    move(late.morning.wiring, minutes=11)
    answer = browser.get(address)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/prove")
    assert "%2Freports%2Fexports" in answer.headers["location"]
    assert Event.EXPORT_TAKEN not in {row.event for row in late.trail()}
