"""One hostile request from a random stream: which route, as whom, and what is wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, quote_plus

from tests.factories.incidents import incident
from tests.fuzz.values import MARK, NAMES, raw_json, text

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Door:
    """One method of one route, with the names of its form fields."""

    method: str
    path: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guest:
    """Somebody who asks: the headers that say who, and the token of their forms."""

    name: str
    headers: tuple[tuple[str, str], ...] = ()
    form_token: str = ""


@dataclass
class Ask:
    """A request as bytes."""

    method: str
    target: str
    query: bytes = b""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    who: str = ""


_PEOPLE = ("key adult", "desk", "reviewer", "lead", "register")


def ask(
    rng: Random, doors: Sequence[Door], guests: Mapping[str, Guest], ids: Mapping[str, str]
) -> Ask:
    """Return one hostile request; the same stream gives the same."""
    door = rng.choice(doors)
    if rng.random() < 0.4:
        door = rng.choice([one for one in doors if one.path.startswith(("/api/", "/sign", "/csp"))])
    police = door.path.startswith("/api/")
    names = ("live", "live", "test", "nobody") if police else (*_PEOPLE, *_PEOPLE, "nobody")
    guest = guests.get(rng.choice(names), Guest("nobody"))
    made = Ask(door.method, _target(rng, door.path, ids), who=guest.name)
    made.headers = [
        (b"host", b"testserver"),
        *((name.lower().encode(), value.encode()) for name, value in guest.headers),
    ]  # fmt: skip
    if door.method == "POST":
        _body(rng, made, door, guest)
    if rng.random() < 0.3:
        made.query = _query(rng)
    for game in _GAMES:
        if rng.random() < 0.06:
            game(rng, made)
    if not any(name == b"content-length" for name, _ in made.headers):
        made.headers.append((b"content-length", str(len(made.body)).encode()))
    return made


def _target(rng: Random, path: str, ids: Mapping[str, str]) -> str:
    parts = []
    for part in path.split("/"):
        if part.startswith("{"):
            good = ids.get(part.strip("{}").partition(":")[0].partition("}")[0], "")
            parts.append(good if good and rng.random() < 0.7 else quote(text(rng)[:300], safe=""))
        else:
            parts.append(part)
    return "/".join(parts)


def _query(rng: Random) -> bytes:
    pairs = [
        f"{rng.choice(_QUERIES)}={quote_plus(text(rng)[:500])}" for _ in range(rng.randint(1, 4))
    ]
    raw = "&".join(pairs).encode()
    return raw if rng.random() < 0.8 else raw + rng.choice((b"&&=%ff", b"%", b"\xff\xfe", b";=;"))


_QUERIES = (
    "since", "outcome", "told", "cursor", "limit", "q", "urn", "on", "paused", "next", MARK,
)  # fmt: skip


def _body(rng: Random, made: Ask, door: Door, guest: Guest) -> None:
    if door.path.startswith("/api/v1/token"):
        made.body, kind = _form(rng, _TOKEN_FIELDS, ""), "application/x-www-form-urlencoded"
    elif door.path.endswith("/batch"):
        rows = [_message(rng, guest) for _ in range(rng.randint(1, 4))]
        made.body = b"\n".join(raw_json(rng, row) for row in rows)
        kind = rng.choice(("application/x-ndjson", "application/json"))
    elif door.path.startswith(("/api/", "/csp-reports")):
        made.body, kind = raw_json(rng, _json_for(rng, door, guest)), "application/json"
    elif rng.random() < 0.15:
        made.body, kind = _multipart(rng, door.fields, guest.form_token)
    else:
        made.body = _form(rng, door.fields, guest.form_token)
        kind = "application/x-www-form-urlencoded"
    made.headers.append((b"content-type", kind.encode()))


def _message(rng: Random, guest: Guest) -> dict[str, Any]:
    body = incident(f"F-{rng.randrange(500)}", version=rng.randint(1, 3))
    body["children"][0]["surname"] = rng.choice(NAMES)
    return {**body, "test": True} if guest.name == "test" else body


def _json_for(rng: Random, door: Door, guest: Guest) -> Any:
    if door.path.endswith("/withdrawal"):
        return {"reason_code": "recorded_in_error", "reason": "A wrong record"}
    if door.path.endswith("/close"):
        return {"incidents": 1, "incidents_with_children": 1, "children": 1}
    if "csp" in door.path:
        return {"csp-report": {"effective-directive": "script-src", "blocked-uri": MARK}}
    return _message(rng, guest)


_TOKEN_FIELDS = (
    "grant_type", "client_id", "scope", "client_assertion_type", "client_assertion", MARK,
)  # fmt: skip


def _form(rng: Random, fields: Sequence[str], token: str) -> bytes:
    pairs = [
        (name, text(rng) if rng.random() < 0.7 else rng.choice(_PLAUSIBLE))
        for name in fields
        if name != "form_token"
        for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 3)))
    ]
    if token and rng.random() < 0.9:
        pairs.append(("form_token", token))
    if rng.random() < 0.1:
        pairs += [(text(rng), text(rng))] * rng.choice((1, 30, 1_500))
    raw = "&".join(f"{_quoted(name)}={_quoted(one)}" for name, one in pairs).encode()
    return raw + rng.choice((b"",) * 8 + (b"&=&%zz", b"\xff\x00&a"))


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "replace"))


_PLAUSIBLE = (
    "", "yes", "no", "1", "2026-11-20", "08:30", "in_school", "silent_support", "told_by_phone",
    "00000000-0000-4000-8000-000000000000", "priya@example.org", "07700 900123", "99", "on",
)  # fmt: skip


def _multipart(rng: Random, fields: Sequence[str], token: str) -> tuple[bytes, str]:
    edge = rng.choice(("x", MARK, "-" * 60, ""))
    lines = []
    for name in (*fields, "form_token"):
        value = token if name == "form_token" else text(rng)
        file = f'; filename="{quote(text(rng)[:40])}"' if rng.random() < 0.3 else ""
        lines.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'
        )
    raw = ("".join(lines) + rng.choice((f"--{edge}--\r\n", "", f"--{edge}"))).encode(
        "utf-8", "replace"
    )
    return raw, rng.choice((f"multipart/form-data; boundary={edge}", "multipart/form-data"))


def _set(made: Ask, name: bytes, value: bytes) -> None:
    made.headers = [pair for pair in made.headers if pair[0] != name] + [(name, value)]


def _hosts(rng: Random, made: Ask) -> None:
    host = rng.choice(
        ("", "testserver:x", "testserver.", "testserver@example.org", f"{MARK}.example.org",
         "127.0.0.1:1:2", "[::1", "testserver\x00", "TESTSERVER", "localhost:99999", "a" * 5_000)
    )  # fmt: skip
    _set(made, b"host", host.encode())


def _forwarded(rng: Random, made: Ask) -> None:
    for name in ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded",
                 "x-real-ip", "x-original-url", "x-http-method-override"):  # fmt: skip
        made.headers.append((name.encode(), quote(text(rng)[:200], safe=" /:;=,").encode()))


def _kinds(rng: Random, made: Ask) -> None:
    kind = rng.choice(
        ("", "text/plain", "application/json; charset=utf-16", "application/json;charset=",
         "multipart/form-data; boundary=", f"{MARK}/{MARK}", "application/xml", "a" * 3_000,
         "application/x-www-form-urlencoded; charset=utf-7", "APPLICATION/JSON", "*/*")
    )  # fmt: skip
    _set(made, b"content-type", kind.encode())


def _codings(rng: Random, made: Ask) -> None:
    _set(made, b"content-encoding", rng.choice((b"gzip", b"br", b"identity, gzip", b"x\xff")))


def _lengths(rng: Random, made: Ask) -> None:
    _set(made, b"content-length", rng.choice((b"-1", b"x", b"9" * 30, b"1e3", b"", b"+5", b"\xb2")))


def _credentials(rng: Random, made: Ask) -> None:
    kind, junk = rng.choice(("Bearer", "Basic", "bearer ", "")), quote(text(rng)[:200], safe=" =.")
    cookie = b"__Host-encompass-session=" + bytes([rng.randrange(128, 256)])
    _set(made, b"authorization", f"{kind} {junk}".encode())
    made.headers.append((b"cookie", cookie))


def _origins(rng: Random, made: Ask) -> None:
    made.headers.append((b"origin", f"https://{MARK}.example.org".encode()))
    made.headers.append((b"sec-fetch-site", rng.choice((b"cross-site", b"none", b"\xff"))))


def _others(rng: Random, made: Ask) -> None:
    name = rng.choice((b"accept", b"accept-language", b"range", b"if-none-match", b"expect", b"te",
                       b"user-agent", b"referer", b"x-request-id", b"traceparent"))  # fmt: skip
    made.headers.append((name, MARK.encode() + bytes(rng.randrange(32, 256) for _ in range(20))))


def _methods(rng: Random, made: Ask) -> None:
    made.method = rng.choice(
        ("TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "get", MARK)
    )


def _paths(rng: Random, made: Ask) -> None:
    made.target = rng.choice(
        ("//" + MARK, f"/static/..%2f..%2f{MARK}", "/static/%2e%2e/%2e%2e/pyproject.toml", "/%00",
         made.target + "/", made.target.upper(), "/static/" + "a" * 5_000, made.target + "%2f..",
         f"/{MARK}%ff%fe", "/static//etc/passwd", "/./sign-in", f"/reports/morning/99/{MARK}.csv",
         "http://elsewhere.example.org/", "*")
    )  # fmt: skip


_GAMES: tuple[Callable[[Random, Ask], None], ...] = (
    _hosts, _forwarded, _kinds, _codings, _lengths, _credentials, _origins, _others, _methods,
    _paths,
)  # fmt: skip
