"""Welsh or English: chosen on the account or in a browser, and then wholly so on every page."""

import re
from uuid import UUID

import pytest

from app.access.models import Account
from app.access.permissions import Role
from app.core.languages import Language
from app.core.policies import add_policy
from app.core.policy import Policy, Receipts
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.approving import approve, owner_of
from notifications.recall import recall_incident
from tests.app.pages.reading import english_in, texts_of
from tests.app.pages.test_opening import ANSWERS, path
from tests.app.pages.test_own_access import Elsewhere
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, Person, add_person, invite, move, signed_in


def in_welsh(wiring: Wiring, person: Person) -> Browser:
    """Return a browser of somebody who chose Welsh on the own account."""
    browser = signed_in(wiring, person)
    answer = browser.press("/account/language", {"language": "cy"})
    assert answer.headers["location"] == "/account#language"
    return browser


def is_welsh(browser: Browser, status: int = 200) -> str:
    """Return the last page, which is wholly in Welsh and says so."""
    answer = browser.last
    assert answer is not None
    assert answer.status_code == status, answer.text
    assert '<html lang="cy"' in answer.text
    assert answer.headers["content-language"] == "cy"
    assert english_in(answer.text) == []
    return answer.text


def test_a_key_adult_does_everything_in_welsh(wiring: Wiring, morning: Morning) -> None:
    first, other = morning.notification(), morning.notification(person_digest=b"q" * 32)
    own = in_welsh(wiring, morning.priya)
    here = path(first)
    own.get("/inbox")
    assert "2 neges i’w hagor" in is_welsh(own)
    own.get(here)
    assert "erbyn dydd Gwener 20 Tachwedd 2026" in is_welsh(own)
    own.press(f"{here}/first-step")
    own.get(here)
    assert "ganwyd yn 2016" in is_welsh(own)
    own.press(f"{here}/open", {"on_roll": "yes"})
    page = is_welsh(own, 400)
    assert "<title>Gwall: " in page
    assert "Dywedwch a ydych yn adnabod y teulu y tu allan i’r ysgol" in page
    own.press(f"{here}/open", ANSWERS)
    own.get(here)
    page = is_welsh(own)
    assert "Asha Example-Khan" in page
    assert "Clywodd y digwyddiad" in page
    assert "Peidiwch â siarad ag unrhyw riant" in page
    for answer in ("in_school", "absent"):
        own.press(f"{here}/attendance", {"answer": answer})
        own.get(here)
        is_welsh(own)
    own.press(f"{here}/acknowledge")
    own.get(here)
    assert "Cydnabuwyd ddydd Gwener 20 Tachwedd 2026 am" in is_welsh(own)
    own.get(f"{here}/follow-up")
    is_welsh(own)
    own.press(f"{here}/follow-up")
    assert "Dewiswch yr hyn y mae’r ysgol wedi’i wneud" in is_welsh(own, 400)
    own.press(f"{here}/follow-up", {"codes": ["staff_told", "silent_support"]})
    own.get(here)
    assert "Cefnogaeth dawel" in is_welsh(own)
    own.get(f"{here}/covered")
    is_welsh(own)
    own.press(f"{path(other)}/first-step")
    own.get(f"{path(other)}/not-our-pupil")
    assert "Ni fu’r plentyn erioed ar ein cofrestr" in is_welsh(own)
    own.press(f"{path(other)}/not-our-pupil", {"why": "left"})
    own.get(path(other))
    assert "ein disgybl ni yw hwn" in is_welsh(own)
    own.press(f"{path(other)}/undo")
    own.get("/inbox")
    is_welsh(own)


def test_paper_is_in_welsh(wiring: Wiring, morning: Morning) -> None:
    waiting = morning.notification()
    with wiring.database.write(PLATFORM) as session:
        now, body = wiring.clock.now(), Policy(receipts=Receipts(printing=True))
        add_policy(session, FORCE, body=body, valid_from=now, approved_by="account:dpo", now=now)
    own = in_welsh(wiring, morning.priya)
    own.press(path(waiting, "/first-step"))
    own.press(path(waiting, "/open"), ANSWERS)
    own.press(path(waiting, "/print"))
    page = is_welsh(own)
    assert "Argraffwyd gan Priya Nair, dydd Gwener 20 Tachwedd 2026 am" in page
    assert "Gwelwyd yn ddiogel gan swyddog" in page


