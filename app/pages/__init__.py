"""The pages: HTML for people, on the GOV.UK design system, working without JavaScript."""

from fastapi import APIRouter

from app.pages import (
    account,
    after_telling,
    auditing,
    awaited,
    calendars,
    establishments,
    follow_up,
    identity,
    inbox,
    key_adults,
    languages,
    lead_lists,
    lead_papers,
    live,
    locked_out,
    matters,
    morning,
    other_services,
    own_access,
    own_contact,
    own_password,
    readiness,
    recalls_of_many,
    records,
    register,
    releases,
    report_files,
    reports,
    restricted,
    review,
    review_none,
    sign_in,
    timeliness,
)
from app.pages.static_files import static_files

# A form holds a few lines; the largest is a reviewer's reason of 500 characters.
_LARGEST_FORM = 64 * 1024

router = APIRouter(include_in_schema=False, max_body_size=_LARGEST_FORM)
for _part in (
    sign_in,
    identity,
    account,
    languages,
    own_access,
    own_password,
    own_contact,
    inbox,
    follow_up,
    after_telling,
    review,
    review_none,
    matters,
    recalls_of_many,
    live,
    morning,
    awaited,
    other_services,
    releases,
    restricted,
    reports,
    lead_lists,
    timeliness,
    report_files,
    lead_papers,
    records,
    auditing,
    readiness,
    register,
    key_adults,
    locked_out,
    establishments,
    calendars,
):
    router.include_router(_part.router)
router.mount("/static", static_files(), name="static")
