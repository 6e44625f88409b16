"""What the client scripts share: how they are called, how they answer, and what they send.

A script is called with one JSON argument, {"action": name, …keyword arguments}. It prints events as JSON lines, the
last of them "result". One that runs until told otherwise ends when its standard input is closed.
"""

import hashlib
import json
import random
import sys
import threading
import time
from typing import Any, Callable, Iterable

#: Seconds that one action may take.
DEADLINE = 40.0

#: Of members of groups. The mock cluster waits this long for a member that left when the next one joins.
SESSION_TIMEOUT_MS = 2500
HEARTBEAT_INTERVAL_MS = 300


def values(count: int, size: int) -> list[bytes]:
    """`count` different values of `size` bytes, half of each compressible, the same in every process."""
    return [_value(index, size) for index in range(count)]


def _value(index: int, size: int) -> bytes:
    head = f"{index}:".encode()
    noise = random.Random(index).randbytes(size // 2)
    return (head + noise + b"abcdefgh" * (size // 8 + 1))[:size] if size > len(head) else head


def digest(found: Iterable[bytes]) -> str:
    """One hash for a bag of values, whatever their order."""
    whole = hashlib.sha256()
    for value in sorted(found):
        whole.update(len(value).to_bytes(4, "big") + value)
    return whole.hexdigest()


def event(name: str, **fields: Any) -> None:
    print(json.dumps({"event": name, **fields}), flush=True)


def stop_requested() -> threading.Event:
    """Set when standard input is closed."""
    stop = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    return stop


class Deadline:
    def __init__(self, seconds: float = DEADLINE) -> None:
        self._end = time.monotonic() + seconds

    def check(self, what: str) -> None:
        if time.monotonic() > self._end:
            raise SystemExit(f"not done within the deadline: {what}")


def main(actions: dict[str, Callable[..., Any]]) -> None:
    settings = json.loads(sys.argv[1])
    action = settings.pop("action")
    event("result", value=actions[action](**settings))
