import KafkaWire
import NIOCore
import Testing

@Suite("Reading primitive types")
struct WireReaderTests {
    @Test("Integers are big-endian")
    func integers() throws {
        let bytes = ByteBuffer(bytes: [
            0xFF, 0x01, 0x02, 0xFF, 0xFE, 0, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
        ])
        var reader = WireReader(bytes)
        #expect(try reader.readInt8() == -1)
        #expect(try reader.readInt16() == 258)
        #expect(try reader.readUInt16() == 65_534)
        #expect(try reader.readInt32() == 256)
        #expect(try reader.readUInt32() == 0x8000_0000)
        #expect(try reader.readInt64() == 258)
        #expect(reader.remaining == 0)
        #expect(reader.position == 21)
    }

    @Test("Floats, UUIDs, bools and error codes")
    func otherFixedWidths() throws {
        let bytes = ByteBuffer(bytes: [
            0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 7, 0, 3,
        ])
        var reader = WireReader(bytes)
        #expect(try reader.readFloat64() == 1.5)
        #expect(try reader.readUUID() == KafkaUUID(high: 1, low: 2))
        #expect(try reader.readBool() == false)
        #expect(try reader.readBool() == true)
        #expect(try reader.readBool() == true)
        #expect(try reader.readErrorCode() == .unknownTopicOrPartition)
    }

    @Test("Offsets count from the buffer's reader index")
    func offsetsFromReaderIndex() throws {
        var bytes = ByteBuffer(bytes: [9, 9, 0, 0, 0, 2, 7, 8, 5])
        bytes.moveReaderIndex(forwardBy: 2)
        var reader = WireReader(bytes)
        #expect(try reader.readBytes(compact: false) == ByteBuffer(bytes: [7, 8]))
        #expect(reader.position == 6)
        #expect(reader.rest == ByteBuffer(bytes: [5]))
    }

    @Test(
        "Unsigned varints have one to five bytes",
        arguments: [
            ([0x00], 0), ([0x7F], 127), ([0x80, 0x01], 128), ([0xFF, 0xFF, 0xFF, 0xFF, 0x0F], UInt32.max),
            // Longer than needed, as some encoders write it.
            ([0x81, 0x80, 0x00], 1),
        ] as [([UInt8], UInt32)])
    func unsignedVarints(bytes: [UInt8], value: UInt32) throws {
        let buffer = ByteBuffer(bytes: bytes)
        var reader = WireReader(buffer)
        #expect(try reader.readUnsignedVarint() == value)
        #expect(reader.remaining == 0)
    }

    @Test(
        "Zig-zag varints",
        arguments: [
            ([0x00], 0), ([0x01], -1), ([0x02], 1), ([0xFF, 0xFF, 0xFF, 0xFF, 0x0F], Int32.min),
            ([0xFE, 0xFF, 0xFF, 0xFF, 0x0F], Int32.max),
        ] as [([UInt8], Int32)])
    func varints(bytes: [UInt8], value: Int32) throws {
        let buffer = ByteBuffer(bytes: bytes)
        var reader = WireReader(buffer)
        #expect(try reader.readVarint() == value)
    }

    @Test("Zig-zag varlongs reach both ends of an int64", arguments: [Int64.min, -1, 0, 1, Int64.max])
    func varlongs(value: Int64) throws {
        var writer = WireWriter()
        writer.writeVarlong(value)
        let buffer = writer.finish()
        var reader = WireReader(buffer)
        #expect(try reader.readVarlong() == value)
        #expect(reader.remaining == 0)
    }

