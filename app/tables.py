"""Imports every module of tables once, so that the metadata is whole."""

import app.access.models
import app.core.models
import app.intake.models
import notifications.models
import schools.matching.models
import schools.models  # noqa: F401 (imported for its tables)
from app.core.database import Base

METADATA = Base.metadata
