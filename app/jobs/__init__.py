"""The pipeline: the steps of the service as one literal list, in the order they run."""

from app.jobs.add_up_days import add_up_days
from app.jobs.ask_after_telling import ask_after_telling
from app.jobs.ask_providers import ask_providers
from app.jobs.chase_reviews import chase_reviews
from app.jobs.chase_services import chase_services
from app.jobs.chase_untold import chase_untold
from app.jobs.checkpoint_trail import checkpoint_trail
from app.jobs.compose_notifications import compose_notifications
from app.jobs.cover_alerts import cover_alerts
from app.jobs.evening_check import evening_check
from app.jobs.follow_calendars import follow_calendars
from app.jobs.import_register import import_register
from app.jobs.keep_key_adults import keep_key_adults
from app.jobs.make_exports import make_exports
from app.jobs.match_again import match_again
from app.jobs.match_children import match_children
from app.jobs.morning_check import morning_check
from app.jobs.note_patterns import note_patterns
from app.jobs.purge_expired import purge_expired
from app.jobs.run_drills import run_drills
from app.jobs.runner import Step
from app.jobs.send_due import send_due
from app.jobs.tell_leads import tell_leads
from app.jobs.watch_feed import watch_feed
from app.jobs.write_call_sheets import write_call_sheets

PIPELINE: tuple[tuple[str, Step], ...] = (
    ("match_again", match_again),
    ("match_children", match_children),
    ("compose_notifications", compose_notifications),
    ("follow_calendars", follow_calendars),
    ("chase_reviews", chase_reviews),
    ("chase_untold", chase_untold),
    ("chase_services", chase_services),
    ("ask_after_telling", ask_after_telling),
    ("evening_check", evening_check),
    ("watch_feed", watch_feed),
    ("run_drills", run_drills),
    ("tell_leads", tell_leads),
    ("send_due", send_due),
    ("write_call_sheets", write_call_sheets),
    ("ask_providers", ask_providers),
    ("note_patterns", note_patterns),
    ("morning_check", morning_check),
    ("import_register", import_register),
    ("keep_key_adults", keep_key_adults),
    ("add_up_days", add_up_days),
    ("make_exports", make_exports),
    ("checkpoint_trail", checkpoint_trail),
    ("purge_expired", purge_expired),
    ("cover_alerts", cover_alerts),
)
