"""The balance as alarms: each rule that holds evidence against outcome has a code of its own."""

from collections import Counter
from collections.abc import Iterator

from app.reports.balance import Imbalanced, balance
from app.watchdog.codes import Code, Finding
from app.watchdog.looking import Look

CODES = {
    Imbalanced.NO_CHILD_ROWS: Code.BALANCE_NO_ROWS,
    Imbalanced.RECEIVED_TOO_LONG: Code.BALANCE_RECEIVED_TOO_LONG,
    Imbalanced.REVIEW_MISSING: Code.BALANCE_REVIEW_MISSING,
    Imbalanced.HELD_TOO_LONG: Code.BALANCE_HELD_TOO_LONG,
    Imbalanced.STEP_OVERDUE: Code.BALANCE_STEP_OVERDUE,
    Imbalanced.SCHOOL_NOT_NOTIFIED: Code.BALANCE_SCHOOL_MISSING,
    Imbalanced.NOBODY_ALERTED: Code.BALANCE_NOBODY_ALERTED,
    Imbalanced.NO_REASON_ON_TRAIL: Code.BALANCE_REASON_MISSING,
    Imbalanced.STILL_VISIBLE: Code.BALANCE_STILL_VISIBLE,
    Imbalanced.COUNCIL_NOT_NOTIFIED: Code.BALANCE_COUNCIL_MISSING,
    Imbalanced.NOBODY_PURSUES: Code.BALANCE_NOBODY_PURSUES,
    Imbalanced.REVIEW_STEP_OVERDUE: Code.BALANCE_REVIEW_STEP_OVERDUE,
}


def imbalances(look: Look) -> Iterator[Finding]:
    """Everything whose outcome has no evidence, by code."""
    found = Counter(one.code for one in balance(look.session, now=look.now))
    for imbalanced, count in sorted(found.items()):
        yield Finding(CODES[imbalanced], count)