    @Test(
        "A varint with too many bits is refused",
        arguments: [
            [0x80, 0x80, 0x80, 0x80, 0x10], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]])
    func longVarints(bytes: [UInt8]) {
        let buffer = ByteBuffer(bytes: [0] + bytes)
        #expect(throws: WireError(.varintTooLong, at: 1, expected: 32, field: "varint")) {
            var reader = WireReader(buffer)
            try reader.skip(1)
            _ = try reader.readUnsignedVarint()
        }
    }

    @Test("A varint without its end is truncated")
    func truncatedVarint() {
        let buffer = ByteBuffer(bytes: [0x80, 0x80])
        #expect(throws: WireError(.truncated, at: 0, expected: 3, actual: 2, field: "varint")) {
            var reader = WireReader(buffer)
            _ = try reader.readUnsignedVarint()
        }
    }

    @Test("An error says what was read, what was needed, and where")
    func truncated() {
        let buffer = ByteBuffer(bytes: [0, 0, 0, 0, 1, 2])
        let error = WireError(.truncated, at: 4, expected: 4, actual: 2, field: "int32")
        #expect(throws: error) {
            var reader = WireReader(buffer)
            _ = try reader.readInt32()
            _ = try reader.readInt32()
        }
        #expect(error.description == "offset 4: int32 needs 4 bytes, 2 left")
    }

    @Test("Strings are kept as they are, null is not empty", arguments: [false, true])
    func strings(compact: Bool) throws {
        var writer = WireWriter()
        for text in ["", "kafka", "größer als fünfzehn Bytes €", nil] {
            try writer.writeNullableString(text, compact: compact)
        }
        let buffer = writer.finish()
        var reader = WireReader(buffer)
        #expect(try reader.readString(compact: compact) == "")
        #expect(try reader.readString(compact: compact) == "kafka")
        #expect(try reader.readNullableString(compact: compact) == "größer als fünfzehn Bytes €")
        #expect(try reader.readNullableString(compact: compact) == nil)
        #expect(reader.remaining == 0)
    }

    @Test(
        "A string that is not UTF-8 is refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let buffer = ByteBuffer(bytes: [0, UInt8(bytes.count)] + bytes)
        #expect(throws: WireError(.invalidUTF8, at: 2, actual: bytes.count, field: "string")) {
            var reader = WireReader(buffer)
            _ = try reader.readString(compact: false)
        }
    }

    @Test("A string of length −1 where null is not allowed")
    func unexpectedNull() {
        #expect(throws: WireError(.unexpectedNull, at: 0, field: "string")) {
            let buffer = ByteBuffer(bytes: [0xFF, 0xFF])
            var reader = WireReader(buffer)
            _ = try reader.readString(compact: false)
        }
        #expect(throws: WireError(.unexpectedNull, at: 0, field: "bytes")) {
            let buffer = ByteBuffer(bytes: [0])
            var reader = WireReader(buffer)
            _ = try reader.readBytes(compact: true)
        }
    }

    @Test("Lengths below −1 and beyond the end are refused")
    func badLengths() {
        #expect(throws: WireError(.negativeLength, at: 0, actual: -2, field: "string length")) {
            let buffer = ByteBuffer(bytes: [0xFF, 0xFE, 1, 1])
            var reader = WireReader(buffer)
            _ = try reader.readNullableString(compact: false)
        }
        #expect(throws: WireError(.negativeLength, at: 0, actual: Int(Int32.min), field: "bytes length")) {
            let buffer = ByteBuffer(bytes: [0x80, 0, 0, 0])
            var reader = WireReader(buffer)
            _ = try reader.readNullableBytes(compact: false)
        }
        #expect(throws: WireError(.lengthTooLarge, at: 0, expected: 1, actual: Int(Int32.max), field: "bytes length")) {
            let buffer = ByteBuffer(bytes: [0x7F, 0xFF, 0xFF, 0xFF, 1])
            var reader = WireReader(buffer)
            _ = try reader.readBytes(compact: false)
        }
        #expect(throws: WireError(.lengthTooLarge, at: 0, expected: 0, actual: 0xFFFF_FFFE, field: "string length")) {
            let buffer = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
            var reader = WireReader(buffer)
            _ = try reader.readString(compact: true)
        }
    }

    @Test("A count is checked against what is left, by the size of an element")
    func counts() throws {
        let buffer = ByteBuffer(bytes: [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        var reader = WireReader(buffer)
        #expect(try reader.readArrayCount(compact: false, minimumElementSize: 4) == 3)
        #expect(throws: WireError(.countTooLarge, at: 0, expected: 2, actual: 3, field: "array count")) {
            var reader = WireReader(buffer)
            _ = try reader.readArrayCount(compact: false, minimumElementSize: 5)
        }
        #expect(throws: WireError(.countTooLarge, at: 0, expected: 0, actual: 0xFFFF_FFFE, field: "array count")) {
            let buffer = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
            var reader = WireReader(buffer)
            _ = try reader.readArrayCount(compact: true, minimumElementSize: 1000)
        }
    }

    @Test("Null arrays are told from empty ones")
    func nullArrays() throws {
        let buffer = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE])
        var reader = WireReader(buffer)
        #expect(try reader.readNullableArrayCount(compact: false, minimumElementSize: 1, allowed: true) == -1)
        #expect(try reader.readNullableArrayCount(compact: true, minimumElementSize: 1, allowed: true) == -1)
        #expect(try reader.readNullableArrayCount(compact: true, minimumElementSize: 1, allowed: true) == 0)
        #expect(throws: WireError(.negativeLength, at: 6, actual: -2, field: "array count")) {
            var reader = WireReader(buffer)
            try reader.skip(6)
            _ = try reader.readNullableArrayCount(compact: false, minimumElementSize: 1, allowed: true)
        }
        #expect(throws: WireError(.unexpectedNull, at: 0, actual: -1, field: "array count")) {
            var reader = WireReader(buffer)
            _ = try reader.readArrayCount(compact: false, minimumElementSize: 1)
        }
    }

    @Test("The marker of a nullable structure is −1 or 1")
    func presence() throws {
        let buffer = ByteBuffer(bytes: [1, 0xFF, 0])
        var reader = WireReader(buffer)
        #expect(try reader.readPresence())
        #expect(try !reader.readPresence())
        #expect(throws: WireError(.invalidMarker, at: 2, actual: 0, field: "structure marker")) {
            var reader = WireReader(buffer)
            try reader.seek(to: 2)
            _ = try reader.readPresence()
        }
    }

    @Test("Seeking and skipping stay within the bytes")
    func seeking() {
        let buffer = ByteBuffer(bytes: [1, 2])
        #expect(throws: WireError.self) {
            var reader = WireReader(buffer)
            try reader.seek(to: 3)
        }
        #expect(throws: WireError.self) {
            var reader = WireReader(buffer)
            try reader.seek(to: -1)
        }
        #expect(throws: WireError.self) {
            var reader = WireReader(buffer)
            try reader.skip(3)
        }
        #expect(throws: WireError.self) {
            var reader = WireReader(buffer)
            try reader.skip(-1)
        }
    }
}