def test_what_is_for_a_colleague_or_was_taken_back_is_said_in_welsh(
    wiring: Wiring, morning: Morning
) -> None:
    mine, back = morning.notification(), morning.notification(person_digest=b"q" * 32)
    own = in_welsh(wiring, morning.priya)
    for one, knows in ((mine, "yes"), (back, "no")):
        own.press(path(one, "/first-step"))
        own.press(path(one, "/open"), ANSWERS | {"knows_family": knows})
    own.get(path(mine))
    assert "Rydych yn adnabod y teulu" in is_welsh(own)
    with wiring.database.write(PLATFORM) as session:
        recall_incident(
            session, incident_ids=[morning.read(back).incident_id], reason_code="wrong_school",
            actor="job:test", now=wiring.clock.now(),
        )  # fmt: skip
    own.get(path(back))
    assert "Nid yw’r neges hon yma mwyach" in is_welsh(own)
    own.get("/inbox")
    page = is_welsh(own)
    assert "Tynnwyd neges yn ôl" in page
    assert "I gydweithiwr ei hagor" in page


def test_whoever_is_invited_sets_up_the_account_in_welsh(wiring: Wiring, morning: Morning) -> None:
    _, token = invite(wiring, "new@example.org", Role.KEY_ADULT, urn=URN)
    browser = Browser(wiring)
    form = {"language": "cy", "link": token}
    answer = browser.press("/sign-in/language", form, page=f"/enrol/{token}")
    assert answer.headers["location"] == f"/enrol/{token}"
    browser.get(f"/enrol/{token}")
    assert "Sefydlu eich cyfrif" in is_welsh(browser)
    form = {"password": "short", "repeated": "other", "code": "000000"}
    browser.press(f"/enrol/{token}", form, page=f"/enrol/{token}")
    assert "Defnyddiwch gyfrinair o 15 nod o leiaf" in is_welsh(browser, 400)


def test_a_browser_that_has_to_be_let_in_is_told_so_in_welsh(
    wiring: Wiring, morning: Morning
) -> None:
    signed_in(wiring, morning.priya)
    other = Elsewhere(wiring, "203.0.113.9")
    other.http.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    move(wiring, seconds=30)
    other.press("/sign-in/language", {"language": "cy"}, page="/sign-in")
    other.sign_in(morning.priya)
    assert "Ni ddefnyddiwyd Firefox ar Windows" in is_welsh(other, 403)


def test_a_colleague_at_the_same_school_reads_english(wiring: Wiring, morning: Morning) -> None:
    waiting = morning.notification()
    welsh, english = in_welsh(wiring, morning.priya), signed_in(wiring, morning.huw)
    for browser, code, words in ((welsh, "cy", "Mae neges yn aros"), (english, "en", "A message")):
        page = browser.get(path(waiting))
        assert (page.headers["content-language"], f'lang="{code}"' in page.text) == (code, True)
        assert words in page.text


@pytest.mark.parametrize(
    "address",
    ["/account", "/account/access", "/account/password", "/account/passkey", "/account/contact",
     "/account/prove"],
)  # fmt: skip
def test_the_own_account_is_wholly_in_welsh(wiring: Wiring, morning: Morning, address: str) -> None:
    own = in_welsh(wiring, morning.priya)
    own.get(address)
    assert "Eich cyfrif" in is_welsh(own) or address != "/account"


def test_errors_of_forms_are_in_welsh(wiring: Wiring, morning: Morning) -> None:
    own = in_welsh(wiring, morning.priya)
    own.press("/account/password", {"old": "not this one", "password": "short", "repeated": "x"})
    page = is_welsh(own, 400)
    assert "Mae problem" in page
    assert "Gwall:" in page
    own.press("/account/prove", {"code": "000000"})
    assert "Nid yw hynny’n gywir" in is_welsh(own, 400)


def test_what_is_not_there_and_what_went_wrong_is_said_in_welsh(
    wiring: Wiring, morning: Morning
) -> None:
    waiting = morning.notification()
    own = in_welsh(wiring, morning.priya)
    own.get(path(UUID(int=7)))
    assert "Heb ddod o hyd i’r dudalen" in is_welsh(own, 404)
    own.get("/there/is/no/such/page")
    is_welsh(own, 404)
    own.press(f"{path(waiting)}/acknowledge")
    assert "Agorwch y neges yn gyntaf" in is_welsh(own, 409)
    # Also in a browser that knows nothing yet but who is signed in.
    other = signed_in(wiring, morning.priya)
    other.get(path(UUID(int=7)))
    is_welsh(other, 404)


def test_the_choice_goes_along_to_another_browser(wiring: Wiring, morning: Morning) -> None:
    in_welsh(wiring, morning.priya)
    other = signed_in(wiring, morning.priya)
    assert '<html lang="en"' in Browser(wiring).get("/sign-in").text
    other.get("/inbox")
    is_welsh(other)
    back = other.press("/account/language", {"language": "en"})
    assert back.status_code == 303
    assert '<html lang="en"' in other.get("/inbox").text


