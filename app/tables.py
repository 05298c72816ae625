"""Imports every module of tables once, so that the metadata is whole."""

from sqlalchemy import event

from app.access import break_glass as break_glass_models
from app.access import identity_models
from app.access import models as access_models
from app.core import models as core_models
from app.core import walls
from app.core.database import Base
from app.intake import legal_holds, restrictions
from app.intake import models as intake_models
from app.intake import suspects as suspect_models
from notifications import (
    earlier_models,
    provider_models,
    recalls_of_many,
    receipt_models,
    release_models,
    report_exports,
    summary_models,
    wording_models,
)
from notifications import models as notification_models
from schools import (
    connected_models,
    key_adult_models,
    readiness_models,
    register_models,
    roll_models,
)
from schools import drills as drill_models
from schools import models as school_models
from schools import officers as officer_models
from schools.matching import models as matching_models

ROOMS = (
    core_models, access_models, identity_models, break_glass_models, intake_models,
    suspect_models, legal_holds, restrictions, school_models, connected_models, key_adult_models,
    officer_models, register_models, roll_models, matching_models, notification_models,
    earlier_models, provider_models, receipt_models, recalls_of_many, release_models,
    report_exports, drill_models, readiness_models, wording_models, summary_models,
)  # fmt: skip
METADATA = Base.metadata
event.listen(METADATA, "after_create", walls.follow_models)
