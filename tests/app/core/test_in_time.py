"""Work on a folder that may hang: given up in time, and not asked again while it still hangs."""

import os
import threading
from pathlib import Path

import pytest

from app.core.in_time import in_time


def test_what_answers_in_time_answers_as_if_asked_directly(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("here")
    assert in_time(tmp_path, (tmp_path / "there").read_text) == "here"
    with pytest.raises(FileNotFoundError):
        in_time(tmp_path, (tmp_path / "gone").read_text)


def test_a_place_that_hangs_is_given_up_and_left_alone_until_it_comes_back(tmp_path: Path) -> None:
    """Nobody writes into the pipe: reading it hangs as a mount does whose host is gone."""
    pipe, asked = tmp_path / "pipe", []
    os.mkfifo(pipe)
    with pytest.raises(TimeoutError, match="did not answer"):
        in_time(tmp_path, pipe.read_bytes, seconds=0.1)
    with pytest.raises(TimeoutError, match="not answered yet"):
        in_time(tmp_path, lambda: asked.append("in vain"))
    assert in_time(tmp_path.parent, lambda: "another place") == "another place"
    (hung,) = (one for one in threading.enumerate() if one.name == f"in time: {tmp_path}")
    pipe.write_bytes(b"late")
    hung.join()
    in_time(tmp_path, lambda: asked.append("again"))
    assert asked == ["again"]
