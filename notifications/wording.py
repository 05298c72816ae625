"""The words of every version that was shipped: of what a school is shown, and of the alerts. Pure.

A version is a file or folder of `templates/` and is never edited: its digest is pinned beside it.
Which one counts is approved by a named person (`notifications.approving`); what was shown under an
earlier one is shown in that one's words for good.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from app.core.languages import Language
from notifications.states import FollowUpCode, WordingKind

TEMPLATES = Path(__file__).parent / "templates"

# What a school says that it did: its own choice among these, and no part of what it is shown.
FOLLOW_UP = {
    FollowUpCode.SILENT_SUPPORT: "Silent support",
    FollowUpCode.OVERT_SUPPORT: "Support the child knows about",
    FollowUpCode.STAFF_TOLD: "Told staff who need to know",
    FollowUpCode.WELFARE_CHECK: "Checked how the child is",
    FollowUpCode.EARLY_HELP: "Early help",
    FollowUpCode.SOCIAL_CARE_REFERRAL: "Referred to children's social care",
    FollowUpCode.ADDED_TO_FILE: "Added to the child-protection file",
    FollowUpCode.NO_FURTHER_ACTION: "No further action",
}


@dataclass(frozen=True, slots=True)
class Words:
    """One version of what a school is shown, by section and code, in one language.

    A section of another language has its code behind the name, as in `labels.cy`.
    """

    version: str
    texts: Mapping[str, Mapping[str, str]]
    language: Language = Language.ENGLISH

    def say(self, section: str, code: str, **filled_in: object) -> str:
        """Return one text; what this version is too old to have, the newest says."""
        named = section_in(self.language, section)
        text = self.texts.get(named, {}).get(code)
        if text is None:
            text = words(language=self.language).texts[named][code]
        return text.format(**filled_in) if filled_in else text


def shipped(kind: WordingKind) -> tuple[str, ...]:
    """Return the versions that this release has, oldest first."""
    return tuple(_pinned()[kind])


def newest(kind: WordingKind) -> str:
    """Return the version that was shipped last."""
    return shipped(kind)[-1]


def words(version: str = "", language: Language = Language.ENGLISH) -> Words:
    """Return a version of what a school is shown; one this release does not know is the newest.

    A later release may have stored it, and a message must be readable after a roll-back.
    """
    known = version if version in shipped(WordingKind.NOTICE) else newest(WordingKind.NOTICE)
    return _words(known, language)


def speaks(version: str, language: Language) -> bool:
    """Return whether a version was approved with words in this language: older ones were not."""
    return section_in(language, "labels") in words(version).texts


def section_in(language: Language, section: str) -> str:
    """Return the name of a section in a language."""
    return section if language is Language.ENGLISH else f"{section}.{language}"


@cache
def _words(version: str, language: Language = Language.ENGLISH) -> Words:
    return Words(version, texts_of(WordingKind.NOTICE, version), language)


def alert_folder(template: str, version: str = "") -> Path:
    """Return where the texts of an alert are; the newest where that version does not have them."""
    folder = TEMPLATES / WordingKind.ALERT / version / template
    if version in shipped(WordingKind.ALERT) and folder.is_dir():
        return folder
    return TEMPLATES / WordingKind.ALERT / newest(WordingKind.ALERT) / template


@cache
def alert_digest(template: str, version: str = "") -> bytes:
    """Return the digest of all fixed text of one alert; nothing personal is in it."""
    return _digest(_alert_texts(alert_folder(template, version)))


def texts_of(kind: WordingKind, version: str) -> Mapping[str, Mapping[str, str]]:
    """Return all texts of a version as they are on this machine now, by section and name."""
    if kind is WordingKind.NOTICE:
        path = TEMPLATES / kind / f"{version}.toml"
        return tomllib.loads(path.read_text(encoding="utf-8"))
    folder = TEMPLATES / kind / version
    return {path.name: _alert_texts(path) for path in sorted(folder.iterdir()) if path.is_dir()}


def digest_of(kind: WordingKind, version: str) -> bytes:
    """Return the digest of a version's words as they are on this machine now."""
    return _digest(texts_of(kind, version))


def changed_without_a_version() -> tuple[str, ...]:
    """Return what is not as it was shipped: `kind version`, also of one that is not pinned."""
    pinned = _pinned()
    found = [
        f"{kind} {version}"
        for kind in WordingKind
        for version in _there(kind) | pinned[kind].keys()
        if version not in _there(kind)
        or pinned[kind].get(version) != digest_of(kind, version).hex()
    ]
    return tuple(sorted(found))


def _there(kind: WordingKind) -> set[str]:
    return {path.name.removesuffix(".toml") for path in (TEMPLATES / kind).iterdir()}


def _pinned() -> Mapping[WordingKind, Mapping[str, str]]:
    body = _manifest()
    return {kind: body[kind.value] for kind in WordingKind}


@cache
def _manifest() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((TEMPLATES / "digests.toml").read_text(encoding="utf-8"))


def _alert_texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def _digest(texts: Mapping[str, object]) -> bytes:
    canonical = json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(canonical.encode()).digest()
