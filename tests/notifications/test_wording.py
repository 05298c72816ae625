"""Words carry versions: one counts once it is approved, and what was shown then can be shown."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.casework.words_shown import Kept, WordsShown, words_of_alerts, words_of_message
from app.core import keys
from app.core.clock import london_date
from app.core.errors import Refused
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from notifications import alerts, rendered_proof, wording
from notifications.approving import (
    BY_DEFAULT,
    INSTALLATION,
    approvals,
    approve,
    notice_version,
    owner_of,
)
from notifications.attempts import ClaimedAlert
from notifications.channels.recording import RecordingChannel
from notifications.delivery import send_all
from notifications.models import Alert, Notification, NotificationContent
from notifications.outbox import claim
from notifications.queries import content_of
from notifications.rendered import facts, placed_text, shown
from notifications.states import AlertState, NotificationState, Template, WordingKind
from notifications.wording_models import WordingApproval
from tests.factories.notifications import DUE, FORCE, NotifyingForce

LATER = "2099-01.1"
_CACHES = (
    wording._words, wording._manifest, wording.alert_digest, alerts._shape, alerts._wording,
)  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The words of this release in a place where a test may change them."""
    folder = tmp_path / "templates"
    shutil.copytree(wording.TEMPLATES, folder)
    monkeypatch.setattr(wording, "TEMPLATES", folder)
    forget()
    yield folder
    monkeypatch.undo()
    forget()


def forget() -> None:
    for one in _CACHES:
        one.cache_clear()


@pytest.fixture
def later(shelf: Path) -> str:
    """A release later: other words for a notification and for the alerts, each a new version."""
    notice = shelf / "notice" / f"{wording.newest(WordingKind.NOTICE)}.toml"
    text = notice.read_text("utf-8").replace("Saw it", "Saw what happened").replace(
        "Heard it", "Heard what happened"
    )  # fmt: skip
    (shelf / "notice" / f"{LATER}.toml").write_text(text, "utf-8")
    shutil.copytree(shelf / "alert" / wording.newest(WordingKind.ALERT), shelf / "alert" / LATER)
    body = shelf / "alert" / LATER / "message_waiting" / "body.txt"
    body.write_text(body.read_text("utf-8").replace("as soon as you can", "today"), "utf-8")
    ship(shelf)
    return LATER


def ship(shelf: Path) -> None:
    """Pin the later version, as a release does."""
    manifest = shelf / "digests.toml"
    lines = manifest.read_text("utf-8")
    for kind in WordingKind:
        pinned = (
            f'"{wording.newest(kind)}" = "{wording.digest_of(kind, wording.newest(kind)).hex()}"'
        )
        line = f'"{LATER}" = "{wording.digest_of(kind, LATER).hex()}"'
        lines = lines.replace(pinned, f"{pinned}\n{line}")
    manifest.write_text(lines, "utf-8")
    forget()


def stored(force: NotifyingForce) -> NotificationContent:
    row: NotificationContent = force.rows(NotificationContent)[0]
    return row


@pytest.mark.feature("CO1")
def test_no_word_differs_from_what_was_shipped_under_its_version() -> None:
    assert wording.changed_without_a_version() == ()


@pytest.mark.feature("CO1")
@pytest.mark.parametrize(
    "file", ["notice/2026-11.2.toml", "alert/2026-11.1/message_waiting/subject.cy.txt"]
)
def test_a_word_changed_without_a_new_version_is_found(shelf: Path, file: str) -> None:
    path = shelf / file
    path.write_text(path.read_text("utf-8").replace("a", "o", 1).replace("child", "kid"), "utf-8")
    kind, version = file.removesuffix(".toml").split("/")[:2]
    assert wording.changed_without_a_version() == (f"{kind} {version}",)


