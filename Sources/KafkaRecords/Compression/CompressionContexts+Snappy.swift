import CSnappy
import NIOCore

/// Snappy comes raw (librdkafka), or in the framing of the Java library: a header, then blocks with their lengths.
extension CompressionContexts {
    /// `\x82SNAPPY\0`; a version and the oldest compatible version follow, int32s.
    private static let magic: [UInt8] = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0x00]
    private static let headerSize = 16
    /// As many bytes go into one block, as the Java library has it.
    private static let blockSize = 32 << 10

    func unsnappy(_ input: RawSpan, into output: inout BoundedOutput) throws(RecordsError) {
        guard Self.hasHeader(input, at: 0) else { return try unsnappyBlock(input, at: 0, into: &output) }
        var offset = 0
        while offset < input.byteCount {
            if Self.hasHeader(input, at: offset) {
                // Streams may be joined.
                offset += Self.headerSize
                continue
            }
            let left = input.byteCount - offset
            guard left >= 4 else { throw RecordsError(.trailingGarbage, at: offset, actual: left, field: "snappy") }
            let length = Int(input.bigEndian(at: offset, as: Int32.self))
            guard length > 0, length <= left - 4 else {
                throw RecordsError(.corrupt, at: offset, expected: left - 4, actual: length, field: "snappy block")
            }
            try unsnappyBlock(input.extracting(offset + 4..<offset + 4 + length), at: offset + 4, into: &output)
            offset += 4 + length
        }
    }

    private static func hasHeader(_ input: RawSpan, at offset: Int) -> Bool {
        guard input.byteCount - offset >= headerSize else { return false }
        for index in magic.indices where input.byte(at: offset + index) != magic[index] { return false }
        return true
    }

    private func unsnappyBlock(
        _ block: RawSpan, at offset: Int, into output: inout BoundedOutput
    ) throws(RecordsError) {
        try block.withUnsafeBytes { (bytes) throws(RecordsError) in
            let characters = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var size = 0
            guard snappy_uncompressed_length(characters, bytes.count, &size) == SNAPPY_OK else {
                throw RecordsError(.corrupt, at: offset, field: "snappy")
            }
            var isGood = false
            try output.write(exactly: size) { free in
                var written = free.count
                let status = snappy_uncompress(
                    characters, bytes.count, free.baseAddress?.assumingMemoryBound(to: CChar.self), &written)
                isGood = status == SNAPPY_OK && written == size
                return isGood ? size : 0
            }
            guard isGood else { throw RecordsError(.corrupt, at: offset, field: "snappy") }
        }
    }

    func snappy(_ input: RawSpan, into output: inout ByteBuffer) throws(RecordsError) {
        output.writeBytes(Self.magic)
        output.writeInteger(Int32(1))
        output.writeInteger(Int32(1))
        var offset = 0
        while offset < input.byteCount {
            let count = min(Self.blockSize, input.byteCount - offset)
            let lengthIndex = output.writerIndex
            output.writeInteger(Int32(0))
            var written = 0
            _ = input.extracting(offset..<offset + count).withUnsafeBytes { bytes in
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: snappy_max_compressed_length(count)) { free in
                    written = free.count
                    let status = snappy_compress(
                        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count,
                        free.baseAddress?.assumingMemoryBound(to: CChar.self), &written)
                    if status != SNAPPY_OK { written = 0 }
                    return written
                }
            }
            guard written > 0 else { throw RecordsError(.outOfMemory, field: "snappy") }
            output.setInteger(Int32(clamping: written), at: lengthIndex)
            offset += count
        }
    }
}
