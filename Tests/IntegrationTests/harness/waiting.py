"""Waiting for a thing, with a deadline, in place of sleeping for a while."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")

#: Seconds after which a thing that should have come counts as missing.
DEADLINE = 20.0


def eventually(probe: Callable[[], T], what: str = "the condition", deadline: float = DEADLINE) -> T:
    """Calls `probe` until it returns something true, and returns that.

    An AssertionError or OSError of the probe counts as "not yet"; the last one is the cause when time is up.
    """
    end = time.monotonic() + deadline
    pause = 0.005
    while True:
        cause: Exception | None = None
        try:
            if value := probe():
                return value
        except (AssertionError, OSError) as error:
            cause = error
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not so within {deadline} s") from cause
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