def test_who_is_not_signed_in_chooses_in_the_browser(wiring: Wiring, morning: Morning) -> None:
    browser = Browser(wiring)
    assert (
        '<button class="app-link-button" type="submit" lang="cy">Cymraeg'
        in browser.get("/sign-in").text
    )
    answer = browser.press("/sign-in/language", {"language": "cy"}, page="/sign-in")
    assert answer.headers["location"] == "/sign-in"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-encompass-language=cy;")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    browser.get("/sign-in")
    is_welsh(browser)
    # Who never chose on the account reads what the browser was set to.
    move(wiring, seconds=30)
    assert browser.sign_in(morning.huw).status_code == 303
    browser.get("/inbox")
    is_welsh(browser)


def test_a_link_to_set_up_an_account_is_read_in_welsh(wiring: Wiring, morning: Morning) -> None:
    browser = Browser(wiring)
    answer = browser.press(
        "/sign-in/language", {"language": "cy", "link": "abc_DEF-1"}, page="/sign-in"
    )
    assert answer.headers["location"] == "/enrol/abc_DEF-1"
    browser.get("/enrol/abc_DEF-1")
    is_welsh(browser, 404)
    for foreign in ("//elsewhere.example", "../account", "a/b"):
        form = {"language": "cy", "link": foreign}
        answer = browser.press("/sign-in/language", form, page="/sign-in")
        assert answer.headers["location"] == "/sign-in"


def test_no_answer_before_signing_in_says_what_an_account_chose(
    wiring: Wiring, morning: Morning
) -> None:
    in_welsh(wiring, morning.priya)
    browser = Browser(wiring)
    said = {
        email: browser.press(
            "/sign-in", {"email": email, "password": "wrong", "code": "000000"}, page="/sign-in"
        )
        for email in (morning.priya.email, morning.huw.email, "nobody@example.org")
    }
    assert {answer.status_code for answer in said.values()} == {401}
    assert {answer.headers["content-language"] for answer in said.values()} == {"en"}
    bare = {re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.text) for answer in said.values()}
    assert len(bare) == 1
    assert not any("language" in name for name in browser.http.cookies)


def test_a_language_is_taken_only_from_a_form_of_ours(wiring: Wiring, morning: Morning) -> None:
    own = signed_in(wiring, morning.priya)
    answer = own.http.post("/account/language", data={"language": "cy", "form_token": "x"})
    assert answer.status_code == 403
    assert (
        Browser(wiring).http.post("/sign-in/language", data={"language": "cy"}).status_code == 403
    )
    assert own.press("/account/language", {"language": "fr"}).status_code == 400
    with wiring.database.read(PLATFORM) as session:
        assert session.get_one(Account, morning.priya.account_id).language is None
        assert session.get_one(Account, morning.huw.account_id).language is None


def test_one_persons_language_is_nobody_elses(wiring: Wiring, morning: Morning) -> None:
    in_welsh(wiring, morning.priya)
    with wiring.database.read(PLATFORM) as session:
        chosen = {
            person.email: session.get_one(Account, person.account_id).language
            for person in (morning.priya, morning.huw, morning.stranger)
        }
    assert chosen == {
        "priya@example.org": Language.WELSH, "huw@example.org": None, "stranger@example.org": None,
    }  # fmt: skip


def test_a_page_that_is_in_english_only_says_so_in_welsh(wiring: Wiring, morning: Morning) -> None:
    own = in_welsh(wiring, add_person(wiring, "lead@example.org", Role.LEAD, force=FORCE))
    answer = own.get("/reports/drills")
    assert '<html lang="en"' in answer.text
    assert answer.headers["content-language"] == "en"
    assert '<p class="govuk-body app-quiet" lang="cy">Mae’r dudalen hon yn Saesneg yn unig.' in (
        answer.text
    )
    in_english = signed_in(wiring, add_person(wiring, "other@example.org", Role.LEAD, force=FORCE))
    assert "Saesneg" not in in_english.get("/reports/drills").text


def test_a_message_in_words_that_were_not_approved_in_welsh_stays_english_and_says_so(
    wiring: Wiring, morning: Morning
) -> None:
    with wiring.database.write(PLATFORM) as session:
        approve(
            session, owner_of(FORCE), version="2026-11.2", approved_by="The DPO",
            now=wiring.clock.now(), actor="operator:test",
        )  # fmt: skip
    waiting = morning.notification()
    own = in_welsh(wiring, morning.priya)
    own.press(path(waiting, "/first-step"))
    own.press(path(waiting, "/open"), ANSWERS)
    own.get(path(waiting))
    page = is_welsh(own)
    assert "Yn Saesneg yn unig y mae geiriau’r neges hon" in page
    assert "Heard it" in page
    read = " ".join(texts_of(page))
    for english in ("Heard it", "Do not speak to", "Who spoke with the child", "Police reference"):
        assert english not in read
