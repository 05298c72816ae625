"""Bodies that must never be stored, never be echoed and never break the service.

Each row: a name, the bytes, and the status they get. `Canary` stands for personal data.
"""

import json
from typing import Any

from tests.factories.incidents import child, incident


def _with_child(**changes: Any) -> bytes:
    return json.dumps(incident(children=[child(**changes)])).encode()


def _with(**changes: Any) -> bytes:
    return json.dumps(incident(**changes)).encode()


def _raw(fragment: str) -> bytes:
    """Return an incident with a fragment of JSON text in front of its own fields."""
    return ("{" + fragment + "," + json.dumps(incident())[1:]).encode()


_MALFORMED: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("spaces", b"   "),
    ("half an object", b'{"reference": "Canary"'),
    ("single quotes", b"{'reference': 'Canary'}"),
    ("a trailing comma", b'{"reference": "Canary",}'),
    ("a comment", b'{"reference": "Canary"} // note'),
    ("two values", b'{"reference": "Canary"} {}'),
    ("a form", b"reference=Canary&version=1"),
    ("an XML document", b'<?xml version="1.0"?><a>Canary</a>'),
    ("not UTF-8", b'{"reference": "Canary\xff"}'),
    ("an overlong NUL", b'{"reference": "Canary\xc0\x80"}'),
    ("an encoded surrogate", b'{"reference": "Canary\xed\xa0\x80"}'),
    ("UTF-16", '{"reference": "Canary"}'.encode("utf-16")),
    ("UTF-32", '{"reference": "Canary"}'.encode("utf-32")),
    ("a byte-order mark", b"\xef\xbb\xbf" + json.dumps(incident()).encode()),
    ("a raw NUL", b'{"reference": "Canary\x00"}'),
    ("a raw newline in text", b'{"reference": "Canary\n"}'),
    ("NaN", _raw('"children_seen": NaN')),
    ("Infinity", _raw('"children_seen": Infinity')),
    ("minus Infinity", _raw('"children_seen": -Infinity')),
    ("1e999", _raw('"children_seen": 1e999')),
    ("five thousand digits", _raw('"children_seen": ' + "9" * 5000)),
    ("a long fraction", _raw('"children_seen": 0.' + "1" * 5000)),
    ("a lone surrogate", _raw('"data_stage": "Canary\\ud800"')),
    ("a reversed pair", _raw('"data_stage": "Canary\\udc00\\ud800"')),
    ("a surrogate as key", _raw('"Canary\\ud800": 1')),
    ("a key twice", _raw('"reference": "Canary"')),
    ("a key twice, inside", _raw('"risk": {"grade": "high", "grade": "standard"}')),
    ("deep arrays", b"[" * 100_000),
    ("deep objects", b'{"a":' * 30_000 + b"1" + b"}" * 30_000),
    ("deep but closed", _raw('"suspects": ' + "[" * 30 + "]" * 30)),
]

