"""Brokers whose every answer the test decides."""

import asyncio
import socket
import struct
import threading
from typing import Callable, Iterable

from harness.waiting import DEADLINE
from harness.wire import Request

#: What a broker sends for a request: a frame without its size, or the size and its parts (for what is too large to
#: hold), or None for nothing.
Answer = bytes | tuple[int, Iterable[bytes]] | None


class Broker:
    """Listens on a port of 127.0.0.1, and answers each request with what `answer` returns for it.

    `answer` is called on the broker's own thread. What it raises closes the connection and fails the test on `stop`.
    """

    def __init__(self, answer: Callable[[Request], Answer], port: int = 0) -> None:
        self.answer = answer
        #: Every request received, in order.
        self.requests: list[Request] = []
        self.connections = 0
        self.open_connections = 0
        self.bytes_received = 0
        self.failures: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        # Accepted sockets take it over.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._listener.getsockname()[1]
        self._reading = asyncio.Event()
        self._reading.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop_reading(self) -> None:
        """Leaves further requests in the sockets, as a broker that is stuck does."""
        self._loop.call_soon_threadsafe(self._reading.clear)

    def go_on_reading(self) -> None:
        self._loop.call_soon_threadsafe(self._reading.set)

    def stop(self) -> None:
        """Closes everything, and raises what an answer raised."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(DEADLINE)
        if self.failures:
            raise self.failures[0]

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main = self._loop.create_task(self._serve())
        try:
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        connections: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            connections.add(task)
            self.connections += 1
            self.open_connections += 1
            try:
                await self._converse(reader, writer, self.connections)
            except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                pass
            except Exception as failure:  # told by stop()
                self.failures.append(failure)
            finally:
                self.open_connections -= 1
                connections.discard(task)
                writer.transport.abort()

        server = await asyncio.start_server(connected, sock=self._listener, limit=1 << 16)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            for task in list(connections):
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while True:
            await self._reading.wait()
            (size,) = struct.unpack(">i", await reader.readexactly(4))
            frame = await reader.readexactly(size)
            self.bytes_received += size
            request = Request(frame, number)
            self.requests.append(request)
            answer = self.answer(request)
            if answer is None:
                continue
            if isinstance(answer, bytes):
                answer = (len(answer), (answer,))
            size, parts = answer
            writer.write(struct.pack(">i", size))
            for part in parts:
                writer.write(part)
                await writer.drain()
