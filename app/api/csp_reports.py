"""Where browsers say that a page of ours broke its content policy: counted, and nothing kept.

A report names the page and quotes what was blocked, which may be anything; only the directive, from
a closed list, is counted. Anybody may send one, so it costs no database and is small.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from app.api import metrics
from app.api.body import read_body

router = APIRouter(tags=["health"])

PATH = "/csp-reports"
_LONGEST = 8 * 1024
_ACCEPTS = frozenset({"application/csp-report", "application/reports+json", "application/json"})
_DIRECTIVES = frozenset(
    {
        "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src",
        "style-src-elem", "style-src-attr", "img-src", "font-src", "connect-src", "manifest-src",
        "form-action", "frame-ancestors", "base-uri", "frame-src", "object-src", "media-src",
        "worker-src",
    }
)  # fmt: skip


async def report(request: Request) -> str:
    """Return the directive that a report names, or `other`."""
    return _directive(await read_body(request, limit=_LONGEST, accepts=_ACCEPTS, seconds=5))


@router.post(PATH, status_code=204)
async def csp_reports(directive: Annotated[str, Depends(report)]) -> Response:
    """Count one report of a browser."""
    metrics.csp_reports.labels(directive).inc()
    return Response(status_code=204)


def _directive(raw: bytes) -> str:
    try:
        said: Any = json.loads(raw)
        one = said[0]["body"] if isinstance(said, list) else said["csp-report"]
        named = one.get("effectiveDirective") or one.get("effective-directive")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return "other"
    return named if isinstance(named, str) and named in _DIRECTIVES else "other"
