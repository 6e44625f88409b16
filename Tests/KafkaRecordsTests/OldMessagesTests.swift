import NIOCore
import Testing

@testable import KafkaRecords

@Suite("Messages of the old formats")
struct OldMessagesTests {
    private let contexts = CompressionContexts()
    static let codecs: [CompressionCodec] = [.none, .gzip, .snappy, .lz4]

    private func field(
        _ codec: CompressionCodec, _ magic: Int8, offset: Int64 = 3, firstOffset: Int64 = 0
    ) throws(RecordsError) -> ByteBuffer {
        let set = try Samples.messages(4, magic: magic, firstOffset: firstOffset)
        return codec == .none ? set : try Samples.wrapper(set, codec: codec, magic: magic, offset: offset)
    }

    private func records(_ field: ByteBuffer) throws(RecordsError) -> [WholeRecord] {
        try WholeRecord.all(in: field, contexts: contexts)
    }

    @Test(arguments: codecs)
    func `Offsets of format 1 count from the message around`(codec: CompressionCodec) throws {
        // In the log the message around has the offset of the last one, those within count from 0.
        let inLog = codec == .none ? try field(codec, 1, firstOffset: 100) : try field(codec, 1, offset: 103)
        #expect(try records(inLog).map(\.offset) == [100, 101, 102, 103])
        // Compaction leaves gaps.
        let gaps = Samples.joined(
            try Samples.message(offset: 1, magic: 1, timestamp: 7, key: nil, value: nil),
            try Samples.message(offset: 4, magic: 1, timestamp: 8, key: nil, value: nil))
        if codec != .none {
            let wrapped = try Samples.wrapper(gaps, codec: codec, magic: 1, offset: 54)
            #expect(try records(wrapped).map(\.offset) == [51, 54])
            // Old librdkafka left 0 in what it sent.
            let sent = try Samples.wrapper(Samples.messages(3, magic: 1), codec: codec, magic: 1, offset: 0)
            #expect(try records(sent).map(\.offset) == [0, 1, 2])
        }
    }

    @Test(arguments: codecs)
    func `Offsets of format 0 are those of the log`(codec: CompressionCodec) throws {
        #expect(try records(field(codec, 0, offset: 103, firstOffset: 100)).map(\.offset) == [100, 101, 102, 103])
    }

    @Test
    func `The time of the append is that of the message around`() throws {
        let set = try Samples.messages(2, magic: 1)
        let field = try Samples.wrapper(set, codec: .gzip, magic: 1, offset: 1, isLogAppendTime: true)
        #expect(try records(field).map(\.timestamp) == [9_999, 9_999])
        #expect(try records(set).map(\.timestamp) == [1_000, 1_001])
    }

    @Test(arguments: codecs, [Int8(0), 1])
    func `An edit changes its message and nothing else`(codec: CompressionCodec, magic: Int8) throws {
        let field = try field(codec, magic)
        let editor = try RecordsEditor(field, from: .log, contexts: contexts, limits: DecompressionLimits())
        try editor.visit { record throws(RecordsError) in
            if record.offset == 1 { record.value = ByteBuffer(string: "another") }
            if record.offset == 2 { record.key = nil }
        }
        var expected = try records(field)
        expected[1].value = ByteBuffer(string: "another")
        expected[2].key = nil
        #expect(try records(editor.finish()) == expected)
    }

    @Test(arguments: codecs, [Int8(0), 1])
    func `Messages taken out of a producer's set leave no gap if they are compressed`(
        codec: CompressionCodec, magic: Int8
    ) throws {
        let editor = try RecordsEditor(
            field(codec, magic), from: .producer, contexts: contexts, limits: DecompressionLimits())
        try editor.visit { record throws(RecordsError) in if record.offset % 2 == 0 { try record.drop() } }
        let read = try records(editor.finish())
        #expect(read.map(\.value) == [ByteBuffer(string: "value 1"), ByteBuffer(string: "value 3")])
        // Brokers give messages that are not compressed offsets of their own.
        #expect(read.map(\.offset) == (codec == .none ? [1, 3] : [0, 1]))
    }

    @Test(arguments: codecs, [Int8(0), 1])
    func `What old messages cannot do is refused`(codec: CompressionCodec, magic: Int8) throws {
        let field = try field(codec, magic)
        let editor = try RecordsEditor(field, from: .log, contexts: contexts, limits: DecompressionLimits())
        try editor.visit { record throws(RecordsError) in
            let header = RecordHeader("a", "b")
            #expect(throws: RecordsError(.unsupported, field: "header of an old message")) {
                try record.appendHeader(header)
            }
            #expect(throws: RecordsError(.unsupported, field: "taking an old message out of the log")) {
                try record.drop()
            }
        }
        #expect(throws: RecordsError(.unsupported, field: "taking an old message out of the log")) {
            try editor.drop(batch: 0)
        }
        #expect(try editor.finish() == field)
    }

    @Test(arguments: [Int8(0), 1])
    func `A message that was edited has the right checksum`(magic: Int8) throws {
        let editor = try RecordsEditor(
            field(.none, magic), from: .producer, contexts: contexts, limits: DecompressionLimits())
        try editor.visit { record throws(RecordsError) in record.value = nil }
        var batches = RecordBatches(try editor.finish())
        while let message = try batches.next() { try message.verifyChecksum() }
        #expect(batches.rest.readableBytes == 0)
    }
}