def test_a_version_that_nobody_shipped_or_that_is_gone_is_found(shelf: Path) -> None:
    shutil.copy(shelf / "notice" / "2026-11.2.toml", shelf / "notice" / "2026-11.9.toml")
    shutil.rmtree(shelf / "alert" / "2026-11.1")
    assert wording.changed_without_a_version() == ("alert 2026-11.1", "notice 2026-11.9")


def test_every_alert_there_is_has_its_words_in_every_version() -> None:
    for version in wording.shipped(WordingKind.ALERT):
        for template in Template:
            names = {path.name for path in wording.alert_folder(template, version).iterdir()}
            assert {"subject.txt", "subject.cy.txt", "body.txt", "body.cy.txt"} <= names


@pytest.mark.feature("CO1")
def test_the_words_that_came_with_the_release_are_used_at_once_and_that_is_recorded(
    force: NotifyingForce,
) -> None:
    force.place()
    version = wording.newest(WordingKind.NOTICE)
    (row,) = force.rows(WordingApproval)
    assert (row.owner, row.version, row.approved_by) == (owner_of(FORCE), version, BY_DEFAULT)
    assert row.digest == wording.digest_of(WordingKind.NOTICE, version)
    assert stored(force).template_version == version


@pytest.mark.feature("CO1")
def test_other_words_count_from_when_a_named_person_of_the_force_approved_them(
    force: NotifyingForce, later: str
) -> None:
    before = wording.shipped(WordingKind.NOTICE)[0]
    with force.database.write(PLATFORM) as session:
        approve(
            session, owner_of(FORCE), version=before, approved_by="The DPO", now=force.now,
            actor="operator:test",
        )  # fmt: skip
        assert notice_version(session, FORCE, now=force.now) == before
        approve(
            session, owner_of(FORCE), version=later, approved_by="The DPO again", now=force.now,
            actor="operator:test",
        )  # fmt: skip
        assert notice_version(session, FORCE, now=force.now) == later
        assert [one.approved_by for one in approvals(session, owner_of(FORCE))] == [
            "The DPO again", "The DPO",
        ]  # fmt: skip
    with force.database.read(PLATFORM) as session:
        trail = session.scalars(
            select(AuditEntry).where(AuditEntry.event == "access:wording:approved")
        ).all()
    assert [(one.force, one.subject) for one in trail] == [
        (FORCE, f"wording:notice:{before}"), (FORCE, f"wording:notice:{later}"),
    ]  # fmt: skip


def test_after_a_roll_back_the_words_approved_before_count_again(
    force: NotifyingForce, later: str, shelf: Path
) -> None:
    first = wording.shipped(WordingKind.NOTICE)[0]
    with force.database.write(PLATFORM) as session:
        for version in (first, later):
            approve(
                session, owner_of(FORCE), version=version, approved_by="The DPO", now=force.now,
                actor="operator:test",
            )  # fmt: skip
    manifest = shelf / "digests.toml"
    lines = manifest.read_text("utf-8").splitlines(keepends=True)
    manifest.write_text("".join(line for line in lines if LATER not in line), "utf-8")
    forget()
    with force.database.write(PLATFORM) as session:
        assert notice_version(session, FORCE, now=force.now) == first
    # A message placed in words that are not here any more is said in the newest that are.
    assert wording.words(later).version == wording.newest(WordingKind.NOTICE)


@pytest.mark.parametrize(
    ("version", "name"), [("2001-01.1", "The DPO"), ("2026-11.2", " "), ("2026-11.2", "x" * 101)]
)
def test_unknown_words_and_an_approver_without_a_name_are_refused(
    force: NotifyingForce, version: str, name: str
) -> None:
    with force.database.write(PLATFORM) as session, pytest.raises(Refused):
        approve(
            session, owner_of(FORCE), version=version, approved_by=name, now=force.now,
            actor="operator:test",
        )  # fmt: skip


