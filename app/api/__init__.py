"""The police interface and the health of the process: JSON only, thin routes, no rules."""

from app.api import batch, callbacks, csp_reports, directory, health, incidents, nights, token

# In the order of how often they are asked; one level, because every level is looked through.
ROUTERS = tuple(
    room.router
    for room in (incidents, batch, token, nights, directory, health, callbacks, csp_reports)
)
