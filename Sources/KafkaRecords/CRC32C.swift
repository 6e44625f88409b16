import CCRC32C
package import NIOCore

/// CRC-32C (Castagnoli), the checksum of record batches of the current format.
package enum CRC32C {
    /// Whether the processor's own instruction is used; else tables are.
    package static var usesInstruction: Bool { sluice_crc32c_uses_instruction() != 0 }

    /// The checksum of bytes.
    ///
    /// - Parameters:
    ///   - bytes: any number of them.
    ///   - previous: the checksum of the bytes before; 0 at the beginning.
    /// - Returns: the checksum of all.
    package static func checksum(_ bytes: RawSpan, after previous: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { sluice_crc32c(previous, $0.baseAddress, $0.count) }
    }

    /// The checksum of a buffer's readable bytes.
    package static func checksum(_ bytes: ByteBuffer) -> UInt32 {
        checksum(bytes.readableBytesSpan)
    }

    /// The same by tables alone.
    static func checksumByTables(_ bytes: RawSpan, after previous: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { sluice_crc32c_by_tables(previous, $0.baseAddress, $0.count) }
    }
}
