import FilterAPI
import KafkaMessages
import KafkaRecords
import NIOCore
import Settings
import SluiceConfiguration
import Testing

@testable import ProxyRuntime
@testable import SchemaValidationFilter

@Suite("Batches")
struct BatchTests {
    private static let json = "rules: [{ name: r, topics: [t], value: { format: json } }]"

    @Test("of control records are refused, as a broker refuses them from clients")
    func control() throws {
        let client = try Validated(Self.json)
        let batch = try batch([TestRecord("{}")]) { $0.attributes.isControl = true }
        #expect(
            try client.rejection(batch: batch) == "rule 'r': control records are not accepted from clients")
        #expect(client.count("rejections", "r", "control") == 1)
    }

    @Test("that are cut off, or have another checksum, are rejected")
    func unreadable() throws {
        let client = try Validated(Self.json)
        var cut = try batch([TestRecord("{}")])
        cut.moveWriterIndex(to: cut.writerIndex - 1)
        #expect(try client.rejection(batch: cut)?.hasPrefix("rule 'r': the batch cannot be read: ") == true)
        var wrong = try batch([TestRecord("{}")])
        wrong.setInteger(UInt8(7), at: wrong.writerIndex - 2)
        #expect(try client.rejection(batch: wrong)?.hasPrefix("rule 'r': the batch cannot be read: checksum") == true)
        #expect(client.count("rejections", "r", "unreadable") == 2)
    }

    @Test("of old formats are rejected", arguments: [Int8(0), 1])
    func oldFormats(magic: Int8) throws {
        let client = try Validated(Self.json)
        var message = ByteBuffer()
        message.writeInteger(Int64(0))
        message.writeInteger(Int32(magic == 0 ? 16 : 24))
        message.writeInteger(UInt32(0))
        message.writeInteger(magic)
        message.writeInteger(Int8(0))
        if magic == 1 { message.writeInteger(now) }
        message.writeInteger(Int32(-1))
        message.writeInteger(Int32(2))
        message.writeString("{}")
        #expect(
            try client.rejection(batch: message)
                == "rule 'r': message format \(magic) is not accepted, only format 2")
        #expect(client.count("rejections", "r", "old_format") == 1)
    }

    @Test("that grow past a limit when they are decompressed are rejected")
    func tooLarge() throws {
        var limits = LimitsConfiguration()
        limits.maxDecompressedBatch = .kibibytes(64)
        let client = try Validated(Self.json, limits: limits)
        let large = try batch([TestRecord("\"\(String(repeating: "a", count: 70_000))\"")], codec: .gzip)
        #expect(
            try client.rejection(batch: large) == "rule 'r': the batch is too large when it is decompressed")
        #expect(client.count("rejections", "r", "decompressed_size") == 1)
    }

    @Test("that no memory is left for are rejected, and the memory is given back")
    func noMemory() throws {
        var limits = LimitsConfiguration()
        limits.bufferedBytes = .kibibytes(64)
        let client = try Validated(Self.json, limits: limits)
        let large = try batch([TestRecord("\"\(String(repeating: "a", count: 70_000))\"")], codec: .zstd)
        let small = try batch([TestRecord("\"\(String(repeating: "a", count: 50_000))\"")], codec: .zstd)
        #expect(
            try client.rejection(batch: large) == "rule 'r': the batch is too large when it is decompressed")
        for _ in 0..<3 { #expect(try client.rejection(batch: small) == nil) }
        #expect(client.connections.shared.budget.usage.bytes == 0)
    }

    @Test("without records pass")
    func empty() throws {
        let client = try Validated(Self.json)
        #expect(try client.rejection(batch: nil) == nil)
        #expect(try client.rejection(batch: ByteBuffer()) == nil)
        #expect(try client.rejection(batch: try batch([])) == nil)
    }

    @Test("name their bad records, as many as are looked for")
    func recordErrors() throws {
        let client = try Validated("max_record_errors: 2\n\(Self.json)")
        let records = ["{}", "{", "[]", "]", ",", "1"].map { TestRecord($0) }
        try client.send(produce([("t", 0, try batch(records))]), version: 9)
        let partition = try #require(try client.answer(version: 9).responses.first?.partitionResponses.first)
        #expect(partition.recordErrors.map(\.batchIndex) == [1, 3])
        #expect(partition.recordErrors.allSatisfy { $0.batchIndexErrorMessage?.hasPrefix("value") == true })
        #expect(client.count("records", "r", "valid") == 2)
        #expect(client.count("records", "r", "invalid") == 2)
        #expect(client.count("rejections", "r", "schema") == 1)
    }

    @Test("of several in one partition are counted through")
    func several() throws {
        let client = try Validated(Self.json)
        var records = try batch([TestRecord("1"), TestRecord("2")])
        records.writeImmutableBuffer(try batch([TestRecord("3"), TestRecord("{")]))
        try client.send(produce([("t", 0, records)]), version: 9)
        let partition = try #require(try client.answer(version: 9).responses.first?.partitionResponses.first)
        #expect(partition.recordErrors.map(\.batchIndex) == [3])
    }

    @Test("share the steps of their request, and the next request has its own")
    func steps() throws {
        let items = Array(repeating: "true", count: 50).joined(separator: ",")
        let client = try Validated(
            """
            max_steps: 1000
            rules: [{ name: r, topics: [t], value: { format: json_schema, schema: '{"items":{"allOf":[\(items)]}}' } }]
            """)
        let record = TestRecord("[\((0..<15).map(String.init).joined(separator: ","))]")
        let many = try batch(Array(repeating: record, count: 20))
        let message = try #require(try client.rejection(batch: many))
        #expect(message.contains("takes too many steps"))
        #expect(try client.rejection(batch: try batch([record])) == nil)
    }
}
