import NIOCore
import Testing

@testable import KafkaRecords

@Suite("Editing records")
struct RecordsEditorTests {
    private let contexts = CompressionContexts()

    private func editor(
        _ field: ByteBuffer, _ source: RecordsEditor.Source = .log, limits: DecompressionLimits = DecompressionLimits(),
        budget: CountingBudget? = nil
    ) throws(RecordsError) -> RecordsEditor {
        try RecordsEditor(field, from: source, contexts: contexts, limits: limits, budget: budget)
    }

    private func records(_ field: ByteBuffer) throws(RecordsError) -> [WholeRecord] {
        try WholeRecord.all(in: field, contexts: contexts)
    }

    private func headers(_ field: ByteBuffer) throws(RecordsError) -> [RecordBatchHeader] {
        var headers: [RecordBatchHeader] = []
        var batches = RecordBatches(field)
        while let batch = try batches.next() { headers.append(batch.header) }
        return headers
    }

    /// A header in which nothing is as it is by default.
    private static var fullHeader: RecordBatchHeader {
        var header = RecordBatchHeader()
        header.baseOffset = 1_234
        header.partitionLeaderEpoch = 5
        header.attributes = RecordBatchAttributes(rawValue: 0x0150)
        header.baseTimestamp = 777
        header.maxTimestamp = 5_000
        header.producerID = 42
        header.producerEpoch = 6
        header.baseSequence = 70
        return header
    }

    @Test(arguments: CompressionCodec.allCases)
    func `What nobody edits goes on as the bytes that came`(codec: CompressionCodec) throws {
        let field = Samples.joined(try Samples.batch(codec: codec), try Samples.messages(2, magic: 1))
        let editor = try editor(field)
        try editor.visit { record throws(RecordsError) in _ = record.value }
        #expect(!editor.isChanged)
        #expect(try editor.finish() == field)
    }

    @Test(arguments: CompressionCodec.allCases)
    func `An edit changes its field and nothing else`(codec: CompressionCodec) throws {
        let field = try Samples.batch(codec: codec, header: Self.fullHeader)
        let editor = try editor(field)
        try editor.visit { record throws(RecordsError) in
            if record.record.index == 1 { record.value = ByteBuffer(string: "another") }
            if record.record.index == 2 { record.value = nil }
            if record.record.index == 3 { record.key = ByteBuffer() }
        }
        var expected = try records(field)
        expected[1].value = ByteBuffer(string: "another")
        expected[2].value = nil
        expected[3].key = ByteBuffer()
        #expect(try records(editor.finish()) == expected)
        var (before, after) = (try headers(field)[0], try headers(editor.finish())[0])
        (before.length, before.checksum, after.length, after.checksum) = (0, 0, 0, 0)
        #expect(after == before)
        #expect(after.attributes.rawValue == 0x0150 | Int16(codec.rawValue))
    }

    @Test
    func `The time of the append stays that of all records`() throws {
        var header = Self.fullHeader
        header.attributes.isLogAppendTime = true
        let editor = try editor(Samples.batch(header: header))
        try editor.visit { record throws(RecordsError) in
            #expect(record.timestamp == 5_000)
            record.value = nil
        }
        #expect(try records(editor.finish()).allSatisfy { $0.timestamp == 5_000 })
        #expect(try headers(editor.finish())[0].maxTimestamp == 5_000)
    }

