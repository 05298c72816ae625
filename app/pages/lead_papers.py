"""The month's pack, the morning's digest, and all forces at once."""

import re
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response

from app.access.permissions import Action, may_at_all
from app.casework import lead_papers, timeliness
from app.core.errors import NotFound
from app.pages import timeliness_words as words
from app.pages.codes import LATE_CAUSES
from app.pages.deps import SignedIn, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page
from app.pages.timeliness import Typed, asked_for
from app.reports import charts
from app.reports.digest import Open
from app.reports.periods import Period, can_be_shown, month_before, month_of, newest
from app.reports.timeliness import Kind, Whose

router = APIRouter(route_class=PageRoute)

# So many schools stand in the pack, those late most often; no page is over 100 kB.
_MOST_SCHOOLS = 100
_MONTH = re.compile(r"(?P<y>20[0-9]{2})-(?P<m>0[1-9]|1[0-2])")


@router.get("/reports/pack/{kind}/{code}/{month}")
def pack_page(
    request: Request, kind: Kind, code: str, month: str, visitor: SignedIn, *, session: Write
) -> Response:
    return _pack(request, visitor, session, Whose(kind, code), month, published=False)


@router.get("/reports/pack/{kind}/{code}/{month}/published")
def published_page(
    request: Request, kind: Kind, code: str, month: str, visitor: SignedIn, *, session: Write
) -> Response:
    return _pack(request, visitor, session, Whose(kind, code), month, published=True)


@router.get("/reports/digest/{kind}/{code}/{on}")
def digest_page(
    request: Request, kind: Kind, code: str, on: date, visitor: SignedIn, *, session: Write
) -> Response:
    whose = Whose(kind, code)
    if not can_be_shown(on):
        raise NotFound("There is nothing here for you.")
    found = lead_papers.see_digest(session, visitor.acting, whose, on=on)
    return page(
        request, "digest.html", visitor=visitor, title="Still open", found=found, whose=whose,
        name=timeliness.name_of(session, whose), open_words=words.OPEN, part=words.part,
        links=_open_links(whose, found.looked_back, on),
    )  # fmt: skip


@router.get("/reports/national")
def national_page(
    request: Request, visitor: SignedIn, session: Write, first: Typed = "", last: Typed = ""
) -> Response:
    # Who may not see it learns nothing of its form either.
    if not may_at_all(visitor.actor, Action.SEE_NATIONAL):
        raise NotFound("There is nothing here for you.")
    asked = asked_for(visitor, first, last)
    seen = lead_papers.see_national(session, visitor.acting, period=asked.period)
    today = timeliness.today_of(visitor.acting)
    return page(
        request, "national.html", visitor=visitor, status=400 if asked.errors else 200,
        title="All forces", seen=seen, asked=asked, span=words.span, period=asked.period,
        said=words.national_summary(seen.whole),
        ranges={"Last 7 days": newest(today, 7), "Last 30 days": newest(today),
                "Last month": month_before(today)},
        link=lambda _kind, one: f"/reports/national?first={one.first}&last={one.last}",
    )  # fmt: skip


def _pack(
    request: Request, visitor: Visitor, session: Write, whose: Whose, month: str, *,
    published: bool,
) -> Response:  # fmt: skip
    read = _MONTH.fullmatch(month)
    if read is None:
        raise NotFound("There is nothing here for you.")
    whole = month_of(date(int(read["y"]), int(read["m"]), 1))
    found = lead_papers.see_pack(session, visitor.acting, whose, month=whole, published=published)
    after = month_of(whole.last + timedelta(days=1))
    today = timeliness.today_of(visitor.acting)
    drawn = [
        charts.Column(
            words.label(one.period),
            (one.tally.told_in_time, one.tally.told_late, one.tally.not_told),
        )
        for one in found.parts
    ]
    return page(
        request, "pack.html", visitor=visitor, title="Monthly pack", pack=found, whose=whose,
        name=timeliness.name_of(session, whose), month=f"{whole.first:%B %Y}",
        before=month_before(whole.first).first.strftime("%Y-%m"),
        after=after.first.strftime("%Y-%m") if after.first <= today else "",
        here=month, running=whole.last >= today, chart=charts.columns(drawn),
        said=words.pack_summary(found), stage_words=words.STAGES, lasted=words.minutes,
        causes={code: LATE_CAUSES[code] if code else words.NO_CAUSE for code in found.causes},
        share=words.part, most_schools=_MOST_SCHOOLS,
    )  # fmt: skip


def _open_links(whose: Whose, back: Period, on: date) -> dict[Open, str]:
    """Return where each number opens down to what is behind it, for this reader."""
    own = f"{whose.kind.value}/{whose.code}"
    days = f"first={back.first}&last={back.last}"
    found = {
        Open.NOT_TOLD: f"/reports/messages/{own}?{days}&figure=not_told",
        Open.LATE_TODAY: f"/reports/late/{own}?first={on}&last={on}",
    }
    if whose.kind is Kind.FORCE:
        morning = f"/reports/morning/{whose.code}/{on}"
        found |= {Open.UNSETTLED: morning, Open.HELD: morning}
        found |= {Open.FOLLOW_UP_OVERDUE: "/morning/open", Open.NOT_ACKNOWLEDGED: "/morning/open"}
    return found
