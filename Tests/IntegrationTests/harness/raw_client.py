"""A client that sends the bytes it is told to."""

import socket
import struct

from harness.waiting import DEADLINE
from harness.wire import sized


class RawClient:
    """One connection."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, frame: bytes) -> None:
        """Sends the frame with its size before it."""
        self.socket.sendall(sized(frame))

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive_size(self) -> int:
        (size,) = struct.unpack(">i", self.receive_bytes(4))
        return size

    def receive(self) -> bytes:
        """The next frame, without its size."""
        return self.receive_bytes(self.receive_size())

    def receive_bytes(self, count: int) -> bytes:
        received = bytearray()
        while len(received) < count:
            chunk = self.socket.recv(min(count - len(received), 1 << 20))
            if not chunk:
                raise ConnectionError(f"closed after {len(received)} of {count} bytes")
            received += chunk
        return bytes(received)

    def exchange(self, frame: bytes) -> bytes:
        """Sends a frame and returns the next one."""
        self.send(frame)
        return self.receive()

    def is_closed_by_peer(self) -> bool:
        """Waits for the end of the connection; False if something comes instead."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
