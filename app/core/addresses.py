"""Which addresses of the settings may be believed, or given secrets. Pure."""

from collections.abc import Collection
from urllib.parse import urlsplit

# As the addresses of a proxy these are everybody's.
_ANYBODY = frozenset({"*", "0.0.0.0/0", "::/0"})


def fit_for_secrets(url: str, *, production: bool) -> bool:
    """Return whether secrets may go there: https, or in a rehearsal this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or parts.username is not None:
        return False
    here = not production and parts.scheme == "http" and host in {"127.0.0.1", "localhost"}
    return here or parts.scheme == "https"


def too_trusting(*, proxies: str, hosts: Collection[str]) -> str | None:
    """Return why a service that others reach must not start so, or `None`.

    Whoever may name the address a call comes from gets past each limit and network; whoever may
    name the host decides where what is made of it leads.
    """
    if not _ANYBODY.isdisjoint(one.strip() for one in proxies.split(",")):
        return (
            "ENCOMPASS_FORWARDED_ALLOW_IPS names the proxy: anybody else could say where they "
            "call from"
        )
    if "*" in hosts:
        return "ENCOMPASS_ALLOWED_HOSTS names each host that people type"
    return None
