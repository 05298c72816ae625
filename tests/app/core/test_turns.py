"""Writers on SQLite take turns, first come, first served."""

import threading

import pytest

from app.core.errors import Unavailable
from app.core.turns import Turns


def test_a_writer_that_comes_back_at_once_waits_behind_those_who_asked_before() -> None:
    turns, order, asked = Turns(5), [], threading.Event()

    def greedy() -> None:
        for _ in range(3):
            with turns.turn():
                order.append("greedy")
                asked.wait(5)

    def patient() -> None:
        with turns.turn():
            order.append("patient")

    first = threading.Thread(target=greedy)
    first.start()
    while not order:
        first.join(0.001)
    second = threading.Thread(target=patient)
    second.start()
    while not turns._waiting:
        second.join(0.001)
    asked.set()
    first.join()
    second.join()
    assert order == ["greedy", "patient", "greedy", "greedy"]


def test_a_turn_that_does_not_come_is_unavailable_and_leaves_no_place_behind() -> None:
    turns = Turns(0.01)
    with turns.turn(), pytest.raises(Unavailable), turns.turn():
        pytest.fail("two writers at once")
    with turns.turn():
        assert not turns._waiting


def test_many_threads_are_never_inside_together() -> None:
    turns, inside, most = Turns(5), [0], [0]

    def work() -> None:
        for _ in range(200):
            with turns.turn():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside[0], most[0]) == (0, 1)
