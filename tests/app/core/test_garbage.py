"""What a server is made of is not looked at again; what comes and goes is still collected."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.core import garbage


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