    @Test
    func `Headers are added and replaced`() throws {
        let editor = try editor(Samples.batch())
        try editor.visit { record throws(RecordsError) in
            if record.record.index == 0 { try record.setHeaders([RecordHeader("x", nil), RecordHeader("x", "y")]) }
            if record.record.index == 1 { try record.appendHeader(RecordHeader("added", "1")) }
            if record.record.index == 3 { try record.setHeaders([]) }
            if record.record.index == 4 { try record.appendHeader(RecordHeader("added", nil)) }
        }
        let read = try records(editor.finish()).map(\.headers)
        #expect(
            read == [
                [RecordHeader("x", nil), RecordHeader("x", "y")], [RecordHeader("h", "1"), RecordHeader("added", "1")],
                [], [], [RecordHeader("added", nil)],
            ])
    }

    @Test
    func `The edits of one filter are what the next one sees`() throws {
        let editor = try editor(Samples.batch())
        try editor.visit { record throws(RecordsError) in
            if record.record.index == 0 { try record.drop() }
            if record.record.index == 1 {
                record.value = ByteBuffer(string: "first")
                try record.appendHeader(RecordHeader("by", "first"))
            }
        }
        var seen: [String] = []
        try editor.visit { record throws(RecordsError) in
            seen.append(record.value.map { String(buffer: $0) } ?? "null")
            if record.record.index == 1 {
                #expect(try record.lastHeader(named: "by") == .some(ByteBuffer(string: "first")))
                #expect(try record.headers() == [RecordHeader("h", "1"), RecordHeader("by", "first")])
                #expect(record.valueCount == 5)
                record.key = nil
            }
            if record.record.index == 2 { record.value = nil }
        }
        #expect(seen == ["first", "value 2", "value 3", "value 4"])
        let read = try records(editor.finish())
        #expect(read.map(\.value) == ["first", nil, "value 3", "value 4"].map { $0.map { ByteBuffer(string: $0) } })
        #expect(read[0].key == nil)
        #expect(read[0].headers.count == 2)
    }

    @Test(arguments: CompressionCodec.allCases)
    func `Taking records out of the log leaves the offsets of the others`(codec: CompressionCodec) throws {
        let field = try Samples.batch(codec: codec, header: Self.fullHeader, offsetStep: 3)
        let editor = try editor(field)
        try editor.visit { record throws(RecordsError) in if record.record.index % 2 == 0 { try record.drop() } }
        let before = try records(field)
        #expect(try records(editor.finish()) == [before[1], before[3]])
        let header = try headers(editor.finish())[0]
        #expect(header.recordCount == 2)
        #expect(header.lastOffsetDelta == 12)
        #expect(header.maxTimestamp == (try headers(field)[0]).maxTimestamp)
    }

    @Test(arguments: CompressionCodec.allCases)
    func `Taking records out of a producer's batch leaves no gap`(codec: CompressionCodec) throws {
        let field = try Samples.batch(codec: codec)
        let editor = try editor(field, .producer)
        try editor.visit { record throws(RecordsError) in
            if record.record.index == 1 || record.record.index == 4 { try record.drop() }
        }
        let read = try records(editor.finish())
        #expect(read.map(\.offset) == [0, 1, 2])
        #expect(read.map(\.timestamp) == [1_000, 1_002, 1_003])
        #expect(read.map(\.headers) == [[], [], [RecordHeader("h", "3")]])
        let header = try headers(editor.finish())[0]
        #expect(header.recordCount == 3)
        #expect(header.lastOffsetDelta == 2)
        #expect(header.maxTimestamp == 1_003)
    }

    @Test
    func `Records with sequence numbers are not taken out of a producer's batch`() throws {
        let field = try Samples.batch(header: Self.fullHeader)
        let editor = try editor(field, .producer)
        let error = #expect(throws: RecordsError.self) {
            try editor.visit { record throws(RecordsError) in try record.drop() }
        }
        #expect(error?.reason == .notEditable)
        #expect(try editor.finish() == field)
    }

    @Test
    func `When all is taken out, the log has an empty batch and a producer nothing`() throws {
        for isByBatch in [true, false] {
            for codec in CompressionCodec.allCases {
                var header = RecordBatchHeader()
                header.baseOffset = 100
                let field = try Samples.batch(codec: codec, header: header)
                for source in [RecordsEditor.Source.log, .producer] {
                    let editor = try editor(Samples.joined(field, field), source)
                    if isByBatch {
                        try editor.drop(batch: 0)
                    } else {
                        try editor.visit(batch: 0) { record throws(RecordsError) in try record.drop() }
                    }
                    let output = try editor.finish()
                    let left = try headers(output)
                    #expect(left.count == (source == .log ? 2 : 1))
                    #expect(try records(output) == records(field))
                    guard source == .log else { continue }
                    #expect(left[0].recordCount == 0)
                    #expect(left[0].lastOffset == 104)
                    #expect(left[0].attributes.codec == CompressionCodec.none)
                    #expect(left[0].length == 49)
                }
            }
        }
    }

    @Test
    func `Control batches are neither visited nor dropped`() throws {
        var header = RecordBatchHeader()
        header.attributes = RecordBatchAttributes(codec: .none, isTransactional: true, isControl: true)
        let field = Samples.joined(try Samples.batch(2), try Samples.batch(1, header: header), try Samples.batch(2))
        let editor = try editor(field)
        var visited: [Int] = []
        try editor.visit { record throws(RecordsError) in
            visited.append(record.batchIndex)
            record.value = nil
        }
        #expect(visited == [0, 0, 2, 2])
        let error = #expect(throws: RecordsError.self) { try editor.drop(batch: 1) }
        #expect(error?.reason == .notEditable)
        #expect(try records(editor.finish()).map(\.value) == [nil, nil, ByteBuffer(string: "value 0"), nil, nil])
    }

    @Test
    func `Only the batch that was edited is encoded`() throws {
        let batches = try CompressionCodec.allCases.map { codec in try Samples.batch(20, codec: codec) }
        var field = ByteBuffer()
        for batch in batches { field.writeImmutableBuffer(batch) }
        let rest = try #require(batches[0].getSlice(at: 0, length: 70))
        field.writeImmutableBuffer(rest)
        let editor = try editor(field)
        try editor.visit(batch: 2) { record throws(RecordsError) in record.value = nil }
        var output = try editor.finish()
        #expect(output.readSlice(length: batches[0].readableBytes) == batches[0])
        #expect(output.readSlice(length: batches[1].readableBytes) == batches[1])
        var edited = RecordBatches(output)
        output.moveReaderIndex(forwardBy: try #require(try edited.next()).bytes.readableBytes)
        #expect(output == Samples.joined(batches[3], batches[4], rest))
    }

    @Test
    func `A batch that is cut off stays at the end of a log, and is refused from a producer`() throws {
        let whole = try Samples.batch()
        let field = Samples.joined(whole, try #require(whole.getSlice(at: 0, length: 80)))
        let editor = try editor(field)
        #expect(editor.batchCount == 1)
        #expect(try editor.finish() == field)
        let error = #expect(throws: RecordsError.self) { try self.editor(field, .producer) }
        #expect(error?.reason == .truncated)
    }

    @Test
    func `What was edited is encoded once`() throws {
        let editor = try editor(Samples.batch())
        try editor.visit { record throws(RecordsError) in record.value = nil }
        func address() throws -> UnsafeRawPointer? {
            try editor.finish().withUnsafeReadableBytes { $0.baseAddress }
        }
        #expect(try address() == address())
        try editor.visit { record throws(RecordsError) in record.key = nil }
        #expect(try records(editor.finish()).allSatisfy { $0.key == nil && $0.value == nil })
    }

    @Test
    func `Edits before an error stay`() throws {
        let editor = try editor(Samples.batch())
        try editor.visit { record throws(RecordsError) in if record.record.index == 3 { record.key = nil } }
        _ = try editor.finish()
        #expect(throws: RecordsError.self) {
            try editor.visit { record throws(RecordsError) in
                record.value = nil
                if record.record.index == 1 { throw RecordsError(.unsupported) }
            }
        }
        let read = try records(editor.finish())
        #expect(read.map { $0.value == nil } == [true, true, false, false, false])
        #expect(read.map { $0.key == nil } == [false, false, false, true, false])
    }

    @Test
    func `What is decompressed is taken from the budget and given back`() throws {
        let budget = CountingBudget()
        let field = Samples.joined(try Samples.batch(codec: .zstd), try Samples.batch(codec: .lz4))
        var editor: RecordsEditor? = try editor(field, budget: budget)
        #expect(budget.taken == 0)
        try editor?.visit(batch: 0) { _ throws(RecordsError) in }
        let one = budget.taken
        #expect(one > 0)
        try editor?.visit { _ throws(RecordsError) in }
        #expect(budget.taken == 2 * one)
        editor?.close()
        #expect(budget.taken == 0)
        try editor?.visit { record throws(RecordsError) in record.value = nil }
        #expect(budget.taken == 2 * one)
        editor = nil
        #expect(budget.taken == 0)
    }

    @Test
    func `The limit is for all batches of the field`() throws {
        let batch = try Samples.batch(100, codec: .gzip)
        let size = try Samples.batch(100).readableBytes
        let limits = DecompressionLimits(maxOutputBytes: size * 3 / 2)
        let editor = try editor(Samples.joined(batch, batch), limits: limits)
        try editor.visit(batch: 0) { _ throws(RecordsError) in }
        let error = #expect(throws: RecordsError.self) { try editor.visit(batch: 1) { _ throws(RecordsError) in } }
        #expect(error?.reason == .tooLarge)
    }

    @Test
    func `A batch with a wrong checksum is not opened`() throws {
        var field = try Samples.batch()
        field.setInteger(UInt8(0xFF), at: 70)
        let editor = try editor(field)
        let error = #expect(throws: RecordsError.self) { try editor.visit { _ throws(RecordsError) in } }
        #expect(error?.reason == .wrongChecksum)
        #expect(try editor.finish() == field)
    }
}
