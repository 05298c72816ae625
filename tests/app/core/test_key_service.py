"""A key file that a key service sealed: opens nothing by itself, and outages end no morning."""

import json
import stat
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.core import key_file, key_service
from app.core.errors import Refused
from app.core.key_file import KeyFile, Keys, seal_file
from app.core.key_seal import KeyServiceDown, KeyServiceRefused, packed, unpacked
from app.core.key_service import Transit, version_of
from notifications.channels.certificates import make_certificates
from tests.factories.key_services import INSTALLATION, RunningKeyService
from tests.factories.schools import NOW
from tests.processes.key_service import NAMESPACE, OPENS, SEALS

QUICK = httpx.Timeout(0.3)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKeyService]:
    with RunningKeyService(tmp_path_factory.mktemp("key-service")) as started:
        yield started


@pytest.fixture
def transit(running: RunningKeyService) -> Iterator[RunningKeyService]:
    """A key service that is well, before the test and after it."""
    running.gives(SEALS)
    running.says(version=1)
    yield running
    running.says(version=1)


@pytest.fixture
def sealed(transit: RunningKeyService, tmp_path: Path) -> tuple[Path, Keys]:
    """A sealed key file, and what is in it."""
    path, keys = tmp_path / "keys.json", Keys.generate().with_another().turned(NOW)
    keys.save(path, transit.client())
    return path, keys


def secrets_of(keys: Keys) -> list[bytes]:
    """Return every key, as bytes and as it would be written."""
    found = [*keys.masters.values(), keys.index, keys.audit, keys.tokens]
    return [*found, *(b64encode(one) for one in found), *(one.hex().encode() for one in found)]


@trying(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(), name=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,30}", fullmatch=True))
def test_what_is_sealed_comes_back_equal_and_to_no_other_installation(
    transit: RunningKeyService, text: str, name: str
) -> None:
    opened = text.encode()
    body = json.loads(packed(opened, transit.client(name)))
    assert unpacked(body, transit.client(name)) == opened
    with pytest.raises(KeyServiceRefused):
        unpacked(body | {"installation": f"{name}x"}, transit.client(f"{name}x"))


def test_a_stolen_file_holds_no_key_and_opens_nothing(
    transit: RunningKeyService, sealed: tuple[Path, Keys], tmp_path: Path
) -> None:
    path, keys = sealed
    assert Keys.load(path, transit.client()) == keys
    held = path.read_bytes()
    assert not [one for one in secrets_of(keys) if one in held]
    assert keys.active.encode() not in held
    with pytest.raises(Refused, match="sealed by a key service: set ENCOMPASS_KEY_SERVICE_URL"):
        Keys.load(path)
    (tmp_path / "none").write_text("", encoding="ascii")
    stranger = Transit(transit.url, tmp_path / "none", INSTALLATION, key="encompass")
    with pytest.raises(KeyServiceDown, match="no token"):
        Keys.load(path, stranger)
    transit.gives("hvs.guessed")
    with pytest.raises(KeyServiceDown, match="403"):
        Keys.load(path, transit.client())


def test_the_file_is_its_owners_alone_and_is_never_overwritten(
    transit: RunningKeyService, sealed: tuple[Path, Keys]
) -> None:
    path, keys = sealed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(Refused, match="never overwritten"):
        Keys.generate().save(path, transit.client())
    assert path.read_bytes() == before
    path.chmod(0o644)
    keys.alone().replace_in(path, transit.client())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.load(path, transit.client()) == keys.alone()
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]


def test_another_installations_file_does_not_open_whatever_it_calls_itself(
    transit: RunningKeyService, sealed: tuple[Path, Keys]
) -> None:
    path, _ = sealed
    trial = transit.client("exampleshire-trial")
    with pytest.raises(KeyServiceRefused, match="another installation than exampleshire-trial"):
        Keys.load(path, trial)
    renamed = json.loads(path.read_bytes()) | {"installation": "exampleshire-trial"}
    path.write_text(json.dumps(renamed), encoding="ascii")
    with pytest.raises(KeyServiceRefused, match="does not open the key file"):
        Keys.load(path, trial)


