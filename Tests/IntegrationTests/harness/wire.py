"""Kafka's wire format by hand: an encoder and a reader of the tests' own, which share nothing with Sluice's."""

import struct
from dataclasses import dataclass
from typing import Callable, Iterable, TypeVar

T = TypeVar("T")

#: The first flexible version of the APIs that the tests write by hand.
FLEXIBLE = {0: 9, 1: 12, 3: 9, 10: 3, 12: 4, 18: 3, 19: 5, 60: 0, 68: 0, 78: 0, 79: 0}


class Writer:
    """Appends values to `bytes`. Every method returns the writer."""

    def __init__(self, flexible: bool = False) -> None:
        self.flexible = flexible
        self.bytes = bytearray()

    def _pack(self, layout: str, value: object) -> "Writer":
        self.bytes += struct.pack(layout, value)
        return self

    def int8(self, value: int) -> "Writer":
        return self._pack(">b", value)

    def int16(self, value: int) -> "Writer":
        return self._pack(">h", value)

    def int32(self, value: int) -> "Writer":
        return self._pack(">i", value)

    def int64(self, value: int) -> "Writer":
        return self._pack(">q", value)

    def boolean(self, value: bool) -> "Writer":
        return self._pack(">?", value)

    def raw(self, value: bytes) -> "Writer":
        self.bytes += value
        return self

    def uvarint(self, value: int) -> "Writer":
        while value >= 0x80:
            self.bytes.append(value & 0x7F | 0x80)
            value >>= 7
        self.bytes.append(value)
        return self

    def string(self, value: str | None) -> "Writer":
        encoded = None if value is None else value.encode()
        if self.flexible:
            self.uvarint(0 if encoded is None else len(encoded) + 1)
        else:
            self.int16(-1 if encoded is None else len(encoded))
        return self.raw(encoded or b"")

    def data(self, value: bytes | None) -> "Writer":
        if self.flexible:
            self.uvarint(0 if value is None else len(value) + 1)
        else:
            self.int32(-1 if value is None else len(value))
        return self.raw(value or b"")

    def array(self, values: Iterable[T] | None, each: Callable[["Writer", T], object]) -> "Writer":
        items = None if values is None else list(values)
        if self.flexible:
            self.uvarint(0 if items is None else len(items) + 1)
        else:
            self.int32(-1 if items is None else len(items))
        for item in items or ():
            each(self, item)
        return self

    def tags(self, fields: dict[int, bytes] | None = None) -> "Writer":
        """The tagged fields, in a flexible version; nothing in others."""
        if self.flexible:
            self.uvarint(len(fields or {}))
            for tag, value in sorted((fields or {}).items()):
                self.uvarint(tag).uvarint(len(value)).raw(value)
        return self


class Reader:
    """Reads values from `bytes`, from `offset` on."""

    def __init__(self, data: bytes, flexible: bool = False, offset: int = 0) -> None:
        self.bytes, self.flexible, self.offset = data, flexible, offset

    def _unpack(self, layout: str) -> int:
        (value,) = struct.unpack_from(layout, self.bytes, self.offset)
        self.offset += struct.calcsize(layout)
        return value

    def int8(self) -> int:
        return self._unpack(">b")

    def int16(self) -> int:
        return self._unpack(">h")

    def int32(self) -> int:
        return self._unpack(">i")

    def int64(self) -> int:
        return self._unpack(">q")

    def boolean(self) -> bool:
        return bool(self.int8())

    def raw(self, count: int) -> bytes:
        assert 0 <= count <= len(self.bytes) - self.offset, f"{count} bytes at {self.offset} of {len(self.bytes)}"
        value = self.bytes[self.offset : self.offset + count]
        self.offset += count
        return bytes(value)

    def uvarint(self) -> int:
        value = shift = 0
        while True:
            byte = self.raw(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def string(self) -> str | None:
        count = self.uvarint() - 1 if self.flexible else self.int16()
        return None if count < 0 else self.raw(count).decode()

    def data(self) -> bytes | None:
        count = self.uvarint() - 1 if self.flexible else self.int32()
        return None if count < 0 else self.raw(count)

    def array(self, each: Callable[["Reader"], T]) -> list[T]:
        count = self.uvarint() - 1 if self.flexible else self.int32()
        return [each(self) for _ in range(count)]

    def tags(self) -> dict[int, bytes]:
        if not self.flexible:
            return {}
        return {self.uvarint(): self.raw(self.uvarint()) for _ in range(self.uvarint())}


@dataclass(frozen=True)
class Request:
    """A request frame, without its size."""

    frame: bytes
    #: Which of a broker's connections it came on, counted from 1; 0 where that says nothing.
    connection: int = 0

    @property
    def api_key(self) -> int:
        return struct.unpack_from(">h", self.frame)[0]

    @property
    def api_version(self) -> int:
        return struct.unpack_from(">h", self.frame, 2)[0]

    @property
    def correlation_id(self) -> int:
        return struct.unpack_from(">i", self.frame, 4)[0]

    @property
    def identity(self) -> bytes:
        """All of the frame but the correlation ID, which a proxy may choose for itself."""
        return self.frame[:4] + self.frame[8:]

    def body(self) -> Reader:
        """A reader of what follows the header."""
        flexible = is_flexible(self.api_key, self.api_version)
        reader = Reader(self.frame, offset=8)
        reader.string()
        reader.flexible = flexible
        reader.tags()
        return reader


def is_flexible(api_key: int, api_version: int) -> bool:
    return api_version >= FLEXIBLE[api_key]


def request(api_key: int, api_version: int, body: bytes, correlation_id: int = 1, client_id: str = "raw") -> bytes:
    """A request frame, without its size, of an API in `FLEXIBLE`."""
    header = Writer().int16(api_key).int16(api_version).int32(correlation_id).string(client_id)
    header.flexible = is_flexible(api_key, api_version)
    return bytes(header.tags().bytes) + body


def response_header(request: Request) -> Writer:
    """A response's header; the body is to be appended to it."""
    flexible = is_flexible(request.api_key, request.api_version)
    writer = Writer(flexible).int32(request.correlation_id)
    return writer if request.api_key == 18 else writer.tags()


def response_body(request: Request, frame: bytes) -> Reader:
    """A reader of a response's body, after its header."""
    reader = Reader(frame, is_flexible(request.api_key, request.api_version), offset=4)
    if request.api_key != 18:
        reader.tags()
    return reader


def sized(frame: bytes) -> bytes:
    """The frame with its size before it."""
    return struct.pack(">i", len(frame)) + frame
