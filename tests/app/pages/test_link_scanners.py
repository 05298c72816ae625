"""Mail scanners open, HEAD, run scripts and post forms: nothing changes, nothing is shown."""

import os
import random
from uuid import UUID

import pytest

from app.core.audit import Event
from app.core.models import AuditEntry
from tests.factories.mornings import Morning
from tests.factories.people import Browser
from tests.rows import everything

# 10,000 by `ENCOMPASS_SCANNER_HITS`; every kind of address and method comes up in far fewer.
HITS = int(os.environ.get("ENCOMPASS_SCANNER_HITS", "600"))
# A posted sign-in without a password is refused, counted and on the trail: nothing else changes.
_REFUSED = {"audit", "audit_head", "sign_in_failure"}
_TAILS = (
    "", "/first-step", "/open", "/acknowledge", "/not-our-pupil", "/undo", "/follow-up",
    "/attendance", "/changes-read", "/destroyed", "/export", "/print", "/covered",
    "/still-shown/1/1",
)  # fmt: skip
_FORMS: tuple[dict[str, str], ...] = (
    {}, {"on_roll": "yes", "knows_family": "no"}, {"answer": "absent"}, {"codes": "silent_support"},
)  # fmt: skip


def addresses(notification_id: UUID) -> list[str]:
    own = [f"/notifications/{notification_id}{tail}" for tail in _TAILS]
    return ["/", "/sign-in", "/inbox", "/account", f"/timeline/{notification_id}", *own]


@pytest.mark.timeout(120 + HITS // 10)
@pytest.mark.feature("AK3")
@pytest.mark.feature("DL10")
def test_no_hit_of_a_link_scanner_changes_or_shows_anything(
    morning: Morning,
) -> None:
    waiting = morning.notification()
    before = everything(morning.wiring)
    known = {row.event for row in morning.force.rows(AuditEntry)}
    browser = Browser(morning.wiring)
    chance = random.Random(77)
    paths, token = addresses(waiting), ""
    for _ in range(HITS):
        path, method = chance.choice(paths), chance.choice(("GET", "HEAD", "POST", "SCRIPT"))
        if method == "SCRIPT":
            # A scanner that runs scripts keeps cookies and sends the form the page gave it.
            token = token or browser.form_token("/sign-in")
            answer = browser.http.post(path, data={"form_token": token, **chance.choice(_FORMS)})
        elif method == "POST":
            answer = browser.http.post(path, data=chance.choice(_FORMS), headers={"Cookie": ""})
        else:
            answer = browser.http.request(method, path)
        assert answer.status_code != 500
        assert "Asha" not in answer.text
    after = everything(morning.wiring)
    assert {name for name in after if after[name] != before[name]} <= _REFUSED
    new = {row.event for row in morning.force.rows(AuditEntry)} - known
    assert new <= {Event.SIGN_IN_REFUSED}
