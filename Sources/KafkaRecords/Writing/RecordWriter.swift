import KafkaWire
import NIOCore

/// Writes records of the current format.
enum RecordWriter {
    /// Writes a record.
    ///
    /// The headers are `headerCount` of them, as ``writeHeader(_:to:)`` writes them. A record of more than 2 GiB is
    /// refused (`lengthTooLarge`) before any of it is written.
    static func write(
        attributes: Int8 = 0, timestampDelta: Int64, offsetDelta: Int32, key: ByteBuffer?, value: ByteBuffer?,
        headers: ByteBuffer?, headerCount: Int, to writer: inout WireWriter
    ) throws(RecordsError) {
        let keyCount = key?.readableBytes ?? -1
        let valueCount = value?.readableBytes ?? -1
        let length =
            1 + size(of: timestampDelta) + size(of: Int64(offsetDelta)) + size(of: Int64(keyCount)) + max(0, keyCount)
            + size(of: Int64(valueCount)) + max(0, valueCount) + size(of: Int64(headerCount))
            + (headers?.readableBytes ?? 0)
        guard let size = Int32(exactly: length) else {
            throw RecordsError(.lengthTooLarge, expected: Int(Int32.max), actual: length, field: "record length")
        }
        writer.writeVarint(size)
        writer.writeInt8(attributes)
        writer.writeVarlong(timestampDelta)
        writer.writeVarint(offsetDelta)
        write(key, to: &writer)
        write(value, to: &writer)
        writer.writeVarint(Int32(clamping: headerCount))
        if let headers { writer.writeRaw(headers) }
    }

    /// Writes a header: name and value with their lengths.
    static func writeHeader(_ header: RecordHeader, to writer: inout WireWriter) {
        write(header.key, to: &writer)
        write(header.value, to: &writer)
    }

    /// Writes all headers of a record, without their count.
    static func encoded(_ headers: [RecordHeader]) -> ByteBuffer? {
        guard !headers.isEmpty else { return nil }
        var writer = WireWriter()
        for header in headers { writeHeader(header, to: &writer) }
        return writer.finish()
    }

    private static func write(_ bytes: ByteBuffer?, to writer: inout WireWriter) {
        guard let bytes else { return writer.writeVarint(-1) }
        // What is longer than the field can say makes the record longer too, which is refused before.
        writer.writeVarint(Int32(clamping: bytes.readableBytes))
        writer.writeRaw(bytes)
    }

    /// How many bytes a zig-zag varint or varlong takes: 1 to 10.
    static func size(of value: Int64) -> Int {
        let bits = 64 - UInt64(bitPattern: (value << 1) ^ (value >> 63)).leadingZeroBitCount
        return max(1, (bits + 6) / 7)
    }
}
