import NIOCore
import Testing

@testable import KafkaRecords

@Suite("Building record batches")
struct RecordBatchBuilderTests {
    private let contexts = CompressionContexts()

    @Test(arguments: CompressionCodec.allCases)
    func `A batch that was built is read again`(codec: CompressionCodec) throws {
        var builder = RecordBatchBuilder(codec: codec)
        builder.header.baseOffset = 40
        builder.header.producerID = 7
        for number in 0..<100 {
            try builder.append(
                key: number % 2 == 0 ? nil : ByteBuffer(string: "key \(number)"),
                value: number % 3 == 0 ? nil : ByteBuffer(string: String(repeating: "value ", count: number)),
                headers: number % 5 == 0 ? [RecordHeader("a", "b"), RecordHeader("c", nil)] : [],
                timestamp: 1_000 + Int64(number))
        }
        let bytes = try builder.finish(with: contexts)
        var batches = RecordBatches(bytes)
        let batch = try #require(try batches.next())
        #expect(try batches.next() == nil)
        #expect(batch.header.attributes.codec == codec)
        #expect(batch.header.baseTimestamp == 1_000)
        #expect(batch.header.maxTimestamp == 1_099)
        #expect(batch.header.lastOffset == 139)
        let contents = try batch.open(with: contexts, limits: DecompressionLimits())
        var records = contents.records
        var number = 0
        while let record = try records.next() {
            #expect(record.offset == 40 + Int64(number))
            #expect(record.timestamp == 1_000 + Int64(number))
            #expect(contents.key(of: record) == (number % 2 == 0 ? nil : ByteBuffer(string: "key \(number)")))
            let value = ByteBuffer(string: String(repeating: "value ", count: number))
            #expect(contents.value(of: record) == (number % 3 == 0 ? nil : value))
            #expect(record.headerCount == (number % 5 == 0 ? 2 : 0))
            #expect(try contents.lastHeader(named: "c", of: record) == (number % 5 == 0 ? .some(nil) : nil))
            number += 1
        }
        #expect(number == 100)
    }
}
