import KafkaWire
import NIOCore
import Testing

@Suite("Tagged fields")
struct TaggedFieldsTests {
    @Test("Unknown fields are kept in their order")
    func unknownFields() throws {
        let buffer = ByteBuffer(bytes: [2, 0, 1, 0xAA, 0x80, 0x01, 2, 1, 2, 9])
        var reader = WireReader(buffer)
        let fields = try reader.readUnknownTaggedFields()
        #expect(
            fields == [
                UnknownTaggedField(tag: 0, value: ByteBuffer(bytes: [0xAA])),
                UnknownTaggedField(tag: 128, value: ByteBuffer(bytes: [1, 2])),
            ])
        #expect(reader.remaining == 1)
        var writer = WireWriter()
        writer.writeUnknownTaggedFields(fields)
        #expect(writer.finish() == buffer.getSlice(at: 0, length: 9))
    }

    @Test("Tags that do not ascend are refused", arguments: [[3, 3], [3, 2]] as [[UInt8]])
    func order(tags: [UInt8]) {
        let buffer = ByteBuffer(bytes: [2, tags[0], 0, tags[1], 0])
        #expect(throws: WireError(.tagOrder, at: 3, expected: 4, actual: Int(tags[1]), field: "tag")) {
            var reader = WireReader(buffer)
            _ = try reader.readUnknownTaggedFields()
        }
    }

    @Test("A section cannot have more fields than bytes")
    func tooMany() {
        let buffer = ByteBuffer(bytes: [3, 0, 0, 1, 0])
        #expect(throws: WireError(.countTooLarge, at: 0, expected: 2, actual: 3, field: "array count")) {
            var reader = WireReader(buffer)
            _ = try reader.readUnknownTaggedFields()
        }
    }

    @Test("A field longer than what is left is refused")
    func tooLong() {
        let buffer = ByteBuffer(bytes: [1, 0, 2, 0])
        #expect(throws: WireError(.lengthTooLarge, at: 2, expected: 1, actual: 2, field: "tagged field length")) {
            var reader = WireReader(buffer)
            _ = try reader.readUnknownTaggedFields()
        }
    }

    @Test("A field that was read short of its length is refused")
    func lengthMismatch() {
        let buffer = ByteBuffer(bytes: [1, 0, 4, 0, 0, 0, 0])
        #expect(throws: WireError(.taggedFieldLength, at: 3, expected: 4, actual: 2)) {
            var reader = WireReader(buffer)
            var section = try reader.beginTaggedFields()
            while try reader.nextTaggedField(&section) {
                _ = try reader.readInt16()
                try reader.endTaggedField(section)
            }
        }
    }

    @Test("Unknown fields are written up to the known tag that comes next")
    func unknownBelow() {
        let fields = [1, 4, 6].map { UnknownTaggedField(tag: $0, value: ByteBuffer(bytes: [UInt8($0)])) }
        var writer = WireWriter()
        var next = 0
        writer.writeUnknownTaggedFields(fields, from: &next, below: 1)
        #expect(next == 0)
        writer.writeUnknownTaggedFields(fields, from: &next, below: 5)
        #expect(next == 2)
        writer.writeUnknownTaggedFields(fields, from: &next, below: nil)
        #expect(next == 3)
        #expect(writer.finish() == ByteBuffer(bytes: [1, 1, 1, 4, 1, 4, 6, 1, 6]))
    }

    @Test("The length of a written field takes as many bytes as it needs", arguments: [0, 1, 127, 128, 16_384, 70_000])
    func writtenLengths(size: Int) throws {
        var writer = WireWriter(minimumCapacity: 16)
        writer.writeInt32(7)
        let start = writer.beginTaggedField(5)
        writer.writeRaw(ByteBuffer(repeating: 0xAB, count: size))
        writer.endTaggedField(start)
        writer.writeInt32(9)
        let buffer = writer.finish()
        var reader = WireReader(buffer)
        #expect(try reader.readInt32() == 7)
        #expect(try reader.readUnsignedVarint() == 5)
        #expect(try reader.readUnsignedVarint() == UInt32(size))
        #expect(try reader.readSlice(size) == ByteBuffer(repeating: 0xAB, count: size))
        #expect(try reader.readInt32() == 9)
        #expect(reader.remaining == 0)
    }
}
