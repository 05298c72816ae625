"""What a test needs from the machine: missing is a loud skip, or a failure where required."""

import os

import pytest

# The closed list: a misspelt name in ENCOMPASS_REQUIRE would otherwise require nothing.
NAMES = frozenset({"postgres", "browser", "register"})


def required() -> frozenset[str]:
    """Names in ENCOMPASS_REQUIRE, comma-separated. Raises pytest.UsageError for an unknown one."""
    asked = frozenset(os.environ.get("ENCOMPASS_REQUIRE", "").replace(" ", "").split(","))
    unknown = asked - NAMES - {""}
    if unknown:
        raise pytest.UsageError(
            f"ENCOMPASS_REQUIRE names {', '.join(sorted(unknown))}; "
            f"it knows {', '.join(sorted(NAMES))}"
        )
    return asked - {""}


def require(name: str, present: object, how_to_get: str) -> None:
    """Go on when `present` is true; otherwise skip, or fail when `name` is in ENCOMPASS_REQUIRE."""
    assert name in NAMES, f"{name} is not in {sorted(NAMES)}"
    if present:
        return
    message = f"needs {name}: {how_to_get}"
    if name in required():
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
