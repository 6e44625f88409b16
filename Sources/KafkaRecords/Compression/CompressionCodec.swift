/// How the records of a batch are compressed: the lowest three bits of its attributes.
package enum CompressionCodec: UInt8, Sendable, CaseIterable {
    /// Not at all.
    case none = 0
    /// gzip (RFC 1952), one or several members.
    case gzip = 1
    /// Snappy: one raw block, or the framing of the Java library.
    case snappy = 2
    /// The LZ4 frame format, one frame.
    case lz4 = 3
    /// Zstandard (RFC 8878), one or several frames (KIP-110).
    case zstd = 4

    /// The name that Kafka's `compression.type` has for it.
    package var name: String {
        switch self {
        case .none: "none"
        case .gzip: "gzip"
        case .snappy: "snappy"
        case .lz4: "lz4"
        case .zstd: "zstd"
        }
    }

    /// The levels that can be asked for (KIP-390); Snappy has none.
    package var levels: ClosedRange<Int> {
        switch self {
        case .none, .snappy: 0...0
        case .gzip: 1...9
        case .lz4: 1...12
        case .zstd: 1...22
        }
    }

    /// The level used where none is asked for: the fastest of gzip, the fast mode of LZ4, 3 of Zstandard.
    package var defaultLevel: Int {
        switch self {
        case .none, .snappy: 0
        case .gzip, .lz4: 1
        case .zstd: 3
        }
    }
}
