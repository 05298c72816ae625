"""Our own styles, script and icon: the only answers a browser may keep."""

from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"


class Kept(StaticFiles):
    """Static files that a browser keeps for an hour; nothing personal is among them."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        answer = super().file_response(*args, **options)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer


def static_files() -> Kept:
    """Return the application that serves the folder; files only, never a listing."""
    return Kept(directory=FOLDER)
