"""Ports for Sluice, which must be known before it starts."""

import os
import random
import socket

# Below the range from which the kernel takes the ports of clients and of brokers that listen on port 0.
_FIRST, _LAST = 20_000, 32_000
_next = _FIRST + random.Random(os.getpid()).randrange(_LAST - _FIRST)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> range:
    """`count` ports in a row that nobody uses, and that no later call hands out again soon."""
    global _next
    for _ in range(1000):
        if _next + count > _LAST:
            _next = _FIRST
        candidate = range(_next, _next + count)
        _next += count
        if all(_is_free(port) for port in candidate):
            return candidate
    raise RuntimeError(f"no {count} free ports in a row")
