"""The demonstration's clock: moved by hand through the night, then the machine's own."""

from datetime import date, datetime, time, timedelta

from govuk_bank_holidays.bank_holidays import BankHolidays

from app.core.clock import HandClock, SystemClock, at_london, london_date

STORY_ENDS = time(10, 5)


class DemoClock(HandClock):
    """Moves only by hand until it is let go; from then on it tells the real time."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._real: SystemClock | None = None

    def now(self) -> datetime:
        return self._real.now() if self._real else super().now()

    def let_go(self) -> None:
        """Tell the real time from now on; the story never lies ahead of it."""
        self._real = SystemClock()


def story_day(now: datetime) -> date:
    """Return the last school morning whose story is already past: a weekday, no bank holiday."""
    known = BankHolidays(use_cached_holidays=True).get_holidays("england-and-wales")
    holidays = {holiday["date"] for holiday in known}
    day = london_date(now)
    while day.weekday() > 4 or day in holidays or at_london(day, STORY_ENDS) > now:
        day -= timedelta(days=1)
    return day