_WRONG_SHAPE: list[tuple[str, bytes]] = [
    ("null", b"null"),
    ("a number", b"1"),
    ("a text", b'"Canary"'),
    ("an array", json.dumps([incident()]).encode()),
    ("an empty object", b"{}"),
    ("an unknown field", _with(Canary=1)),
    ("an unknown field of a child", _with_child(Canary="Canary")),
    ("a prototype", _with(__proto__={"Canary": 1})),
    ("no version", json.dumps({"reference": "Canary", "children": []}).encode()),
    ("version zero", _with(version=0)),
    ("version as text", _with(version="1")),
    ("version as true", _with(version=True)),
    ("version as a fraction", _with(version=1.0)),
    ("version null", _with(version=None)),
    ("an enormous version", _with(version=10**17)),
    ("an empty reference", _with(reference="")),
    ("a reference with a space", _with(reference="Canary 1")),
    ("a reference with a slash", _with(reference="../Canary")),
    ("a reference with a newline", _with(reference="99-1\n")),
    ("a long reference", _with(reference="9" * 65)),
    ("a reference as a number", _with(reference=1)),
    ("an SQL reference", _with(reference="'; DROP TABLE incident; --Canary")),
    ("a time without a zone", _with(occurred_from="2026-11-19T22:40:00")),
    ("a time as a number", _with(occurred_from=1763592000)),
    ("a time as digits", _with(occurred_from="1763592000")),
    ("a time that never was", _with(occurred_from="2026-02-30T22:40:00Z")),
    ("a time before the calendar", _with(occurred_from="0001-01-01T00:00:00+14:00")),
    ("a time after the calendar", _with(occurred_from="9999-12-31T23:59:59-14:00")),
    ("an end before the beginning", _with(occurred_to="2026-11-19T20:00:00Z")),
    ("children as null", _with(children=None)),
    ("children as an object", _with(children={"c1": child()})),
    ("a child as text", _with(children=["Canary"])),
    ("too many children", _with(children=[child(f"c{n}") for n in range(31)])),
    ("the same ref twice", _with(children=[child(), child()])),
    ("a reserved ref", _with_child(ref="unnamed-1")),
    ("a child without a ref", _with(children=[{"forename": "Canary"}])),
    ("children seen below zero", _with(children_seen=-1)),
    ("a flag as text", _with(attended="true")),
    ("a flag as a number", _with(attended=1)),
    ("an unknown notice", _with(notice_type="Canary")),
    ("an unknown grade", _with(risk={"grade": "Canary"})),
    ("a suspect of a child not listed", _with(suspects=[{"key": "k", "child_refs": ["Canary"]}])),
    ("an adult with an address", _with(involved_adults=[{"address": "Canary Street"}])),
    ("a name with a NUL", _with_child(forename="Canary\u0000")),
    ("a name with a newline", _with_child(forename="Canary\r\nBcc: a@example.org")),
    ("a name with an escape", _with_child(forename="Canary\u001b[31m")),
    ("a name that turns the text", _with_child(forename="Canary\u202egpj")),
    ("a name with an isolate", _with_child(surname="Canary\u2066x\u2069")),
    ("a name with a zero width space", _with_child(surname="Can\u200bary")),
    ("a name with a byte-order mark", _with_child(surname="\ufeffCanary")),
    ("a name with a line separator", _with_child(surname="Canary\u2028")),
    ("a name of private characters", _with_child(surname="Canary\ue000")),
    ("a flood of marks", _with_child(surname="Canary" + "\u0301" * 20)),
    ("a very long name", _with_child(forename="Canary" * 30)),
    ("a name as a number", _with_child(forename=1)),
    ("a name as an array", _with_child(forename=["Canary"])),
    ("a birthday as a number", _with_child(date_of_birth=1)),
    ("a birthday as digits", _with_child(date_of_birth="86400")),
    ("a birthday with a time", _with_child(date_of_birth="2016-03-02T00:00:00")),
    ("a birthday in British order", _with_child(date_of_birth="02/03/2016")),
    ("a birthday that never was", _with_child(date_of_birth="2015-02-29")),
    ("a birthday long ago", _with_child(date_of_birth="1066-10-14")),
    ("an age range upside down", _with_child(age_range={"min": 9, "max": 3})),
    ("a school as text", _with_child(education="Canary")),
    ("a URN as text", _with_child(education={"urn": "990001"})),
    ("a URN of three digits", _with_child(education={"urn": 123})),
    ("an unknown status", _with_child(education={"status": "Canary"})),
    ("an authority of letters", _with_child(residences=[{"authority": "Can"}])),
    ("an unknown protection", _with_child(protected=["Canary"])),
    ("too many names", _with_child(known_as=["Canary"] * 11)),
    ("an unknown sex", _with_child(sex="f")),
    ("very long words", _with_child(voice={"words": "Canary" * 400})),
    ("a formula", _with(reference="=cmd|'/C Canary'!A0")),
    ("a template", _with(reference="{{7*7}}Canary")),
]

CORPUS = [
    *((name, body, 400) for name, body in _MALFORMED),
    *((name, body, 422) for name, body in _WRONG_SHAPE),
]
