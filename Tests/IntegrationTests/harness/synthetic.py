"""Answers of a synthetic cluster, for what Sluice and clients ask before anything else."""

from dataclasses import dataclass, field

from harness.wire import Request, Writer, response_header

API_VERSIONS, METADATA, PRODUCE, FETCH = 18, 3, 0, 1

#: What the synthetic brokers offer: API key to versions.
VERSIONS = {0: (0, 13), 1: (0, 18), 3: (0, 13), 10: (0, 6), 18: (0, 4), 60: (0, 2), 68: (0, 1), 78: (1, 2), 79: (1, 2)}


@dataclass
class SyntheticCluster:
    """Which brokers there are, by ID, and one topic with a partition led by each in turn."""

    brokers: dict[int, tuple[str, int]]
    topic: str = "orders"
    topic_id: bytes = bytes(range(16))
    leaders: list[int] = field(default_factory=list)

    def answer(self, request: Request) -> bytes | None:
        """The response to ApiVersions and Metadata; None for others."""
        if request.api_key == API_VERSIONS:
            return self.api_versions(request)
        if request.api_key == METADATA:
            return self.metadata(request)
        return None

    def api_versions(self, request: Request) -> bytes:
        version = request.api_version
        body = response_header(request).int16(0)
        body.array(VERSIONS.items(), lambda w, item: w.int16(item[0]).int16(item[1][0]).int16(item[1][1]).tags())
        if version >= 1:
            body.int32(0)
        return bytes(body.tags().bytes)

    def metadata(self, request: Request) -> bytes:
        version = request.api_version
        body = response_header(request)
        if version >= 3:
            body.int32(0)

        def broker(w: Writer, item: tuple[int, tuple[str, int]]) -> None:
            identifier, (host, port) = item
            w.int32(identifier).string(host).int32(port)
            if version >= 1:
                w.string(None)
            w.tags()

        body.array(self.brokers.items(), broker)
        if version >= 2:
            body.string("synthetic")
        if version >= 1:
            body.int32(min(self.brokers))

        def partition(w: Writer, item: tuple[int, int]) -> None:
            index, leader = item
            w.int16(0).int32(index).int32(leader)
            if version >= 7:
                w.int32(0)
            w.array([leader], Writer.int32).array([leader], Writer.int32)
            if version >= 5:
                w.array([], Writer.int32)
            w.tags()

        def topic(w: Writer, name: str) -> None:
            w.int16(0).string(name)
            if version >= 10:
                w.raw(self.topic_id)
            if version >= 1:
                w.boolean(False)
            w.array(enumerate(self.leaders or list(self.brokers)), partition)
            if version >= 8:
                w.int32(-(1 << 31))
            w.tags()

        body.array([self.topic], topic)
        if 8 <= version <= 10:
            body.int32(-(1 << 31))
        if version >= 13:
            body.int16(0)
        return bytes(body.tags().bytes)
