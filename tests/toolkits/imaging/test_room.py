"""How many pixels are held at once, and what is never made room for."""

import threading
import tracemalloc

import numpy as np
import pytest

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.models.resampling import network_input
from clinseek.toolkits.imaging.reading.room import Room


def test_pixels_wait_until_there_is_room_for_them() -> None:
    room, entered = Room(100), threading.Event()

    def second() -> None:
        with room.place() as admit:
            admit(60)
            entered.set()

    with room.place() as admit:
        admit(60)
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.05)
    assert entered.wait(10)
    thread.join()


def test_one_image_is_let_in_however_large_and_the_next_is_answered_in_time() -> None:
    room = Room(100, patience=0.01)
    with room.place() as admit:
        admit(1_000)
        with pytest.raises(Refusal, match="call this again later"), room.place() as other:
            other(1)
    with room.place() as admit:
        admit(1)


def test_preparing_a_large_picture_takes_little_memory_beside_its_pixels() -> None:
    pixels = np.zeros((4_000, 4_000), np.float32)
    tracemalloc.start()
    network_input(pixels, 224)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < pixels.nbytes / 4