def test_words_that_are_not_as_shipped_cannot_be_approved(
    force: NotifyingForce, shelf: Path
) -> None:
    path = shelf / "notice" / "2026-11.2.toml"
    path.write_text(path.read_text("utf-8").replace("ring 999", "ring us"), "utf-8")
    with force.database.write(PLATFORM) as session, pytest.raises(Refused, match="install"):
        approve(
            session, owner_of(FORCE), version="2026-11.2", approved_by="The DPO", now=force.now,
            actor="operator:test",
        )  # fmt: skip


@pytest.mark.feature("CO1")
def test_a_message_keeps_the_words_it_was_placed_in_whatever_is_approved_later(
    force: NotifyingForce, later: str
) -> None:
    with force.database.write(PLATFORM) as session:
        approve(
            session, owner_of(FORCE), version=wording.shipped(WordingKind.NOTICE)[0],
            approved_by="The DPO", now=force.now, actor="operator:test",
        )  # fmt: skip
    first = force.place()
    with force.database.write(PLATFORM) as session:
        approve(
            session, owner_of(FORCE), version=later, approved_by="The DPO", now=force.now,
            actor="operator:test",
        )  # fmt: skip
    second = force.place(person_digest=b"q" * 32)
    said = {}
    with force.database.read(PLATFORM) as session:
        for notification_id in (first, second):
            content = content_of(
                session, force.cipher, session.get_one(Notification, notification_id)
            )
            lines = {one.code: one.text for one in facts(content, today=london_date(force.now))}
            said[notification_id] = lines["presence"]
    assert said == {first: "Heard it", second: "Heard what happened"}


@pytest.mark.feature("CO1")
def test_what_was_shown_is_proved_by_a_digest_that_nobody_can_guess_and_that_dies_with_it(
    force: NotifyingForce,
) -> None:
    order = force.order()
    notification_id = force.place(order)
    row = stored(force)
    with force.database.read(PLATFORM) as session:
        content = content_of(session, force.cipher, session.get_one(Notification, notification_id))
    text = placed_text(content, on=london_date(row.composed_at))
    assert "Heard it" in text
    assert "Asha" in text
    key = order.content_key
    assert row.rendered_digest == force.cipher.digest_with(key, "rendered", text)
    other, _ = force.cipher.new_content_key(FORCE)
    assert row.rendered_digest != force.cipher.digest_with(other, "rendered", text)
    assert row.rendered_digest != force.cipher.digest_with(
        key, "rendered", text.replace("Heard it", "Saw it")
    )


