"""The real server with a sealed key file: its key service goes away, comes back, and is late."""

import signal
import threading
from pathlib import Path
from time import monotonic, sleep

import pytest

from app.core.key_file import Keys, seal_file
from app.core.settings import Settings
from app.wiring import Wiring
from tests.factories.key_services import RunningKeyService
from tests.processes.key_service import SEALS
from tests.processes.server import Server
from tests.processes.test_push_and_kill import Pusher, force_client, stored

__all__ = ["force_client"]
SHARE = 10
NOT_READY = "key service not ready"


def start_once_missed(service: RunningKeyService, server: Server) -> None:
    """Start the key service as soon as the process said that it waits for it, or a minute later."""
    until = monotonic() + 60
    while NOT_READY not in server.log and monotonic() < until:
        sleep(0.1)
    service.start()


@pytest.mark.timeout(300)
def test_pushes_go_on_through_an_outage_of_the_key_service_and_a_start_waits_for_it(
    force_client: tuple[Wiring, str, str],
    settings: Settings,
    tmp_path: Path,
) -> None:
    wired, client_id, secret = force_client
    path, keys = settings.key_path, Keys.load(settings.key_path)
    with RunningKeyService(tmp_path / "key-service") as service:
        assert seal_file(path, service.client())
        with Server(settings.database_url, settings.data_dir, **service.environment()) as server:
            pusher = Pusher(server, client_id, secret)
            pusher.push(range(SHARE))
            asked = service.asked()
            service.stop()
            path.touch()
            pusher.push(range(SHARE, 2 * SHARE))
            assert server.log.count("key file not read") == 1
            server.end(signal.SIGKILL)
            late = threading.Thread(target=start_once_missed, args=(service, server))
            late.start()
            server.start()
            late.join()
            pusher.push(range(2 * SHARE, 3 * SHARE))
            log = server.log
        # Once to begin with, and once by the process that came after it.
        assert (asked, service.asked()) == (3, 1)
    assert stored(wired)[0] == 3 * SHARE
    assert (set(pusher.statuses), len(pusher.statuses)) == ({200, 201}, 6 * SHARE)
    assert NOT_READY in log
    hidden = [SEALS, *(key.hex() for key in keys.masters.values()), path.read_text("utf-8")]
    assert not [one for one in hidden if one in log]
    wired.database.engine.dispose()
