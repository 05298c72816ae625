"""Whoever sees a child's content stands on the trail, or sees nothing."""

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.permissions import Role
from app.core.cipher import Cipher
from app.core.errors import Unavailable
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import Incident
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Browser, add_person, signed_in

ROOT = Path(__file__).resolve().parents[3]
# Functions that open what is sealed under an incident's key.
OPENERS = {"open_key", "open_keys", "content_of", "contents_of", "content_and_key"}
# Acts of people that open content and leave the record to the act that calls them, and which.
RECORDED_BY_CALLER = {
    "remembering": "settling and reviewing",
    "amending": "submit, for a police system that sent the content itself",
    "words_shown": "the timeline, which shows whether words are the same and nothing of the child",
}
OPEN = {"on_roll": "yes", "knows_family": "no", "tied": "no"}
Look = Callable[[], Response]


def rows_of_trail(morning: Morning) -> int:
    with morning.wiring.database.read(PLATFORM) as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def looks(morning: Morning) -> dict[str, Look]:
    """Return each way to see a child's content, ready to be looked at again and again."""
    wiring = morning.wiring
    told, review = morning.notification(), morning.unclear(minutes=60)
    with wiring.database.read(PLATFORM) as session:
        reference = _reference(session, morning.read(told).incident_id)
    school = signed_in(wiring, morning.priya)
    page = f"/notifications/{told}"
    school.press(f"{page}/first-step", page=page)
    school.press(f"{page}/open", OPEN, page=page)
    reviewer = _of_force(morning, "reviewer@example.org", Role.REVIEWER)
    reviewer.press(f"/review/{review}/claim", page=f"/review/{review}")
    lead = _of_force(morning, "lead@example.org", Role.LEAD)
    asked = {
        "force": FORCE, "reference": reference, "child": "c1", "reason": "subject_access",
        "requester": "yes", "safe": "yes",
    }  # fmt: skip
    return {
        "a school reads its message": lambda: school.get(page),
        "a school reads its list": lambda: school.get("/inbox"),
        "a school takes it to its file": _button(school, f"{page}/export"),
        "a reviewer sees a child": lambda: reviewer.get(f"/review/{review}"),
        "a lead makes a dossier": _button(lead, "/records/dossier", asked),
    }


def _button(browser: Browser, path: str, form: Mapping[str, str] | None = None) -> Look:
    """Return the pressing of a button on a page that is on the screen by now."""
    filled = {"form_token": browser.form_token("/account"), **(form or {})}
    return lambda: browser.http.post(path, data=filled)


def _reference(session: Session, incident_id: UUID) -> str:
    return session.get_one(Incident, incident_id).reference


def _of_force(morning: Morning, email: str, role: Role) -> Browser:
    return signed_in(morning.wiring, add_person(morning.wiring, email, role, force=FORCE))


@pytest.mark.feature("AU3")
def test_what_cannot_be_recorded_is_not_shown(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways, opened = looks(morning), []
    opening = Cipher.open

    def noticed(cipher: Cipher, *given: Any, **named: Any) -> Any:
        if named["force"] is not None:
            opened.append(named["table"])
        return opening(cipher, *given, **named)

    def full(_session: Session) -> None:
        raise Unavailable("The trail takes no rows now: send it again.")

    monkeypatch.setattr(Cipher, "open", noticed)
    for way, look in ways.items():
        before = rows_of_trail(morning)
        opened.clear()
        shown = look()
        assert shown.status_code == 200, way
        assert opened, way
        assert "Asha" in shown.text, way
        assert rows_of_trail(morning) > before, way
    monkeypatch.setattr(morning.wiring.database, "_before_commit", full)
    for way, look in ways.items():
        opened.clear()
        refused = look()
        assert refused.status_code == 503, way
        assert "Asha" not in refused.text, way


def test_every_act_that_opens_content_records_it() -> None:
    unrecorded = {
        path.stem
        for path in (ROOT / "app" / "casework").glob("*.py")
        if OPENERS & _called(path) and not {"record", "_record", "record_on"} & _called(path)
    }
    assert unrecorded <= set(RECORDED_BY_CALLER), unrecorded


def test_content_keys_are_opened_in_one_place_alone() -> None:
    places = {
        str(path.relative_to(ROOT))
        for folder in ("app", "schools", "notifications")
        for path in (ROOT / folder).rglob("*.py")
        if "unwrap" in _called(path)
    }
    assert places == {"app/core/keys.py", "app/core/cipher.py"}


def test_no_page_and_no_route_opens_content_by_itself() -> None:
    for folder in ("pages", "api"):
        for path in (ROOT / "app" / folder).rglob("*.py"):
            assert not OPENERS & _called(path), path


def _called(path: Path) -> set[str]:
    """Return the names of all functions and methods that a module calls."""
    calls = (
        node.func
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )
    return {
        call.attr if isinstance(call, ast.Attribute) else call.id
        for call in calls
        if isinstance(call, ast.Attribute | ast.Name)
    }
