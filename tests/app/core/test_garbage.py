"""What a server is made of is not looked at again; what comes and goes is still collected."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.cli import serve
from app.core import garbage
from app.wiring import Wiring


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """The process of the tests is no server: what is left of one test must go."""
    yield
    gc.unfreeze()


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_exists_is_left_alone_and_what_comes_later_still_goes() -> None:
    before = Circle()
    garbage.settle()
    assert gc.get_freeze_count() > 10_000
    seen = {id(one) for one in gc.get_objects()}
    assert id(before) not in seen
    later = weakref.ref(Circle())
    gc.collect()
    assert later() is None


def test_a_server_is_left_alone_once_it_is_built(wiring: Wiring) -> None:
    assert gc.get_freeze_count() == 0
    serve._server(wiring, "127.0.0.1", 8000)
    assert gc.get_freeze_count() > 10_000
