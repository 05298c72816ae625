"""Timeliness for who leads a force or a council: figures, times, what was late, what is behind."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote_plus, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.casework import timeliness
from app.core.errors import Invalid, NotFound
from app.pages import timeliness_words as words
from app.pages.dates import read_date
from app.pages.deps import Proved, SignedIn, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.reports import charts
from app.reports.counts import Figure
from app.reports.messages import PAGE_SIZE, Wanted
from app.reports.periods import (
    LONGEST_DAYS,
    Period,
    can_be_shown,
    month_before,
    month_of,
    newest,
)
from app.reports.timeliness import Kind, Timeliness, Whose
from notifications.report_exports import ExportKind
from notifications.states import LateCause

router = APIRouter(route_class=PageRoute)

Typed = Annotated[str, Query(max_length=20)]
Code = Annotated[str, Query(max_length=60)]
Skip = Annotated[int, Query(ge=0, le=1_000_000)]

# What a bar is made of, from its foot, and how a table names it.
STACKED = (Figure.TOLD_IN_TIME, Figure.TOLD_LATE, Figure.NOT_TOLD)
# So many councils and schools stand in the report itself; all of them have a page of their own.
# Ten lines more would be 15 kB more, and no page is over 100.
_PLACES = 10
_PLACES_ON_A_PAGE = 50
# Where what is too long for a request is asked for.
FILES = "/reports/exports"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Asked:
    """The dates of a form: the period they make, or what is wrong with which of them."""

    period: Period
    typed: dict[str, str]
    errors: dict[str, str]


@router.get("/reports/timeliness/{kind}/{code}")
def timeliness_page(
    request: Request, kind: Kind, code: str, visitor: SignedIn, session: Write, *,
    first: Typed = "", last: Typed = "",
) -> Response:  # fmt: skip
    whose, asked = Whose(kind, code), asked_for(visitor, first, last)
    found = timeliness.see(session, visitor.acting, whose, period=asked.period)
    return page(
        request, "timeliness.html", visitor=visitor, status=400 if asked.errors else 200,
        title="How soon schools were told", found=found, chart=_by_time(found),
        said=words.summary(found), shown=_PLACES,
        **_shared(visitor, whose, timeliness.name_of(session, whose), asked),
    )  # fmt: skip


@router.get("/reports/timeliness/{kind}/{code}/councils")
def councils_page(
    request: Request, kind: Kind, code: str, visitor: SignedIn, session: Write, *,
    first: Typed = "", last: Typed = "", skip: Skip = 0,
) -> Response:  # fmt: skip
    asked = asked_for(visitor, first, last)
    return _places(request, visitor, session, "council", Whose(kind, code), asked=asked, skip=skip)


@router.get("/reports/timeliness/{kind}/{code}/schools")
def schools_page(
    request: Request, kind: Kind, code: str, visitor: SignedIn, session: Write, *,
    first: Typed = "", last: Typed = "", skip: Skip = 0,
) -> Response:  # fmt: skip
    asked = asked_for(visitor, first, last)
    return _places(request, visitor, session, "school", Whose(kind, code), asked=asked, skip=skip)


def _places(
    request: Request, visitor: Visitor, session: Session, of: str, whose: Whose, *, asked: Asked,
    skip: int,
) -> Response:  # fmt: skip
    """Return a part of all lines of one kind, by `of`, council or school."""
    found = timeliness.see(session, visitor.acting, whose, period=asked.period)
    lines = found.councils if of == "council" else found.schools
    after = skip + _PLACES_ON_A_PAGE
    return page(
        request, "timeliness_places.html", visitor=visitor, title=f"Timeliness by {of}",
        of=of, many=len(lines), lines=lines[skip:after], skip=skip,
        before=max(0, skip - _PLACES_ON_A_PAGE), after=after if len(lines) > after else None,
        **_shared(visitor, whose, timeliness.name_of(session, whose), asked),
    )  # fmt: skip


@router.get("/reports/stages/{kind}/{code}")
def stages_page(
    request: Request, kind: Kind, code: str, visitor: SignedIn, session: Write, *,
    first: Typed = "", last: Typed = "",
) -> Response:  # fmt: skip
    whose, asked = Whose(kind, code), asked_for(visitor, first, last)
    times = timeliness.see_stages(session, visitor.acting, whose, period=asked.period)
    drawn = [
        (words.STAGES[one.stage], (one.median or 0, one.ninetieth or 0, one.ninety_fifth or 0), "")
        for one in times
        if one.messages
    ]
    return page(
        request, "stages.html", visitor=visitor, status=400 if asked.errors else 200,
        title="How long each stage took", times=times, chart=charts.spans(drawn),
        said=words.times_summary(times), stage_words=words.STAGES, show_minutes=words.minutes,
        **_shared(visitor, whose, timeliness.name_of(session, whose), asked),
    )  # fmt: skip


@router.get("/reports/late/{kind}/{code}")
def late_page(
    request: Request, kind: Kind, code: str, visitor: SignedIn, session: Write, *,
    first: Typed = "", last: Typed = "", cause: Code = "", skip: Skip = 0,
) -> Response:  # fmt: skip
    whose, asked = Whose(kind, code), asked_for(visitor, first, last)
    chosen = LateCause(cause) if cause in set(LateCause) else None
    wanted = Wanted(asked.period, timeliness.LATE, cause=chosen)
    found = timeliness.see_late(session, visitor.acting, whose, wanted=wanted, skip=skip)
    drawn = [
        (words.cause(one), count, words.part(count, found.total))
        for one, count in found.causes.items()
    ]
    return page(
        request, "late.html", visitor=visitor, status=400 if asked.errors else 200,
        title="What was late", found=found, chart=charts.bars(drawn), cause=chosen,
        **_pages(skip, more=found.listed.more),
        **_shared(visitor, whose, timeliness.name_of(session, whose), asked),
    )  # fmt: skip


@router.get("/reports/messages/{kind}/{code}")
def messages_page(
    request: Request, kind: Kind, code: str, visitor: SignedIn, session: Write, *,
    first: Typed = "", last: Typed = "", figure: Code = "", at: Code = "", skip: Skip = 0,
) -> Response:  # fmt: skip
    whose, asked = Whose(kind, code), asked_for(visitor, first, last)
    if figure not in set(Figure):
        raise NotFound("There is nothing here for you.")
    wanted = Wanted(asked.period, (Figure(figure),), at=at)
    found = timeliness.see_messages(session, visitor.acting, whose, wanted=wanted, skip=skip)
    return page(
        request, "messages.html", visitor=visitor, title="Messages behind a number", found=found,
        figure=Figure(figure), at=at, **_pages(skip, more=found.more),
        **_shared(visitor, whose, timeliness.name_of(session, whose), asked),
    )  # fmt: skip


@router.get("/reports/timeliness/{kind}/{code}/figures.csv")
def figures_csv(
    kind: Kind, code: str, visitor: Proved, session: Write, *,
    first: Typed = "", last: Typed = "",
) -> Response:  # fmt: skip
    period = days_of_file(visitor, first, last)
    text = timeliness.export_csv(session, visitor.acting, Whose(kind, code), period=period)
    return download(text, f"timeliness-{period.first}-{period.last}.csv", "text/csv; charset=utf-8")


@router.get("/reports/timeliness/{kind}/{code}/report.xlsx")
def report_xlsx(
    kind: Kind, code: str, visitor: Proved, session: Write, *,
    first: Typed = "", last: Typed = "",
) -> Response:  # fmt: skip
    period = days_of_file(visitor, first, last)
    whose = Whose(kind, code)
    try:
        book = timeliness.export_xlsx(session, visitor.acting, whose, period=period)
    except timeliness.TooLong:
        return RedirectResponse(_ask(whose, ExportKind.WORKBOOK, period), 303)
    return download(book, f"timeliness-{period.first}-{period.last}.xlsx", XLSX)


@router.get("/reports/late/{kind}/{code}/late.csv")
def late_csv(
    kind: Kind, code: str, visitor: Proved, session: Write, *,
    first: Typed = "", last: Typed = "",
) -> Response:  # fmt: skip
    period = days_of_file(visitor, first, last)
    whose = Whose(kind, code)
    try:
        text = timeliness.export_late_csv(session, visitor.acting, whose, period=period)
    except timeliness.TooLong:
        return RedirectResponse(_ask(whose, ExportKind.LATE, period), 303)
    return download(text, f"late-{period.first}-{period.last}.csv", "text/csv; charset=utf-8")


def download(content: str | bytes, name: str, media_type: str) -> Response:
    """Return a file that no cache keeps."""
    disposition = f'attachment; filename="{name}"'
    return Response(
        content, media_type=media_type,
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )  # fmt: skip


def asked_for(visitor: Visitor, first: str, last: str) -> Asked:
    """Return the days of a form; where they are wrong, the last 30 days with what to mend."""
    today = timeliness.today_of(visitor.acting)
    usual, typed = newest(today), {"first": first, "last": last}
    errors: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name, text in typed.items():
        try:
            days[name] = read_date(text, name)
            if (typed_day := days[name]) is not None and not can_be_shown(typed_day):
                errors[name] = "Enter a year from 2000 to 2100"
        except Invalid as problem:
            errors[name] = problem.detail
    begin, end = days.get("first"), days.get("last")
    if errors:
        return Asked(usual, typed, errors)
    if begin is None and end is None:
        begin, end = usual.first, usual.last
    # Of one date alone the other is the nearest that makes sense.
    end = end or (usual.last if begin is None or begin <= usual.last else begin)
    begin = begin or min(usual.first, end)
    if begin > end:
        errors["last"] = "The last day must not be before the first"
    elif (end - begin).days >= LONGEST_DAYS:
        errors["last"] = f"Choose at most {LONGEST_DAYS} days"
    if errors:
        return Asked(usual, typed, errors)
    shown = {"first": begin.isoformat(), "last": end.isoformat()}
    return Asked(Period(begin, end), shown, errors)


def days_of_file(visitor: Visitor, first: str, last: str) -> Period:
    """Return the days of a download, which has no form to show an error on."""
    asked = asked_for(visitor, first, last)
    if asked.errors:
        raise Invalid("; ".join(asked.errors.values()))
    return asked.period


def _ask(whose: Whose, what: ExportKind, period: Period) -> str:
    """Return where a long file is asked for."""
    asked = {
        "what": what.value, "kind": whose.kind.value, "code": whose.code,
        "first": period.first.isoformat(), "last": period.last.isoformat(),
    }  # fmt: skip
    return f"{FILES}?{urlencode(asked)}"


def _shared(visitor: Visitor, whose: Whose, name: str, asked: Asked) -> dict[str, Any]:
    """Return what every page of these needs: whose it is, the days, and links that keep them."""
    today = timeliness.today_of(visitor.acting)
    ranges = {
        "Last 7 days": newest(today, 7), "Last 30 days": newest(today),
        "This month": Period(month_of(today).first, today), "Last month": month_before(today),
    }  # fmt: skip

    def link(kind: str, period: Period = asked.period, *, tail: str = "", **more: object) -> str:
        days = f"first={period.first.isoformat()}&last={period.last.isoformat()}"
        # A page has hundreds of links, and dates need no quoting.
        chosen = [f"{name}={quote_plus(str(value))}" for name, value in more.items() if value]
        query = "&".join([days, *chosen])
        return f"/reports/{kind}/{whose.kind.value}/{whose.code}{tail}?{query}"

    return {
        "whose": whose, "name": name, "asked": asked, "period": asked.period, "link": link,
        "ranges": ranges, "span": words.span, "part": words.part, "figures": words.FIGURES,
        "stacked": STACKED, "cause_words": words.cause, "had_it": words.HAD_IT,
        "others": [one for one in timeliness.led_by(visitor.acting) if one != whose],
        "lasted": words.minutes, "most_direct": timeliness.MOST_DIRECT,
        "ask": {what.value: _ask(whose, what, asked.period) for what in ExportKind},
    }  # fmt: skip


def _pages(skip: int, *, more: bool) -> dict[str, Any]:
    after = skip + PAGE_SIZE if more else None
    return {"skip": skip, "before": max(0, skip - PAGE_SIZE), "after": after}


def _by_time(found: Timeliness) -> charts.Columns:
    return charts.columns(
        [
            charts.Column(
                words.label(part.period),
                (part.tally.told_in_time, part.tally.told_late, part.tally.not_told),
            )
            for part in found.parts
        ]
    )
