"""`/demo`: the accounts of the demonstration with their current codes; part of no other server.

It stands in front of the service as a plain ASGI door, so the product itself holds no such page.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

# (who, what, address, password, code now, first page)
Row = tuple[str, str, str, str, str, str]
_COLUMNS = ("Who", "What", "Email address", "Password", "Code now", "First page")
# A code lives 30 seconds.
_REFRESH_SECONDS = 10


class DemoDoor:
    """Answers `/demo` itself and hands everything else on."""

    def __init__(self, service: AsgiApp, rows: Callable[[], list[Row]]) -> None:
        self._service = service
        self._rows = rows

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        wanted = scope["type"] == "http" and scope["path"] == "/demo"
        if not wanted or scope["method"] not in {"GET", "HEAD"}:
            await self._service(scope, receive, send)
            return
        headers = {
            "content-type": "text/html; charset=utf-8", "cache-control": "no-store",
            "refresh": str(_REFRESH_SECONDS), "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; style-src 'self'",
        }  # fmt: skip
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": encoded})
        await send({"type": "http.response.body", "body": _page(self._rows()).encode()})


def _page(rows: list[Row]) -> str:
    head = "".join(f'<th scope="col" class="govuk-table__header">{name}</th>' for name in _COLUMNS)
    body = "".join(f'<tr class="govuk-table__row">{_cells(row)}</tr>' for row in rows)
    return f"""<!DOCTYPE html>
<html lang="en" class="govuk-template"><head><meta charset="utf-8"><title>Demonstration</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/govuk/govuk-frontend.min.css"></head>
<body class="govuk-template__body"><div class="govuk-width-container">
<main class="govuk-main-wrapper">
<h1 class="govuk-heading-l">Demonstration: who you can be</h1>
<p class="govuk-body">Everybody here is invented. Each code works once and lives 30 seconds; this
page renews itself. <a class="govuk-link" href="/sign-in">Sign in</a></p>
<table class="govuk-table"><thead class="govuk-table__head"><tr class="govuk-table__row">{head}</tr>
</thead><tbody class="govuk-table__body">{body}</tbody></table></main></div></body></html>
"""


def _cells(row: Row) -> str:
    return "".join(f'<td class="govuk-table__cell">{escape(cell)}</td>' for cell in row)
