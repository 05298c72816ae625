"""What tests take of this machine: a free port, and a place in memory for what is thrown away."""

import random
import shutil
import socket
from pathlib import Path

# Linux keeps it in memory; a container may give it far less than the databases of a run need.
_IN_MEMORY, _ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 (folders of our own are made in it)
# Below the ports that the system hands to connections: one of those could take a port in between,
# while nobody listens on it, and a client that tries it again and again could meet itself.
_PORTS = range(15_000, 32_000)


def quick_parent() -> Path | None:
    """Return a folder in memory, or None where this machine has none or too little room."""
    if _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
        return _IN_MEMORY
    return None


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    # Not the run's own seed: two workers with one seed would choose the same.
    for port in random.SystemRandom().sample(_PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("a hundred ports tried, and all are in use")
