"""Key adults: order, training, absence, verification, import, and who cannot receive."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import Account
from app.core.cipher import Cipher
from app.core.database import Database
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.policy import Policy
from app.core.scope import PLATFORM
from schools.imports import ImportReport
from schools.key_adult_models import HolidayCover
from schools.key_adults import (
    Contact,
    attach_account,
    contact,
    contacts_of,
    import_key_adults,
)
from schools.models import KeyAdult, Status
from schools.readiness import NotReady, not_ready
from tests.factories.schools import NOW, add_school, key_adults_file

FRIDAY = date(2026, 11, 20)
POLICY = Policy()


@pytest.fixture(autouse=True)
def schools(database: Database) -> None:
    with database.write(PLATFORM) as session:
        add_school(session, 990001)
        add_school(session, 990002, name="Oakfield Primary School")
        add_school(session, 990003, name="Old Mill School", status=Status.CLOSED)


def load(
    database: Database, cipher: Cipher, *people: dict[str, object], dry_run: bool = False
) -> ImportReport:
    with database.write(PLATFORM) as session:
        return import_key_adults(
            session, cipher, key_adults_file(*people), now=NOW, dry_run=dry_run
        )


def contacts(database: Database, cipher: Cipher, *, on: date = FRIDAY) -> list[Contact]:
    with database.read(PLATFORM) as session:
        return contacts_of(session, cipher, 990001, on=on, policy=POLICY)


@pytest.mark.feature("RE5")
@pytest.mark.parametrize(
    ("person", "training", "reason"),
    [
        ({}, "trained", None),
        ({"TrainingExpiresOn": "20-11-2026"}, "trained", None),
        ({"TrainingExpiresOn": ""}, "trained", None),
        ({"TrainingExpiresOn": "19-11-2026"}, "lapsed", None),
        ({"TrainingExpiresOn": "21-10-2026"}, "lapsed", None),
        ({"TrainingExpiresOn": "20-10-2026"}, "none", "training_expired"),
        ({"TrainedOn": "", "TrainingExpiresOn": ""}, "none", "not_trained"),
        ({"VerifiedOn": ""}, "trained", "contact_unverified"),
        ({"AwayFrom": "20-11-2026", "AwayTo": "20-11-2026"}, "trained", "away"),
        ({"AwayFrom": "21-11-2026", "AwayTo": "30-11-2026"}, "trained", None),
        ({"LeftOn": "21-11-2026"}, "trained", None),
    ],
)
def test_who_can_receive_is_trained_verified_and_there(
    database: Database, cipher: Cipher, person: dict[str, object], training: str,
    reason: str | None,
) -> None:  # fmt: skip
    assert load(database, cipher, person).errors == []
    (found,) = contacts(database, cipher)
    assert (found.trained, found.lapsed) == (training == "trained", training == "lapsed")
    assert found.reason_code == reason
    assert found.can_receive is (reason is None)
    assert found.away is (reason == "away")


@pytest.mark.feature("RE4")
def test_key_adults_are_asked_in_order_and_leavers_not_at_all(
    database: Database, cipher: Cipher
) -> None:
    load(
        database, cipher,
        {"Position": 2, "Name": "Marcus Ambercroft", "Email": "marcus@example.org"},
        {"Position": 1},
        {"Position": 3, "Name": "Ines Thistle", "Email": "ines@example.org",
         "LeftOn": "20-11-2026"},
    )  # fmt: skip
    found = contacts(database, cipher)
    assert [(one.position, one.name) for one in found] == [
        (1, "Wendy Larkgarth"), (2, "Marcus Ambercroft"),
    ]  # fmt: skip
    assert found[0].email == "wendy@example.org"
    assert [one.name for one in contacts(database, cipher, on=date(2026, 11, 19))][2:] == [
        "Ines Thistle"
    ]
    assert "wendy" not in repr(found).casefold()


def test_a_person_is_known_by_school_and_address_and_brought_up_to_date(
    database: Database, cipher: Cipher
) -> None:
    assert load(database, cipher, {}).accepted == 1
    again = load(database, cipher, {"Email": "wendy@example.org"})
    assert (again.accepted, again.unchanged) == (0, 1)
    assert load(database, cipher, {"Email": "WENDY@example.org", "Position": 2}).accepted == 1
    away = {"Position": 2, "Email": "WENDY@example.org"}
    away |= {"AwayFrom": "19-11-2026", "AwayTo": "23-11-2026"}
    assert load(database, cipher, away).accepted == 1
    assert load(database, cipher, away).unchanged == 1
    assert load(database, cipher, {**away, "AwayTo": "19-11-2026"}).accepted == 1
    (found,) = contacts(database, cipher)
    assert (found.position, found.away) == (2, False)
    assert load(database, cipher, {"URN": "990002"}).accepted == 1


def test_a_dry_run_writes_nothing(database: Database, cipher: Cipher) -> None:
    report = load(database, cipher, {}, dry_run=True)
    assert (report.accepted, report.dry_run) == (1, True)
    assert contacts(database, cipher) == []


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ({"URN": "990099", "Email": "a@example.org"}, "unknown_school"),
        ({"Email": "nobody"}, "email"),
        ({"Email": "a@example.org, b@example.org"}, "email"),
        ({"Email": "a@example.org", "Telephone": "ask reception"}, "telephone"),
        ({"Email": "a@example.org", "Position": "0"}, "position"),
        ({"Email": "a@example.org", "Position": "first"}, "not_a_number"),
        ({"Email": "a@example.org", "Name": ""}, "missing"),
        ({"Email": "a@example.org", "TrainedOn": ""}, "training"),
        ({"Email": "a@example.org", "AwayFrom": "01-11-2026"}, "away"),
        ({"Email": "wendy@EXAMPLE.org"}, "twice"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_taken(
    database: Database, cipher: Cipher, person: dict[str, object], code: str
) -> None:
    report = load(database, cipher, {}, person, {"Email": "ines@example.org"})
    assert (report.accepted, report.rejected) == (2, 1)
    assert [(error.line, error.code) for error in report.errors] == [(3, code)]


def test_an_account_is_attached_by_school_and_address(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {})
    with database.write(PLATFORM) as session:
        account = Account(id=new_id(), email_digest=bytes(32), sealed=b"", added_at=NOW)
        session.add(account)
        session.flush()
        found = attach_account(
            session, cipher, email="Wendy@Example.org ", urn=990001, account_id=account.id
        )
        assert found is not None
        elsewhere = attach_account(
            session, cipher, email="wendy@example.org", urn=990002, account_id=account.id
        )
        assert elsewhere is None
    (one,) = contacts(database, cipher)
    assert one.account_id == account.id


def test_one_key_adult_is_read_by_id(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {"AwayFrom": "20-11-2026", "AwayTo": "20-11-2026"})
    with database.read(PLATFORM) as session:
        key_adult_id = session.scalars(select(KeyAdult.id)).one()
        assert contact(session, cipher, key_adult_id).email == "wendy@example.org"
        assert not contact(session, cipher, key_adult_id).away
        assert contact(session, cipher, key_adult_id, on=FRIDAY, policy=POLICY).away
        with pytest.raises(NotFound):
            contact(session, cipher, UUID(int=7))


def test_a_record_that_does_not_open_fails_alone(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {"Position": 1}, {"Position": 2, "Email": "ines@example.org"})
    with database.write(PLATFORM) as session:
        first = session.scalars(select(KeyAdult).where(KeyAdult.position == 1)).one()
        first.sealed = bytes(64)
    unreadable, other = contacts(database, cipher)
    assert (unreadable.can_receive, unreadable.reason_code) == (False, "unreadable")
    assert (unreadable.name, unreadable.email, unreadable.telephone) == ("", "", None)
    assert (other.can_receive, other.email) == (True, "ines@example.org")
    with database.read(PLATFORM) as session:
        assert not contact(session, cipher, unreadable.key_adult_id).can_receive


@pytest.mark.feature("RE5")
@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ([], "no_key_adult"),
        ([{"LeftOn": "01-11-2026"}], "no_key_adult"),
        ([{"VerifiedOn": ""}], "contact_unverified"),
        ([{"TrainedOn": "", "TrainingExpiresOn": ""}], "not_trained"),
        ([{"TrainingExpiresOn": "01-02-2026"}], "training_expired"),
        ([{"AwayFrom": "01-11-2026", "AwayTo": "30-11-2026"},
          {"Email": "b@example.org", "VerifiedOn": ""}], "away"),
        ([{"VerifiedOn": ""}, {"Email": "b@example.org", "Position": 2}], None),
    ],
)  # fmt: skip
def test_a_school_without_anybody_to_receive_is_named_with_what_to_mend(
    database: Database, cipher: Cipher, people: list[dict[str, object]], reason: str | None
) -> None:
    if people:
        load(database, cipher, *people)
    with database.read(PLATFORM) as session:
        found = not_ready(session, cipher, on=FRIDAY, policy=POLICY, urns=[990001, 990003])
        everywhere = not_ready(session, cipher, on=FRIDAY, policy=POLICY)
    name = "St Mary's Catholic Primary School"
    assert found == ([] if reason is None else [NotReady(990001, name, "999", reason)])
    assert 990002 in {one.urn for one in everywhere}
    assert 990003 not in {one.urn for one in everywhere}


def test_a_verification_date_is_the_start_of_that_london_day(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, {"VerifiedOn": "07-09-2026"})
    with database.read(PLATFORM) as session:
        verified = session.scalars(select(KeyAdult.contact_verified_at)).one()
    assert verified == datetime(2026, 9, 6, 23, 0, tzinfo=UTC)


@pytest.mark.feature("RE9")
def test_a_file_brings_back_nobody_who_left_since(database: Database, cipher: Cipher) -> None:
    load(database, cipher, {})
    with database.write(PLATFORM) as session:
        session.scalars(select(KeyAdult)).one().left_on = FRIDAY
    assert load(database, cipher, {}).unchanged == 1
    assert contacts(database, cipher) == []


@pytest.mark.feature("RE10")
def test_a_file_names_a_shared_mailbox_whose_proof_is_its_own(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, {"Course": "Designated lead"})
    shared = {"AlertEmail": "office@example.org", "VerifiedOn": ""}
    columns = {"AlertEmail": "", "Course": ""}
    assert load(database, cipher, {**columns, **shared}).accepted == 1
    (found,) = contacts(database, cipher)
    assert (found.email, found.address) == ("wendy@example.org", "office@example.org")
    assert found.reason_code == "contact_unverified"
    assert load(database, cipher, {**shared, "VerifiedOn": "19-11-2026"}).accepted == 1
    (found,) = contacts(database, cipher)
    assert found.can_receive
    assert load(database, cipher, {"VerifiedOn": ""}).unchanged == 1
    with database.read(PLATFORM) as session:
        assert session.scalars(select(KeyAdult.course)).one() == "Designated lead"
    assert load(database, cipher, {"AlertEmail": "office"}).rejected == 1


def test_whoever_covers_a_holiday_is_asked_first_on_its_days(
    database: Database, cipher: Cipher
) -> None:
    load(database, cipher, {}, {"Position": 2, "Name": "Marcus", "Email": "marcus@example.org"})
    with database.write(PLATFORM) as session:
        second = session.scalars(select(KeyAdult).where(KeyAdult.position == 2)).one()
        session.add(
            HolidayCover(
                key_adult_id=second.id, first_on=date(2026, 12, 19), last_on=date(2027, 1, 3)
            )
        )
    first = {on: contacts(database, cipher, on=on)[0].name for on in (
        FRIDAY, date(2026, 12, 18), date(2026, 12, 19), date(2027, 1, 3), date(2027, 1, 4),
    )}  # fmt: skip
    assert list(first.values()) == [
        "Wendy Larkgarth", "Wendy Larkgarth", "Marcus", "Marcus", "Wendy Larkgarth",
    ]  # fmt: skip
