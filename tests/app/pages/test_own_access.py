"""New browsers, sessions in several places, and what ends them on the next request."""

import re
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.access import accounts, sessions
from app.access.models import KnownBrowser, SignInSession
from app.access.permissions import Grant, Role
from app.access.roles import end_role
from app.core.clock import london_date
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.main import create_app
from app.wiring import Wiring
from notifications.models import Alert
from notifications.states import Template
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import PASSWORD, Browser, Person, add_person, move, signed_in

SESSION = "__Host-encompass-session"


class Elsewhere(Browser):
    """A browser at another network address."""

    def __init__(self, wiring: Wiring, address: str) -> None:
        super().__init__(wiring)
        self.http = TestClient(
            create_app(wiring), base_url="https://testserver", follow_redirects=False,
            client=(address, 50_000),
        )  # fmt: skip


def test_a_new_browser_somewhere_else_waits_until_its_owner_lets_it_in(
    wiring: Wiring, morning: Morning
) -> None:
    waiting = morning.notification()
    known = signed_in(wiring, morning.priya)
    phished = Elsewhere(wiring, "203.0.113.9")
    move(wiring, seconds=30)
    answer = phished.sign_in(morning.priya)
    assert answer.status_code == 403
    assert "The desk will ring you" in answer.text
    assert "encompass-session" not in answer.headers.get("set-cookie", "")
    assert phished.get(f"/notifications/{waiting}").status_code == 303
    with wiring.database.read(PLATFORM) as session:
        alert = session.scalars(select(Alert).where(Alert.about.startswith("access:"))).one()
        assert alert.template == Template.ACCOUNT
        adult = session.get_one(KeyAdult, alert.key_adult_id)
        assert adult.account_id == morning.priya.account_id
        ident = session.scalars(
            select(KnownBrowser.id).where(KnownBrowser.let_in_at.is_(None))
        ).one()
        recorded = select(AuditEntry.subject).where(AuditEntry.event == "access:browser:waits")
        assert session.scalars(recorded).all() == [morning.priya.actor]

    assert "browser that we do not know" in known.get("/account").text
    assert "Is this you?" in known.get("/account/access").text
    for other in (morning.huw, morning.stranger):
        theirs = signed_in(wiring, other)
        assert "Is this you?" not in theirs.get("/account/access").text
        for act in ("let-in", "shut-out"):
            assert theirs.press(f"/account/browsers/{ident}/{act}").status_code == 404
    assert known.press(f"/account/browsers/{ident}/let-in").status_code == 303
    move(wiring, seconds=30)
    assert phished.sign_in(morning.priya).status_code == 303
    # Shut out again it is signed out at once, and its cookie is worth nothing any more.
    assert known.press(f"/account/browsers/{ident}/shut-out").status_code == 303
    assert phished.get("/inbox").status_code == 303
    move(wiring, seconds=30)
    assert phished.sign_in(morning.priya).status_code == 403
    assert "Is this you?" not in known.get("/account/access").text


def test_somebody_is_signed_in_at_two_places_and_ends_the_other(
    wiring: Wiring, morning: Morning
) -> None:
    here, there = signed_in(wiring, morning.priya), signed_in(wiring, morning.priya)
    ident = newest_session(wiring, morning.priya)
    assert len(re.findall("Sign it out", here.get("/account/access").text)) == 1
    for other in (morning.huw, morning.stranger):
        theirs = signed_in(wiring, other)
        assert theirs.press(f"/account/sessions/{ident}/end").status_code == 404
    assert there.get("/inbox").status_code == 200
    assert here.press(f"/account/sessions/{ident}/end").status_code == 303
    assert there.get("/inbox").status_code == 303
    assert here.press(f"/account/sessions/{ident}/end").status_code == 404
    third = signed_in(wiring, morning.priya)
    assert here.press("/account/sessions/others/end").status_code == 303
    assert third.get("/inbox").status_code == 303
    assert here.get("/inbox").status_code == 200


def test_signing_in_once_more_in_a_browser_ends_what_was_open_there(
    wiring: Wiring, morning: Morning
) -> None:
    """Whoever holds the old cookie has nothing, whoever signs in; a refused try ends nothing."""
    here, there = signed_in(wiring, morning.priya), signed_in(wiring, morning.priya)
    stranger = signed_in(wiring, morning.stranger)
    old = Browser(wiring)
    hold(old, here.http.cookies[SESSION])
    assert old.get("/inbox").status_code == 200

    def comes(person: Person, **typed: str) -> int:
        move(wiring, seconds=30)
        form = {"email": person.email, "password": PASSWORD, "code": person.code(), **typed}
        # The page was open since before: now that somebody is signed in it leads elsewhere.
        held = here.http.cookies[SESSION]
        here.http.cookies.delete(SESSION)
        token = here.form_token("/sign-in")
        hold(here, held)
        return here.http.post("/sign-in", data={"form_token": token, **form}).status_code

    assert comes(morning.priya, code="000000") == 401
    assert old.get("/inbox").status_code == 200
    assert comes(morning.priya) == 303
    assert old.get("/inbox").status_code == 303
    assert comes(morning.huw) == 303
    assert ended_by(wiring) == [morning.priya.actor, morning.huw.actor]
    assert there.get("/inbox").status_code == 200
    assert stranger.get("/inbox").status_code == 200


