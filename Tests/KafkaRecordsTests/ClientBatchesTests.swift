import NIOCore
import Testing

@testable import KafkaRecords

@Suite("Batches of other clients")
struct ClientBatchesTests {
    private let contexts = CompressionContexts()

    @Test
    func `The frames have every codec, both ways, and markers and old messages too`() throws {
        var seen: Set<String> = []
        for frame in Fixtures.frames {
            for field in try frame.recordFields() {
                var batches = RecordBatches(field)
                while let batch = try batches.next() {
                    let codec = try #require(batch.header.attributes.codec)
                    seen.insert("\(frame.client) \(frame.source) \(codec)")
                    seen.insert("\(frame.client) \(frame.source) magic \(batch.header.magic)")
                    if batch.header.isControl { seen.insert("\(frame.client) control") }
                }
            }
        }
        for client in ["java", "librdkafka"] {
            for codec in CompressionCodec.allCases {
                #expect(seen.contains("\(client) producer \(codec)"))
                #expect(seen.contains("\(client) log \(codec)"))
            }
            #expect(seen.contains("\(client) control"))
            #expect(seen.contains("\(client) log magic 0"))
        }
        #expect(seen.contains("java log magic 1"))
    }

    @Test(arguments: Fixtures.frames)
    func `Captured batches are read to their last byte`(frame: Fixtures.Frame) throws {
        for field in try frame.recordFields() {
            var batches = RecordBatches(field)
            while let batch = try batches.next() {
                let contents = try batch.open(with: contexts, limits: DecompressionLimits())
                var records = contents.records
                var count = 0
                while let record = try records.next() {
                    #expect(record.offset >= batch.header.baseOffset && record.offset <= batch.header.lastOffset)
                    var headers = contents.headers(of: record)
                    while try headers.next() != nil {}
                    count += 1
                }
                if batch.header.recordCount >= 0 { #expect(count == Int(batch.header.recordCount)) }
            }
        }
    }

    @Test(arguments: Fixtures.frames)
    func `Captured batches that are written again hold the same records`(frame: Fixtures.Frame) throws {
        for field in try frame.recordFields() {
            let before = try WholeRecord.all(in: field, contexts: contexts)
            let editor = try RecordsEditor(
                field, from: frame.source, contexts: contexts, limits: DecompressionLimits())
            try editor.visit { record throws(RecordsError) in record.value = record.value }
            let written = try editor.finish()
            #expect(try WholeRecord.all(in: written, contexts: contexts) == before)
            var old = RecordBatches(field)
            var new = RecordBatches(written)
            while let oldBatch = try old.next() {
                var (oldHeader, newHeader) = (oldBatch.header, try #require(try new.next()).header)
                // Compression is another library's; all else stays.
                (oldHeader.length, oldHeader.checksum) = (0, 0)
                (newHeader.length, newHeader.checksum) = (0, 0)
                #expect(newHeader == oldHeader)
            }
            #expect(try new.next() == nil)
        }
    }

    @Test(arguments: Fixtures.pythonBatches)
    func `Batches of Python clients hold what was put into them`(batch: Fixtures.PythonBatch) throws {
        let records = try WholeRecord.all(in: batch.bytes, contexts: contexts)
        #expect(records == Self.pythonRecords(magic: batch.magic))
    }

    @Test(arguments: Fixtures.pythonBatches)
    func `Batches of Python clients that are written again hold the same`(batch: Fixtures.PythonBatch) throws {
        let editor = try RecordsEditor(
            batch.bytes, from: .producer, contexts: contexts, limits: DecompressionLimits())
        try editor.visit { record throws(RecordsError) in record.key = record.key }
        let written = try editor.finish()
        #expect(try WholeRecord.all(in: written, contexts: contexts) == Self.pythonRecords(magic: batch.magic))
        if batch.codec == "none" { #expect(written == batch.bytes) }
    }

    /// What fixtures/make_python_batches.py puts into batches.
    private static func pythonRecords(magic: Int8) -> [WholeRecord] {
        (0..<12).map { number in
            let value = String(repeating: "value-\(number) ", count: number * 3)
            var record = WholeRecord(
                offset: Int64(number), timestamp: magic == 0 ? -1 : 1_600_000_000_000 + 7 * Int64(number),
                key: number % 4 == 0 ? nil : ByteBuffer(string: "key-\(number)"),
                value: number % 5 == 3 ? nil : ByteBuffer(string: value))
            if magic == 2, number % 2 == 1 {
                record.headers = [RecordHeader("h", "\(number)"), RecordHeader("n", nil)]
            }
            return record
        }
    }
}