def test_a_service_that_binds_nothing_still_opens_no_other_installations_file(
    transit: RunningKeyService, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    transit.says(binds_nothing=True)
    Keys.generate().save(path, transit.client())
    renamed = json.loads(path.read_bytes()) | {"installation": "exampleshire-trial"}
    path.write_text(json.dumps(renamed), encoding="ascii")
    with pytest.raises(KeyServiceRefused, match="another installation"):
        Keys.load(path, transit.client("exampleshire-trial"))


def test_a_plain_file_in_the_place_of_a_sealed_one_is_refused(
    transit: RunningKeyService, sealed: tuple[Path, Keys]
) -> None:
    path, keys = sealed
    file = KeyFile(path, transit.client())
    path.unlink()
    Keys.generate().save(path)
    assert file.current() == keys
    with pytest.raises(Refused, match="not sealed"):
        KeyFile(path, transit.client())


FAULTS: dict[str, tuple[dict[str, Any], type[Refused], str]] = {
    "token ended": ({"ended": [SEALS]}, KeyServiceDown, "403"),
    "no such engine": ({"status": 404}, KeyServiceRefused, "404"),
    "version no longer opened": ({"version": 2, "oldest": 2}, KeyServiceRefused, "400"),
    "broken": ({"status": 500}, KeyServiceDown, "500"),
    "locked itself": ({"status": 503}, KeyServiceDown, "503"),
    "too many": ({"status": 429}, KeyServiceDown, "429"),
    "sends us elsewhere": ({"status": 307}, KeyServiceRefused, "307"),
    "silent": ({"pause": 2}, KeyServiceDown, "ReadTimeout"),
    "slow without end": ({"trickle": True}, KeyServiceDown, "too slow"),
    "no JSON": ({"status": 200, "body": "<html>"}, KeyServiceRefused, "no Transit engine"),
    "deep JSON": ({"status": 200, "body": "[" * 60_000}, KeyServiceRefused, "no Transit engine"),
    "a list": ({"status": 200, "body": "[1]"}, KeyServiceRefused, "no Transit engine"),
    "no data": ({"status": 200, "body": '{"data": null}'}, KeyServiceRefused, "no Transit engine"),
    "a number": ({"plaintext": 5}, KeyServiceRefused, "no Transit engine"),
    "no base64": ({"plaintext": "é"}, KeyServiceRefused, "no Transit engine"),
    "too large": (
        {"status": 200, "body": json.dumps({"data": {"plaintext": "QQ" * 40_000}})},
        KeyServiceRefused, "no Transit engine",
    ),
    "no key file": ({"plaintext": b64encode(b"words").decode()}, Refused, "not a key file"),
    "keys of nobody": (
        {"plaintext": b64encode(b'{"installation": "exampleshire-live"}').decode()},
        Refused, "not a key file",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_fault_has_a_name_leaves_the_file_and_the_running_process_as_they_were(
    transit: RunningKeyService,
    sealed: tuple[Path, Keys],
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_service, "_WHOLE_SECONDS", 0.5)
    path, keys = sealed
    told, kind, said = FAULTS[fault]
    client = transit.client(timeout=QUICK)
    file, before = KeyFile(path, client), path.read_bytes()
    path.touch()
    transit.says(**told)
    with capture_logs() as logged:
        assert file.current() == keys
        with pytest.raises(kind, match=said) as raised:
            Keys.load(path, client)
        with pytest.raises(Refused):
            seal_file(path, client)
    assert path.read_bytes() == before
    assert [line["event"] for line in logged] == ["key file not read"]
    shown = f"{raised.value!r} {raised.value} {logged}".encode()
    hidden = [SEALS.encode(), json.loads(before)["sealed"].encode(), *secrets_of(keys)]
    assert not [one for one in hidden if one in shown]


@pytest.mark.parametrize(
    ("token", "said"), [("", "no token"), ("a b", "no token"), ("é", "no token"), ("a\nb", "token")]
)
def test_a_token_file_that_holds_none_is_named_and_nothing_is_sent(
    transit: RunningKeyService, sealed: tuple[Path, Keys], token: str, said: str
) -> None:
    asked = transit.asked()
    transit.token_file.write_text(token, encoding="utf-8")
    with pytest.raises(KeyServiceDown, match=said):
        Keys.load(sealed[0], transit.client())
    transit.token_file.unlink()
    with pytest.raises(KeyServiceDown, match="does its agent run"):
        Keys.load(sealed[0], transit.client())
    assert transit.asked() == asked


def test_a_renewed_token_is_read_at_the_next_question(
    transit: RunningKeyService, sealed: tuple[Path, Keys]
) -> None:
    path, keys = sealed
    client = transit.client()
    transit.says(ended=[SEALS])
    with pytest.raises(KeyServiceDown):
        Keys.load(path, client)
    transit.gives(OPENS)
    assert Keys.load(path, client) == keys


def test_a_key_a_mount_or_a_namespace_that_is_not_there_is_refused(
    transit: RunningKeyService, sealed: tuple[Path, Keys]
) -> None:
    path, keys = sealed
    with pytest.raises(KeyServiceRefused, match="404"):
        Keys.load(path, transit.client(mount="elsewhere"))
    with pytest.raises(KeyServiceRefused, match="another key"):
        Keys.load(path, transit.client(key="another"))
    with pytest.raises(KeyServiceRefused, match="answered 400"):
        keys.contents(transit.client(key="another"))
    transit.says(namespace=NAMESPACE)
    with pytest.raises(KeyServiceRefused, match="404"):
        Keys.load(path, transit.client())
    assert Keys.load(path, transit.client(namespace=NAMESPACE)) == keys


def test_nothing_is_replaced_by_what_the_service_would_not_open_again(
    transit: RunningKeyService, tmp_path: Path
) -> None:
    path, keys = tmp_path / "keys.json", Keys.generate()
    keys.save(path)
    other = b64encode(json.dumps({"installation": INSTALLATION, "keys": "{}"}).encode())
    transit.says(plaintext=other.decode())
    with pytest.raises(KeyServiceRefused, match="does not give back what it sealed"):
        seal_file(path, transit.client())
    transit.says(status=200, body='{"data": {"ciphertext": "vault:v1:é"}}')
    with pytest.raises(KeyServiceRefused, match="no Transit engine"):
        seal_file(path, transit.client())
    assert Keys.load(path) == keys


def test_a_file_that_cannot_be_replaced_stays_and_one_that_was_is_whole(
    transit: RunningKeyService, tmp_path: Path
) -> None:
    path, keys = tmp_path / "keys.json", Keys.generate()
    keys.save(path)
    beside = path.with_name("keys.json.new")
    beside.mkdir()
    with pytest.raises(IsADirectoryError):
        seal_file(path, transit.client())
    assert Keys.load(path) == keys
    beside.rmdir()
    beside.write_text("left by somebody who was killed", encoding="utf-8")
    beside.chmod(0o644)
    assert seal_file(path, transit.client())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.load(path, transit.client()) == keys
    assert [one.name for one in tmp_path.iterdir()] == ["keys.json"]


def test_sealed_again_it_is_under_the_newest_version_of_the_services_key(
    transit: RunningKeyService, sealed: tuple[Path, Keys]
) -> None:
    path, keys = sealed
    assert version_of(json.loads(path.read_bytes())["sealed"]) == 1
    transit.says(version=2)
    assert Keys.load(path, transit.client()) == keys
    assert not seal_file(path, transit.client())
    assert version_of(json.loads(path.read_bytes())["sealed"]) == 2
    transit.says(version=2, oldest=2)
    assert Keys.load(path, transit.client()) == keys


def test_a_start_waits_for_a_service_that_comes_up_and_says_so_where_it_does_not(
    sealed: tuple[Path, Keys], transit: RunningKeyService, tmp_path: Path
) -> None:
    path, keys = sealed
    waited: list[float] = []
    with RunningKeyService(tmp_path / "late") as late:
        late.stop()

        def wait(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 2:
                late.start()

        file = KeyFile(path, late.client(), patience=(1, 2, 4), wait=wait)
        assert (file.current(), waited) == (keys, [1, 2])
        late.stop()
        waited.clear()
        with pytest.raises(KeyServiceDown, match=r"does not answer now: ConnectError"):
            KeyFile(path, late.client(), patience=(1, 2), wait=lambda s: waited.append(-s))
        assert waited == [-1, -2]
    # What waiting does not mend is said at once.
    transit.says(status=404)
    with pytest.raises(KeyServiceRefused):
        KeyFile(path, transit.client(), patience=(1, 2), wait=wait)
    assert waited == [-1, -2]


def test_a_running_process_asks_for_nothing_but_a_changed_file_and_keeps_its_keys_meanwhile(
    transit: RunningKeyService, sealed: tuple[Path, Keys]
) -> None:
    path, keys = sealed
    at = [1000.0]
    file = KeyFile(path, transit.client(), elapsed=lambda: at[0])
    asked = transit.asked()
    assert [file.current() for _ in range(1000)] == [keys] * 1000
    assert transit.asked() == asked
    other = keys.alone()
    other.replace_in(path, transit.client())
    transit.says(status=503)
    asked = transit.asked()
    assert [file.current() for _ in range(1000)] == [keys] * 1000
    assert transit.asked() == asked + 1
    at[0] += key_file.ASKED_AGAIN_SECONDS
    assert file.current() == keys
    assert transit.asked() == asked + 2
    transit.says()
    assert file.current() == keys
    at[0] += key_file.ASKED_AGAIN_SECONDS
    assert file.current() == other
    assert [file.current() for _ in range(1000)] == [other] * 1000
    assert transit.asked() == asked + 3


def test_while_one_asks_the_others_go_on(
    transit: RunningKeyService, sealed: tuple[Path, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_file, "_OTHERS_WAIT_SECONDS", 0.05)
    path, keys = sealed
    file = KeyFile(path, transit.client())
    other = keys.alone()
    other.replace_in(path, transit.client())
    transit.says(pause=2)
    asked = transit.asked()
    asking = threading.Thread(target=file.current)
    asking.start()
    while transit.asked() == asked:
        pass
    assert file.current() == keys
    assert asking.is_alive()
    asking.join()
    assert file.current() == other
    assert transit.asked() == asked + 1


def test_a_service_nobody_vouches_for_gets_no_token(
    sealed: tuple[Path, Keys], tmp_path: Path
) -> None:
    path, keys = sealed
    ca_file, certificate = make_certificates(tmp_path / "tls", names=("127.0.0.1",))
    with RunningKeyService(tmp_path / "service", certificate=certificate) as started:
        assert Keys.load(path, started.client(ca_file=ca_file)) == keys
        with pytest.raises(KeyServiceDown, match="ConnectError"):
            Keys.load(path, started.client())
        with pytest.raises(KeyServiceRefused, match="CA_FILE"):
            Keys.load(path, started.client(ca_file=tmp_path / "none.pem"))
        junk = tmp_path / "junk.pem"
        junk.write_text("no certificate", encoding="ascii")
        with pytest.raises(KeyServiceRefused, match="CA_FILE"):
            Keys.load(path, started.client(ca_file=junk))