def test_somebody_is_signed_in_at_five_places_and_a_sixth_ends_the_one_used_longest_ago(
    wiring: Wiring, morning: Morning
) -> None:
    colleague = signed_in(wiring, morning.huw)
    browsers = [signed_in(wiring, morning.priya) for _ in range(sessions.MOST_AT_ONCE)]
    move(wiring, seconds=1)
    for one in (browsers[0], *browsers[2:]):
        assert one.get("/inbox").status_code == 200
    assert ended_by(wiring) == []
    browsers.append(signed_in(wiring, morning.priya))
    still_in = [one.get("/inbox").status_code == 200 for one in browsers]
    assert still_in == [True, False, True, True, True, True]
    assert ended_by(wiring) == [morning.priya.actor]
    assert colleague.get("/inbox").status_code == 200


def hold(browser: Browser, token: str) -> None:
    browser.http.cookies.set(SESSION, token, domain="testserver.local", path="/")


def ended_by(wiring: Wiring) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        rows = select(AuditEntry.actor).where(AuditEntry.event == "access:session:ended")
        return list(session.scalars(rows.order_by(AuditEntry.seq)))


def test_leaving_losing_a_role_and_being_shut_out_count_on_the_next_request(
    wiring: Wiring, morning: Morning
) -> None:
    """The three people of the morning, each stopped in another way while signed in."""
    waiting, now = morning.notification(), wiring.clock.now()
    priya, huw, sam = (
        signed_in(wiring, one) for one in (morning.priya, morning.huw, morning.stranger)
    )
    assert priya.get(f"/notifications/{waiting}").status_code == 200
    assert huw.get(f"/notifications/{waiting}").status_code == 200
    assert sam.get("/inbox").status_code == 200
    with wiring.database.write(PLATFORM) as session:
        left = session.scalars(
            select(KeyAdult).where(KeyAdult.account_id == morning.priya.account_id)
        ).one()
        left.left_on = london_date(now)
        end_role(session, morning.huw.account_id, Grant(Role.KEY_ADULT, urn=URN), now=now)
        accounts.disable(session, morning.stranger.account_id, now=now, actor="operator")
    for stopped in (priya, huw):
        assert stopped.get(f"/notifications/{waiting}").status_code == 404
        assert (
            stopped.get("/inbox").status_code == 404
            or waiting.hex not in stopped.get("/inbox").text
        )
    assert sam.get("/inbox").status_code == 303
    assert sam.sign_in(morning.stranger).status_code == 401


def test_the_page_learns_how_long_it_lasts_and_asking_does_not_make_it_longer(
    wiring: Wiring, morning: Morning
) -> None:
    own = signed_in(wiring, morning.priya)
    assert 'data-seconds="900"' in own.get("/account").text
    move(wiring, minutes=13)
    for _ in range(2):
        assert own.get("/account/signed-in").json() == {"seconds": 120, "may_stay": True}
    token = re.search('name="form_token" value="([^"]+)"', own.http.get("/account").text)
    assert token is not None
    move(wiring, minutes=13)
    stayed = own.http.post("/account/signed-in", data={"form_token": token[1]})
    assert stayed.json() == {"seconds": 900, "may_stay": True}
    assert own.http.post("/account/signed-in", data={"form_token": "x"}).status_code == 403
    for _ in range(41):
        move(wiring, minutes=14)
        own.get("/account")
    assert own.get("/account/signed-in").status_code == 303


@pytest.mark.feature("SE1")
def test_what_could_do_harm_asks_again_who_it_is(wiring: Wiring, morning: Morning) -> None:
    """Breaking glass, copying and printing, a dossier, and every report as a file."""
    waiting, report = morning.notification(), "/reports/timeliness/force/99"
    key_adult = signed_in(wiring, morning.priya)
    lead = add_person(wiring, "lead@example.org", Role.LEAD, name="Sam Ward", force=FORCE)
    leading = signed_in(wiring, lead)
    move(wiring, minutes=14)
    key_adult.get("/inbox"), leading.get("/reports")
    move(wiring, minutes=7)
    for browser, path, back in (
        (leading, "/restricted", "%2Frestricted"),
        (leading, "/reports/morning/99/2026-11-20.csv", "%2Freports%2Fmorning%2F99%2F2026-11-20"),
        (leading, f"{report}/figures.csv", "%2Freports%2Ftimeliness%2Fforce%2F99"),
        (leading, f"{report}/report.xlsx", "%2Freports%2Ftimeliness%2Fforce%2F99"),
        (leading, "/reports/late/force/99/late.csv", "%2Freports%2Flate%2Fforce%2F99"),
    ):
        assert browser.get(path).headers["location"] == f"/account/prove?back={back}"
    for act in ("export", "print"):
        asked = key_adult.press(f"/notifications/{waiting}/{act}")
        assert asked.headers["location"] == f"/account/prove?back=%2Fnotifications%2F{waiting}"
    asked = leading.press("/restricted/ask", {"reference": "X"})
    assert asked.headers["location"] == "/account/prove?back=%2Frestricted"
    asked = leading.press("/records/dossier", {"reference": "X"})
    assert asked.headers["location"] == "/account/prove?back=%2Frecords"
    form = {"code": lead.code(), "back": "/restricted"}
    assert leading.press("/account/prove", form).headers["location"] == "/restricted"
    assert leading.get("/restricted").status_code == 200


@pytest.mark.parametrize("back", ["//example.org", "https://example.org", "/\\example.org", ""])
def test_after_proving_nobody_is_sent_anywhere_else(
    wiring: Wiring, morning: Morning, back: str
) -> None:
    own = signed_in(wiring, morning.priya)
    assert 'name="back" value="/account/access"' in own.get("/account/prove?back=" + back).text


def newest_session(wiring: Wiring, person: Person) -> UUID:
    with wiring.database.read() as session:
        return session.scalars(
            select(SignInSession.id)
            .where(SignInSession.account_id == person.account_id)
            .order_by(SignInSession.started_at.desc())
        ).first() or UUID(int=0)
