"""The police interface and the health of the process: JSON only, thin routes, no rules."""

from fastapi import APIRouter

from app.api import batch, directory, health, incidents, nights, token

router = APIRouter()
# The batch first: its address would else be taken for an incident's reference.
for room in (token, batch, incidents, nights, directory, health):
    router.include_router(room.router)
