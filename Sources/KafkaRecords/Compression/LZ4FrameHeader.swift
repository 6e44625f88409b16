/// What stands before the blocks of an LZ4 frame: a magic number, a descriptor of 2 to 14 bytes, and its checksum.
struct LZ4FrameHeader {
    /// Bytes of the header, with the checksum at its end.
    let size: Int
    /// The checksum as the format has it: of the descriptor.
    let checksum: UInt8
    /// The checksum as old clients of Kafka wrote it: of the magic number and the descriptor (KIP-57).
    let oldChecksum: UInt8

    private static let magic: UInt32 = 0x184D_2204
    /// Bits of the descriptor's first byte.
    private static let contentSize: UInt8 = 0x08
    private static let dictionary: UInt8 = 0x01

    /// Reads a header.
    ///
    /// - Throws: `corrupt` if it is none, `unsupported` if the frame needs a dictionary.
    init(_ input: RawSpan) throws(RecordsError) {
        guard input.byteCount >= 7, UInt32(input.bigEndian(at: 0, as: UInt32.self)).byteSwapped == Self.magic else {
            throw RecordsError(.corrupt, field: "lz4 header")
        }
        let flags = input.byte(at: 4)
        guard flags & Self.dictionary == 0 else { throw RecordsError(.unsupported, at: 4, field: "lz4 dictionary") }
        size = flags & Self.contentSize == 0 ? 7 : 15
        guard input.byteCount >= size else { throw RecordsError(.corrupt, field: "lz4 header") }
        checksum = UInt8(truncatingIfNeeded: Self.xxHash32(input.extracting(4..<size - 1)) >> 8)
        oldChecksum = UInt8(truncatingIfNeeded: Self.xxHash32(input.extracting(0..<size - 1)) >> 8)
    }

    /// xxHash32 with seed 0 of fewer than 16 bytes, which a header always has.
    static func xxHash32(_ bytes: RawSpan) -> UInt32 {
        var hash = 374_761_393 &+ UInt32(truncatingIfNeeded: bytes.byteCount)
        var offset = 0
        while bytes.byteCount - offset >= 4 {
            let word = bytes.bigEndian(at: offset, as: UInt32.self).byteSwapped
            hash = rotated(hash &+ word &* 3_266_489_917, by: 17) &* 668_265_263
            offset += 4
        }
        while offset < bytes.byteCount {
            hash = rotated(hash &+ UInt32(bytes.byte(at: offset)) &* 374_761_393, by: 11) &* 2_654_435_761
            offset += 1
        }
        hash = (hash ^ hash >> 15) &* 2_246_822_519
        hash = (hash ^ hash >> 13) &* 3_266_489_917
        return hash ^ hash >> 16
    }

    private static func rotated(_ value: UInt32, by bits: UInt32) -> UInt32 {
        value << bits | value >> (32 - bits)
    }
}
