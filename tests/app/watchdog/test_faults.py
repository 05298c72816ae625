"""Thirty kinds of fault and more: each really happens, and its alarm goes out before nine.

Out means: a real mail server took the mail, and a real HTTP server the webhook.
"""

from datetime import date, time

import pytest

from app.core.clock import at_london
from app.watchdog.codes import Code
from tests.app.watchdog.faults import ALL
from tests.app.watchdog.watched import Watched
from tests.processes.server import ROOT


@pytest.mark.feature("OP1")
@pytest.mark.parametrize("name", ALL)
def test_a_fault_ends_in_its_alarm_before_nine(calm: Watched, name: str) -> None:
    fault = ALL[name]
    if fault.only_on is not None and calm.admin_url is None:
        assert fault.only_on == "postgresql"
        return
    assert fault.code not in calm.rung()
    fault.happen(calm)
    seen = calm.look()
    assert fault.code in calm.rung(), seen
    assert not seen.beat
    assert calm.world.now < at_london(date.fromisoformat(fault.by), time(9, 0))


def test_the_document_says_what_each_code_means_and_which_fault_shows_it() -> None:
    said = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    for name, fault in ALL.items():
        assert f"| `{fault.code.value}` |" in said
        assert f"| {name.replace('_', ' ')} |" in said


def test_there_are_thirty_kinds_and_more_and_every_code_has_one() -> None:
    assert len(ALL) >= 30
    assert {fault.code for fault in ALL.values()} == set(Code)
