import KafkaWire
import NIOCore
import Testing

@Suite("Writing primitive types")
struct WireWriterTests {
    @Test("What was in the buffer stays before what is written")
    func appending() throws {
        var buffer = ByteBuffer(bytes: [1, 2, 3])
        buffer.moveReaderIndex(forwardBy: 1)
        var writer = WireWriter(appendingTo: buffer)
        writer.writeInt16(-2)
        #expect(writer.count == 2)
        #expect(writer.finish() == ByteBuffer(bytes: [2, 3, 0xFF, 0xFE]))
    }

    @Test("A buffer that somebody else has is not changed")
    func sharedBuffer() throws {
        let shared = ByteBuffer(bytes: [1, 2, 3])
        var writer = WireWriter(appendingTo: shared)
        for _ in 0..<100 { writer.writeInt64(5) }
        let written = writer.finish()
        #expect(shared == ByteBuffer(bytes: [1, 2, 3]))
        #expect(written.readableBytes == 803)
    }

    @Test("The buffer grows as it is written to")
    func growth() throws {
        var writer = WireWriter(minimumCapacity: 1)
        for value in 0..<10_000 { writer.writeInt32(Int32(value)) }
        try writer.writeString(String(repeating: "x", count: 30_000), compact: true)
        writer.writeInt32s(Array(0..<5_000))
        #expect(writer.count == 40_000 + 3 + 30_000 + 20_000)
        let buffer = writer.finish()
        var reader = WireReader(buffer)
        #expect(try reader.readInt32s(10_000) == Array(0..<10_000))
        #expect(try reader.readString(compact: true).utf8.count == 30_000)
        #expect(try reader.readInt32s(5_000) == Array(0..<5_000))
    }

    @Test("Varints take as few bytes as they can", arguments: [(0, 1), (127, 1), (128, 2), (UInt32.max, 5)])
    func varintSizes(value: UInt32, size: Int) throws {
        var writer = WireWriter()
        writer.writeUnsignedVarint(value)
        let buffer = writer.finish()
        #expect(buffer.readableBytes == size)
        var reader = WireReader(buffer)
        #expect(try reader.readUnsignedVarint() == value)
    }

    @Test("A string longer than Kafka allows is refused", arguments: [false, true])
    func longString(compact: Bool) {
        #expect(throws: WireError(.lengthTooLarge, at: 0, expected: 32_767, actual: 32_768, field: "string length")) {
            var writer = WireWriter()
            try writer.writeString(String(repeating: "x", count: 32_768), compact: compact)
        }
    }

    @Test("Bytes, null bytes and floats come back")
    func bytes() throws {
        var writer = WireWriter()
        for compact in [false, true] {
            try writer.writeNullableBytes(nil, compact: compact)
            try writer.writeNullableBytes(ByteBuffer(), compact: compact)
            try writer.writeNullableBytes(ByteBuffer(bytes: [1]), compact: compact)
        }
        writer.writeFloat64(-0.5)
        writer.writeBool(true)
        writer.writeUUID(KafkaUUID(high: 3, low: 4))
        let buffer = writer.finish()
        var reader = WireReader(buffer)
        for compact in [false, true] {
            #expect(try reader.readNullableBytes(compact: compact) == nil)
            #expect(try reader.readNullableBytes(compact: compact) == ByteBuffer())
            #expect(try reader.readNullableBytes(compact: compact) == ByteBuffer(bytes: [1]))
        }
        #expect(try reader.readFloat64() == -0.5)
        #expect(try reader.readInt8() == 1)
        #expect(try reader.readUUID() == KafkaUUID(high: 3, low: 4))
        #expect(reader.remaining == 0)
    }
}
