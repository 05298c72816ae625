"""A person's browser, as far as the story needs one: pages, forms with their token, cookies."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from types import TracebackType
from typing import Self

import httpx

_SECONDS = 20.0


class PageProblem(RuntimeError):
    """A page did not answer as the story expects; says which, and nothing of its content."""


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, and what is filled in already."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    # The values each group of choices offers.
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects the forms and the addresses of a page, its heading and its list of facts."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.facts: list[list[str]] = []
        self.heading = ""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if self._inside == "h1":
            self.heading += text
        elif self._inside in {"dt", "dd"} and text and self.facts:
            self.facts[-1].append(text)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag in {"h1", "dt", "dd"}:
            self._inside = tag
        if tag == "dt":
            self.facts.append([])
        if tag == "form":
            self.forms.append(Form(own.get("action") or self._path))
        elif tag == "a" and "href" in own:
            self.links.append(own["href"])
        elif tag in {"input", "select", "textarea"} and self.forms and own.get("name"):
            self._field(self.forms[-1], own)

    def _field(self, form: Form, own: Mapping[str, str]) -> None:
        if own.get("type") in {"radio", "checkbox"}:
            form.choices.setdefault(own["name"], []).append(own.get("value", ""))
        else:
            form.fields[own["name"]] = own.get("value", "")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its address after redirects, its forms and links, and its text for checks."""

    path: str
    text: str
    forms: Sequence[Form]
    links: Sequence[str]
    heading: str
    # What a list of facts says: each label with its text.
    facts: Sequence[Sequence[str]]

    def form(self, ending: str) -> Form:
        """Return the form whose address ends so; raise `PageProblem` where there is none."""
        for form in self.forms:
            if form.action.endswith(ending):
                return form
        raise PageProblem(f"{_shape(self.path)} has no form that goes to …{ending}")

    def has_form(self, ending: str) -> bool:
        return any(form.action.endswith(ending) for form in self.forms)


@cache
def _trust() -> ssl.SSLContext:
    """Read the machine's authorities once; the demonstration itself speaks plain loopback."""
    return ssl.create_default_context()


class Browser:
    """One person's browser; use it as a context manager."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx.Client(
            base_url=base_url, follow_redirects=True, timeout=_SECONDS, verify=_trust()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str) -> Page:
        """Open a page; raise `PageProblem` unless it is there."""
        return _page(self._client.get(path))

    def press(self, page: Page, ending: str, **values: str | Sequence[str]) -> Page:
        """Fill in and send the form of a page that goes to an address with this ending."""
        form = page.form(ending)
        return _page(self._client.post(form.action, data={**form.fields, **values}))


def _page(answer: httpx.Response) -> Page:
    path = answer.url.path
    if answer.status_code != 200:
        raise PageProblem(f"{_shape(path)} answered {answer.status_code}")
    reader = _Reader(path)
    reader.feed(answer.text)
    return Page(path, answer.text, reader.forms, reader.links, reader.heading, reader.facts)


def _shape(path: str) -> str:
    """Return an address without its ids and tokens."""
    return "/".join("…" if len(part) > 20 else part for part in path.split("/"))
