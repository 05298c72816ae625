"""What a hostile client sends as a value: every one of them holds `MARK`, so an echo is seen."""

import json
from random import Random
from typing import Any

MARK = "Zq7Mark"

_HIDDEN = (
    "\x00\x01\x07\x08\t\n\r\x0b\x0c\x1b\x7f\x85\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffe"
    "\uffff\ue000\U000e0041\U0001fffe\U0010ffff"
)
_SPELLS = (
    "'; DROP TABLE incident; --", '" OR 1=1', "{{7*7}}", "{% raw %}", "${7*7}",
    "<script>x</script>",
    '"><img src=x onerror=x>', "\r\nBcc: x@example.org", "\r\nSet-Cookie: a=b", '\n{"level":',
    "../../../../etc/passwd", "..\\..\\", "%00", "%0d%0a", "=cmd|'/C calc'!A0", "+1+1", "-1+1",
    "@SUM(1)", "\t=1", "%n%s%x", "() { :;}; x", "file:///etc/passwd", "http://169.254.169.254/",
    "javascript:x", "data:text/html,x", "&#0;", "]]>", "<!ENTITY x SYSTEM 'x'>", "\\u0000", "\\",
    "NaN", "null", "true", "1e999", "-0", "0x10", "٣", "１２", "9" * 400, "a" * 70_000,
    "\u0301" * 60, "👩‍👩‍👧", "ﷺ" * 50, "K" + "\u0336" * 30,
)  # fmt: skip
NAMES = (
    "Łukasz", "O’Neill", "李", "Ng", "Ævar", "Ştefan", "Nguyễn", "Đặng", "Иван", "Ελένη", "محمد",
    "שרה", "প্রিয়া", "பிரியா", "ሰላም", "ゆうこ", "Siân", "Zoë-Mae", "D’Arcy", "Mc Donald", "Ọlá",
    "Þóra", "Ķēniņš", "Sinéad", "ʻOkina", "Jean‑Luc", "Ñusta", "Çağla", "ພອນ", "မောင်",
)  # fmt: skip


def text(rng: Random) -> str:
    """Return a hostile text that holds the mark."""
    if rng.random() < 0.4:
        hidden = "".join(rng.choice(_HIDDEN) for _ in range(rng.randint(1, 3)))
        return f"{MARK}{hidden}{rng.choice(NAMES)}"
    spell = rng.choice(_SPELLS)
    return f"{spell}{MARK}" if rng.random() < 0.5 else f"{MARK}{spell}"


def value(rng: Random, depth: int = 0) -> Any:
    """Return a hostile JSON value of any kind."""
    kind = rng.randrange(12 if depth < 3 else 9)
    if kind < 5:
        return text(rng)
    if kind < 9:
        return rng.choice(
            (None, True, False, 0, -1, 1.5, 10**17, 10**30, -(10**18), 1e308, 2**63, "", " ", MARK)
        )
    if kind == 9:
        return [value(rng, depth + 1) for _ in range(rng.choice((0, 1, 3, 40)))]
    return {text(rng): value(rng, depth + 1) for _ in range(rng.randint(0, 4))}


def spoil(rng: Random, body: Any) -> Any:
    """Return a JSON value with one place of it changed for something hostile."""
    if isinstance(body, dict) and body and rng.random() < 0.85:
        key = rng.choice(sorted(body))
        way = rng.randrange(5)
        if way == 0:
            return {name: one for name, one in body.items() if name != key}
        if way == 1:
            return {**body, text(rng): value(rng)}
        return {**body, key: spoil(rng, body[key])}
    if isinstance(body, list) and body and rng.random() < 0.85:
        place = rng.randrange(len(body))
        return [*body[:place], spoil(rng, body[place]), *body[place + 1 :]]
    return value(rng)


def raw_json(rng: Random, body: Any) -> bytes:
    """Return bytes that claim to be JSON: of a body spoilt in its values or its bytes, or good."""
    good = json.dumps(body)
    way = rng.randrange(21)
    if way >= 18:
        return good.encode()
    if way < 9:
        spoilt = body
        for _ in range(rng.randint(1, 3)):
            spoilt = spoil(rng, spoilt)
        return json.dumps(spoilt, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if way < 11:
        raw = bytearray(good.encode())
        for _ in range(rng.randint(1, 6)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        return bytes(raw)
    return (
        good[: rng.randrange(len(good))].encode(),
        good.encode("utf-16"),
        b"\xef\xbb\xbf" + good.encode(),
        good.replace("{", f'{{"{MARK}":1,"{MARK}":2,', 1).encode(),
        (b"[" if rng.random() < 0.5 else b'{"a":') * rng.choice((50, 2_000, 100_000)),
        good.replace(":", rng.choice((": NaN,", ": 1e999,", ":" + "9" * 5_000)), 1).encode(),
        good.replace('"', f'"{MARK}\\ud800', 1).encode(),
    )[way - 11]
