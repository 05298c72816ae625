"""Looks for secrets, and for what does not belong there, in what would be handed out.

Others lost a token that lay in a compiled file of an image and nowhere in their tree. So what is
read here is the wheel and the source archive as built, and every file that the image would copy.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from detect_secrets.settings import default_settings, get_plugins

ROOT = Path(__file__).resolve().parents[1]

# By the name of a file: what none of the three may hold.
NAMES = {
    "compiled code, which can hold what its source no longer does": r"\.py[cod]$",
    "the settings of one machine": r"\.env(?:\.\w+)?$",
    "a database": r"\.(?:db|sqlite3?|dump)(?:-\w+)?$",
    "keys": r"\.(?:pem|key|p12|pfx|jks)$|(?:^|/)(?:keys\.json|id_(?:rsa|ecdsa|ed25519))$",
    "tests": r"(?:^|/)(?:tests/|conftest\.py$)",
    "a history": r"(?:^|/)\.git(?:/|$)",
    "what a process left": r"\.log$|(?:^|/)core(?:\.\d+)?$",
}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|home|Users|work)/\w|[A-Z]:\\Users")


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why something that looks like a secret is none; of a value, or of a file of many."""

    reason: str
    value: str = ""
    name: str = ""

    def covers(self, name: str, value: str) -> bool:
        return value == self.value if self.value else name == self.name


EXCUSES = (
    Excuse("every interface of the container; the proxy is in front", value="0.0.0.0"),  # noqa: S104
    Excuse("a network for documentation (RFC 5737), in an example", value="192.0.2.0"),
    Excuse("the name of an event of the trail", value="access:password:changed"),
    Excuse("the words for that event", value="The password was changed"),
    Excuse("an id in an example of the interface", value="1f0c1f6f0f7e4c7d8a5b3c2d1e0f9a8b"),
    Excuse("words of an example of the interface", value="the secret that was shown once"),
    Excuse("stands in for the authenticator of nobody, so that work is equal", value="A" * 32),
    Excuse("the letters a pupil number is checked by", value="ABCDEFGHJKLMNPQRTUVWXYZ"),
    Excuse("the password of fictional people in a demonstration", value="harbour lantern violet"),
    Excuse(
        "the stand-in of a provider is opened by it, and refused in production",
        value="3d844edf-8d35-48ac-975b-e847b4f122b0",
    ),
    Excuse("digests of published wordings", name="notifications/templates/digests.toml"),
    Excuse("digests of a published package", name="app/pages/package-lock.json"),
    Excuse(
        "a published file; it names the fields of its own password input",
        name="app/pages/static/govuk/govuk-frontend.min.js",
    ),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an artefact, under the name it has in the tree."""

    artefact: str
    name: str
    data: bytes


def findings(parts: Iterable[Part]) -> list[str]:
    """Return what must not be there, by artefact, file and line; never the secret itself."""
    found: list[str] = []
    seen: set[tuple[str, bytes]] = set()
    with default_settings():
        for part in parts:
            found += [
                f"{part.artefact}: {part.name}: {what}"
                for what, pattern in NAMES.items()
                if re.search(pattern, part.name)
            ]
            # The same file is in all three, and is read once.
            known = (part.name, hashlib.sha256(part.data).digest())
            if known not in seen:
                seen.add(known)
                found += [f"{part.artefact}: {part.name}{what}" for what in _inside(part)]
    return found


def _inside(part: Part) -> Iterator[str]:
    text = part.data.decode("utf-8", "replace")
    if path := MACHINE_PATH.search(text):
        yield f":{_line(text, path.start())}: the path of one machine"
    # A whole file at once: line by line takes three times as long, and finds no more.
    for plugin in get_plugins():
        for secret in plugin.analyze_line(filename=part.name, line=text, line_number=0):
            value = secret.secret_value or ""
            if not any(excuse.covers(part.name, value) for excuse in EXCUSES):
                yield f":{_line(text, text.find(value))}: {secret.type}"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, max(at, 0)) + 1


def built(folder: Path) -> Iterator[Part]:
    """Build the wheel and the source archive and yield their files."""
    command = ["uv", "build", "--quiet", "--offline", "--no-build-isolation", "--out-dir"]
    subprocess.run([*command, str(folder), str(ROOT)], check=True)
    (wheel,), (archive,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        for name in file.namelist():
            if not name.endswith("/"):
                yield Part("wheel", name, file.read(name))
    with tarfile.open(archive) as file:
        for member in file.getmembers():
            if (content := file.extractfile(member)) is not None:
                name = member.name.partition("/")[2]
                yield Part("source archive", name, content.read())


def image(root: Path) -> Iterator[Part]:
    """Yield what `COPY . .` takes: the tree without what .dockerignore names."""
    ignored = patterns((root / ".dockerignore").read_text(encoding="utf-8"))
    yield from _copied(root, PurePosixPath(), ignored)


def _copied(root: Path, folder: PurePosixPath, ignored: list[tuple[str, ...]]) -> Iterator[Part]:
    for entry in sorted((root / folder).iterdir()):
        name = folder / entry.name
        if any(_matches(name.parts, pattern) for pattern in ignored):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _copied(root, name, ignored)
        else:
            yield Part("image", str(name), entry.read_bytes())


def patterns(text: str) -> list[tuple[str, ...]]:
    """Return the patterns of a .dockerignore, of the kinds that ours has; raise for others."""
    found = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        parts = tuple(line.strip("/").split("/"))
        if line.startswith("!") or "**" in parts[1:]:
            raise ValueError(f"this pattern of .dockerignore is not understood here: {line}")
        found.append(parts)
    return found


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if pattern[0] == "**":
        pattern = pattern[1:]
        parts = parts[-len(pattern) :]
    return len(parts) == len(pattern) and all(map(fnmatch, parts, pattern))


def strangers(names: Iterable[str], root: Path) -> list[str]:
    """Return which files would be copied into the image though the history leaves them out."""
    listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    command = ["git", "-c", "safe.directory=*", *listing]
    try:
        told = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        print("Not asked, for want of a clone: whether the image takes files of this machine.")
        return []
    ours = set(told.stdout.split("\0"))
    return [f"image: {name}: not of the history" for name in names if name not in ours]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        parts = [*built(Path(folder)), *image(ROOT)]
    copied = [part.name for part in parts if part.artefact == "image"]
    found = [*findings(parts), *strangers(copied, ROOT)]
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(parts)} files in wheel, source archive and image; {len(found)} findings.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
