import KafkaRecords
import NIOCore
import Testing

@testable import TapFilter

@Suite("Batches that stream past")
struct BatchStreamTests {
    /// What is found in a field that comes in pieces, with the same course for every batch.
    private func events(
        _ field: ByteBuffer, piece: Int, _ course: BatchStream.Course
    ) -> [String] {
        var stream = BatchStream()
        stream.begin(bytes: field.readableBytes)
        var events: [String] = []
        field.withUnsafeReadableBytes { all in
            for start in stride(from: 0, to: all.count, by: piece) {
                var bytes = UnsafeRawBufferPointer(rebasing: all[start..<min(all.count, start + piece)])
                while let event = stream.next(&bytes) {
                    switch event {
                    case .batch(let header):
                        events.append("batch \(header.magic) \(header.recordCount)")
                        stream.proceed(course)
                    case .gathered(let batch):
                        events.append("gathered \(batch.readableBytes)")
                        stream.proceed(.skip)
                    case .record(let record):
                        let alone = BatchContents(alone: record, of: RecordBatchHeader())
                        var cursor = alone.records
                        let read = try? cursor.next()
                        events.append(
                            "record \(read.flatMap { alone.value(of: $0) }.map { String(buffer: $0) } ?? "?")")
                        stream.proceed(.skip)
                    case .unreadable:
                        events.append("unreadable")
                        stream.proceed(.skip)
                    }
                }
            }
        }
        return events
    }

    private let pieces = [1, 2, 7, 61, 62, 1 << 20]

    private func field() throws -> ByteBuffer {
        joined(
            try batch((0..<3).map { Written("k", "first-\($0)") }),
            try batch((0..<5).map { Written(nil, "second-\($0)") }))
    }

    @Test(arguments: [1, 2, 7, 61, 62, 1 << 20])
    func `are told by their headers`(piece: Int) throws {
        #expect(events(try field(), piece: piece, .skip) == ["batch 2 3", "batch 2 5"])
    }

    @Test(arguments: [1, 2, 7, 61, 62, 1 << 20])
    func `give the record that is asked for`(piece: Int) throws {
        #expect(
            events(try field(), piece: piece, .walk(to: 2)) == [
                "batch 2 3", "record first-2", "batch 2 5", "record second-2",
            ])
    }

    @Test(arguments: [1, 61, 997, 4096, 1 << 20])
    func `give a record behind many of all sizes`(piece: Int) throws {
        let sizes = [0, 1, 50, 63, 64, 65, 1000, 8190, 8200, 20_000]
        let records = (0..<200).map {
            Written(nil, String(repeating: "v", count: sizes[$0 % sizes.count]) + "-\($0)", headers: [("h", nil)])
        }
        for target in [0, 1, 99, 150, 199] {
            let expected = try #require(records[target].value)
            #expect(
                events(try batch(records), piece: piece, .walk(to: target)) == ["batch 2 200", "record \(expected)"])
        }
    }

    @Test(arguments: [1, 7, 1 << 20])
    func `are given whole`(piece: Int) throws {
        let first = try batch((0..<3).map { Written("k", "first-\($0)") })
        #expect(
            events(first, piece: piece, .gather) == ["batch 2 3", "gathered \(first.readableBytes)"])
    }

    @Test func `end where the last one is cut off`() throws {
        let field = try field()
        for end in 1..<field.readableBytes {
            let cut = try #require(field.getSlice(at: 0, length: end))
            #expect(events(cut, piece: 1 << 20, .skip).count <= 1)
        }
    }

    @Test func `say so when a record is longer than its batch`() throws {
        var field = try batch([Written("k", "value")])
        // The length of the record, as a zig-zag varint.
        field.setInteger(UInt8(126), at: RecordBatchLayout.headerSize)
        #expect(events(field, piece: 1 << 20, .walk(to: 0)) == ["batch 2 1", "unreadable"])
    }

    @Test func `survive any bytes`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var field = ByteBuffer(
                bytes: (0..<Int.random(in: 0...300, using: &random)).map { _ in
                    UInt8.random(in: 0...3, using: &random) == 0 ? UInt8.random(in: 0...255, using: &random) : 0
                })
            if field.readableBytes > 16 { field.setInteger(UInt8.random(in: 0...3), at: 16) }
            for piece in pieces {
                _ = events(field, piece: piece, .walk(to: 1))
                _ = events(field, piece: piece, .gather)
            }
        }
    }
}
