"""Who has a child that is not told yet, on the board: only people who can do something about it."""

from app.access.permissions import Role
from app.core.policies import add_policy
from app.core.policy import Desk, Policy
from app.core.scope import PLATFORM
from app.reports.morning import board
from app.wiring import Wiring
from schools.officers import Duty, add_officer
from tests.factories.mornings import Morning, morning_at_school
from tests.factories.notifications import FORCE, TODAY
from tests.factories.people import add_person, invite


def has_it(morning: Morning) -> list[str]:
    wiring = morning.wiring
    with wiring.database.read(PLATFORM) as session:
        found = board(session, wiring.cipher, force=FORCE, on=TODAY, now=wiring.clock.now())
    return [row.held_by for row in found.rows]


def test_only_people_who_can_sign_in_have_a_child(wiring: Wiring) -> None:
    morning = morning_at_school(wiring)
    morning.unclear(minutes=75)
    invite(wiring, "invited@example.org", Role.REVIEWER, force=FORCE)
    assert "Priya Nair" not in has_it(morning)[0]
    add_person(wiring, "jo@example.org", Role.REVIEWER, name="Jo Lee", force=FORCE)
    assert has_it(morning) == ["Reviewers: Jo Lee"]


def test_a_duty_officer_of_the_policy_has_a_child_only_where_nobody_is_registered(
    wiring: Wiring,
) -> None:
    morning = morning_at_school(wiring)
    morning.unclear(minutes=75)
    now = wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(desk=Desk(duty_officer="Inspector Wall")), valid_from=now,
            approved_by="DPO", now=now,
        )  # fmt: skip
    assert has_it(morning) == ["Reviewers: Inspector Wall (no number known)"]
    with wiring.database.write(PLATFORM) as session:
        add_officer(
            session, wiring.cipher, owner=f"force:{FORCE}", duty=Duty.DUTY_OFFICER, position=1,
            name="Ola Fern", email="ola@example.org", telephone="01632 960005", account_id=None,
            now=now, verified=True,
        )  # fmt: skip
    assert has_it(morning) == ["Reviewers: Ola Fern"]