def test_a_child_is_told_though_the_proof_of_the_words_cannot_be_made(
    force: NotifyingForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(content: object, *, on: object) -> str:
        raise KeyError("a sentence that is not there")

    monkeypatch.setattr(rendered_proof, "placed_text", broken)
    ident = force.place()
    with force.wiring.database.read(PLATFORM) as session:
        row = session.scalars(
            select(NotificationContent).where(NotificationContent.notification_id == ident)
        ).one()
        assert row.rendered_digest is None
        assert session.get_one(Notification, ident).state is NotificationState.READY


def test_an_alert_that_an_older_version_does_not_have_is_said_in_the_newest(
    shelf: Path, later: str
) -> None:
    older = wording.shipped(WordingKind.ALERT)[0]
    shutil.rmtree(shelf / "alert" / older / Template.DRILL)
    assert wording.alert_folder(Template.DRILL, older) == shelf / "alert" / later / Template.DRILL
    assert wording.alert_folder(Template.CODE, older) == shelf / "alert" / older / Template.CODE


def test_every_sentence_of_a_message_is_in_what_the_digest_is_made_of(
    force: NotifyingForce,
) -> None:
    notification_id = force.place()
    with force.database.read(PLATFORM) as session:
        content = content_of(session, force.cipher, session.get_one(Notification, notification_id))
    today = london_date(force.now)
    notice = shown(content, today=today)
    assert notice is not None
    text = placed_text(content, on=today)
    points = [point for part in notice.advice for point in part.points]
    lines = [line for fact in notice.facts for line in (fact.label, fact.text)]
    for said in (*points, *lines, notice.opening, notice.first_of_all, notice.script.guidance):
        assert said in text.replace('\\"', '"')
    assert content.desk.hours in text


@pytest.mark.feature("CO1")
def test_an_alert_keeps_version_and_digest_of_its_words_and_repeats_them_to_the_byte(
    force: NotifyingForce, later: str
) -> None:
    with force.database.write(PLATFORM) as session:
        approve(
            session, INSTALLATION, version=wording.shipped(WordingKind.ALERT)[0],
            approved_by="The operator", now=force.now, actor="operator:test",
        )  # fmt: skip
    force.place()
    force.at(DUE)
    force.chase()
    alert = force.rows(Alert)[0]
    first = wording.shipped(WordingKind.ALERT)[0]
    assert alert.template_version == first
    assert alert.wording_digest == wording.alert_digest(alert.template, first)
    channel = force.wiring.channel
    assert isinstance(channel, RecordingChannel)
    send_all(claimed(force), channel)
    with force.database.write(PLATFORM) as session:
        approve(
            session, INSTALLATION, version=later, approved_by="The operator", now=force.now,
            actor="operator:test",
        )  # fmt: skip
        row = session.get_one(Alert, alert.id)
        row.state, row.lease_until, row.lease_owner = AlertState.UNKNOWN, None, None
    send_all(claimed(force), channel)
    same = [one.raw for one in channel.sent if one.message.alert_id == alert.id]
    assert len(same) == 2
    assert same[0] == same[1]
    assert b"as soon as you can" in same[0]


@pytest.mark.feature("CO1")
def test_alerts_have_other_words_once_the_installation_approved_them(
    force: NotifyingForce, later: str
) -> None:
    with force.database.write(PLATFORM) as session:
        approve(
            session, INSTALLATION, version=later, approved_by="The operator", now=force.now,
            actor="operator:test",
        )  # fmt: skip
    force.place()
    force.at(DUE)
    force.chase()
    channel = force.wiring.channel
    assert isinstance(channel, RecordingChannel)
    send_all(claimed(force), channel)
    assert force.rows(Alert)[0].template_version == later
    assert b"Please read it today" in channel.sent[0].raw


@pytest.mark.feature("CO1")
def test_a_later_reader_sees_which_words_were_shown_and_whether_they_still_stand(
    force: NotifyingForce, shelf: Path
) -> None:
    notification_id = force.place()
    force.at(DUE)
    force.chase()
    assert {one.kept for one in looked_at(force, notification_id)} == {Kept.AS_SHOWN_THEN}
    assert [one.words for one in looked_at(force, notification_id)][:2] == [
        wording.newest(WordingKind.NOTICE), wording.newest(WordingKind.ALERT),
    ]  # fmt: skip
    notice = shelf / "notice" / f"{wording.newest(WordingKind.NOTICE)}.toml"
    notice.write_text(notice.read_text("utf-8").replace("Heard it", "Heard"), "utf-8")
    forget()
    message, *_ = looked_at(force, notification_id)
    assert (message.kept, message.approved_by) == (Kept.NOT_AS_SHOWN_THEN, BY_DEFAULT)
    with force.database.write(PLATFORM) as session:
        keys.destroy(session, stored(force).content_key_id, now=force.now)
    assert looked_at(force, notification_id)[0].kept is Kept.ERASED


def looked_at(force: NotifyingForce, notification_id: UUID) -> list[WordsShown]:
    with force.database.read(PLATFORM) as session:
        notification = session.get_one(Notification, notification_id)
        return [
            *words_of_message(session, force.cipher, notification),
            *words_of_alerts(session, session.scalars(select(Alert)).all()),
        ]


def claimed(force: NotifyingForce) -> list[ClaimedAlert]:
    with force.database.write(PLATFORM) as session:
        return claim(session, force.cipher, owner="test", now=force.now)
