package import Settings

/// The `limits:` block: every bound on what the proxy holds and waits for.
package struct LimitsConfiguration: Sendable, Hashable {
    /// The largest frame that passes at all. Default 100 MiB, as brokers have it (`socket.request.max.bytes`).
    package var maxFrame: ByteSize = .mebibytes(100)
    /// The largest frame that is held whole for a filter; no larger than ``bufferedBytes``. Default 100 MiB.
    package var maxHeldFrame: ByteSize = .mebibytes(100)
    /// What all connections together may hold. Default 256 MiB.
    package var bufferedBytes: ByteSize = .mebibytes(256)
    /// The most that a record batch may become when it is opened for a filter. Default 64 MiB.
    package var maxDecompressedBatch: ByteSize = .mebibytes(64)
    /// The most bytes that a record batch may become for each of its own, beyond the first MiB. Default 1,000.
    package var maxDecompressionRatio = 1000
    /// How many requests of one connection may wait for their answers. Default 1,000.
    package var requestsInFlight: Int = 1000
    /// How long a frame may take from its first byte to its last. Default 60 s.
    package var frameTimeout: Duration = .seconds(60)
    /// How long connections may go on while draining. Default 20 s.
    package var drainTimeout: Duration = .seconds(20)
    /// How long a connection may be silent. Default 10 min, as brokers have it (`connections.max.idle.ms`); clients close after 9.
    package var idleTimeout: Duration = .seconds(600)

    /// Makes the defaults.
    package init() {}

    static func read(_ reader: inout SettingsReader) -> LimitsConfiguration? {
        var limits = LimitsConfiguration()
        limits.maxFrame = reader.value(
            "max_frame",
            .byteSize(.kibibytes(1)...(.bytes(Int(Int32.max)))),
            default: limits.maxFrame,
            "The largest frame that passes; a larger one closes its connection."
        )
        limits.maxHeldFrame = reader.value(
            "max_held_frame",
            .byteSize(.kibibytes(1)...(.bytes(Int(Int32.max)))),
            default: limits.maxHeldFrame,
            "The largest frame that is held whole for a filter that asks for it. No larger than buffered_bytes."
        )
        limits.bufferedBytes = reader.value(
            "buffered_bytes",
            .byteSize(.kibibytes(64)...(.gibibytes(1024))),
            default: limits.bufferedBytes,
            "What all connections together may hold in frames; a frame waits until there is room for it."
        )
        limits.maxDecompressedBatch = reader.value(
            "max_decompressed_batch",
            .byteSize(.kibibytes(64)...(.gibibytes(1))),
            default: limits.maxDecompressedBatch,
            "The most that a record batch may become when it is opened for a filter, which decides what becomes of a larger one. All opened batches count in buffered_bytes."
        )
        limits.maxDecompressionRatio = reader.value(
            "max_decompression_ratio",
            .integer(1...1_000_000),
            default: limits.maxDecompressionRatio,
            "The most bytes that a record batch may become for each of its own. A MiB may come of any batch."
        )
        limits.requestsInFlight = reader.value(
            "requests_in_flight",
            .integer(1...1_000_000),
            default: limits.requestsInFlight,
            "How many requests of one connection may wait for their answers before it is read no further."
        )
        limits.frameTimeout = reader.value(
            "frame_timeout",
            .duration(.milliseconds(100)...(.seconds(3600))),
            default: limits.frameTimeout,
            "How long a frame may take from its first byte to its last before its connection is closed."
        )
        limits.drainTimeout = reader.value(
            "drain_timeout",
            .duration(.zero...(.seconds(3600))),
            default: limits.drainTimeout,
            "How long answers may take after SIGTERM before the connections that are left are closed."
        )
        limits.idleTimeout = reader.value(
            "idle_timeout",
            .duration(.seconds(1)...(.seconds(7 * 86_400))),
            default: limits.idleTimeout,
            "How long a connection may be silent before it is closed. Brokers have 10m, clients 9m."
        )
        if limits.maxHeldFrame > limits.bufferedBytes {
            let isGiven = reader.contains("max_held_frame")
            let other = reader.contains("buffered_bytes") ? "" : ", the default"
            if isGiven {
                reader.report(
                    "is larger than buffered_bytes (\(limits.bufferedBytes)\(other)), so that such a frame could never be held",
                    at: "max_held_frame"
                )
            } else {
                reader.report(
                    "is smaller than max_held_frame (\(limits.maxHeldFrame), the default), so that such a frame could never be held",
                    at: "buffered_bytes"
                )
            }
        }
        return limits
    }
}
