import KafkaRecords
import NIOCore
import Settings
import SluiceConfiguration

/// The bounds of the configuration in the form that the data path compares with.
struct ConnectionLimits: Sendable {
    /// The largest frame, in bytes.
    let maxFrame: Int
    /// The largest frame that is held, in bytes.
    let maxHeldFrame: Int
    /// How far record batches may grow when they are opened.
    let decompression: DecompressionLimits
    /// Requests in flight on one connection.
    let requestsInFlight: Int
    /// For a held frame to become whole.
    let frameTimeout: TimeAmount
    /// For a connection on which nothing happens.
    let idleTimeout: TimeAmount

    init(_ limits: LimitsConfiguration) {
        maxFrame = min(Int(clamping: limits.maxFrame.bytes), Int(Int32.max))
        maxHeldFrame = Int(clamping: limits.maxHeldFrame.bytes)
        decompression = DecompressionLimits(
            maxOutputBytes: Int(clamping: limits.maxDecompressedBatch.bytes),
            maxRatio: limits.maxDecompressionRatio)
        requestsInFlight = limits.requestsInFlight
        frameTimeout = TimeAmount(limits.frameTimeout)
        idleTimeout = TimeAmount(limits.idleTimeout)
    }
}
