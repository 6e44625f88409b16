import KafkaCodec
import NIOCore
import Testing

@Suite("Changes to a frame")
struct FrameEditsTests {
    private func apply(_ edits: FrameEdits, _ text: String) -> String {
        var bytes = edits.apply(to: ByteBuffer(string: text), allocator: ByteBufferAllocator())
        let size = bytes.readInteger(as: UInt32.self)
        #expect(size.map(Int.init) == bytes.readableBytes)
        return String(buffer: bytes)
    }

    @Test("No change leaves the frame as it is")
    func none() {
        #expect(apply(FrameEdits(), "abc") == "abc")
        #expect(FrameEdits().isEmpty)
    }

    @Test("Bytes make way for more, fewer or none")
    func replaced() {
        var edits = FrameEdits()
        edits.replace(0..<1) { $0.writeString("xyz") }
        edits.replace(2..<4) { _ in }
        edits.replace(5..<6) { $0.writeString("F") }
        #expect(apply(edits, "abcdefg") == "xyzbeFg")
        #expect(edits.growth == 0)
    }

    @Test("Changes at the very beginning and end")
    func ends() {
        var edits = FrameEdits()
        edits.replace(0..<0) { $0.writeString("<") }
        edits.replace(3..<3) { $0.writeString(">") }
        #expect(apply(edits, "abc") == "<abc>")
    }

    @Test("Changes since a place are taken back")
    func takenBack() {
        var edits = FrameEdits()
        edits.replace(0..<1) { $0.writeString("A") }
        let before = edits.count
        edits.replace(1..<2) { $0.writeString("BBBB") }
        #expect(edits.growth(since: before) == 3)
        edits.removeChanges(since: before)
        #expect(apply(edits, "abc") == "Abc")
    }

    @Test("A change before others finds its place")
    func inserted() {
        var edits = FrameEdits()
        edits.replace(4..<5) { $0.writeString("EEE") }
        edits.insert(1..<2) { $0.writeString("BB") }
        #expect(apply(edits, "abcdef") == "aBBcdEEEf")
    }

    @Test("The size of a tagged field follows what changes in it, also where the size itself grows")
    func tagSize() {
        // A field of 3 bytes at 2..<5, its size at 1.
        for length in [0, 3, 126, 127, 128, 200, 20_000] {
            var edits = FrameEdits()
            let text = String(repeating: "x", count: length)
            edits.replace(3..<4) { $0.writeString(text) }
            edits.resize(tags: [FieldLocation(start: 1, valueStart: 2, end: 5)])
            var expected = ByteBuffer(string: "t")
            expected.writeUnsignedVarint(UInt32(length + 2))
            expected.writeString("a\(text)c!")
            var frame = ByteBuffer(string: "t")
            frame.writeInteger(UInt8(3))
            frame.writeString("abc!")
            var result = edits.apply(to: frame, allocator: ByteBufferAllocator())
            #expect(result.readInteger(as: UInt32.self).map(Int.init) == expected.readableBytes)
            #expect(result == expected, "\(length)")
        }
    }

    @Test("A tagged field within another lets both sizes follow")
    func nestedTags() {
        // Outer field at 1..<7 with its size at 0; inner at 4..<6 with its size at 3.
        var frame = ByteBuffer(bytes: [6])
        frame.writeString("ab")
        frame.writeInteger(UInt8(2))
        frame.writeString("cdef")
        var edits = FrameEdits()
        let long = String(repeating: "y", count: 300)
        edits.replace(4..<5) { $0.writeString(long) }
        edits.resize(tags: [
            FieldLocation(start: 3, valueStart: 4, end: 6), FieldLocation(start: 0, valueStart: 1, end: 7),
        ])
        var expected = ByteBuffer()
        expected.writeUnsignedVarint(UInt32(2 + 2 + 301 + 1))
        expected.writeString("ab")
        expected.writeUnsignedVarint(301)
        expected.writeString(long + "def")
        var result = edits.apply(to: frame, allocator: ByteBufferAllocator())
        result.moveReaderIndex(forwardBy: 4)
        #expect(result == expected)
    }

    @Test("A string is written as the version writes it")
    func strings() {
        for (length, compact, prefix) in [(3, false, [0, 3]), (3, true, [4]), (200, true, [0xc9, 1]), (0, true, [1])]
            as [(Int, Bool, [UInt8])]
        {
            var buffer = ByteBuffer()
            buffer.writeKafkaString([UInt8](repeating: 0x61, count: length), compact: compact)
            #expect(buffer.readBytes(length: prefix.count) == prefix)
            #expect(buffer.readableBytes == length)
        }
    }
}
