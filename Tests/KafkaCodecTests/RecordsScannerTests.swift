import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@Suite("Counting records as they flow past")
struct RecordsScannerTests {
    /// A batch of the current format, with a body of so many bytes.
    static func batch(records: Int32, body: Int, length: Int32? = nil, magic: UInt8 = 2) -> [UInt8] {
        var bytes = ByteBuffer()
        bytes.writeInteger(Int64(7))
        bytes.writeInteger(length ?? Int32(49 + body))
        bytes.writeInteger(Int32(3))
        bytes.writeInteger(magic)
        bytes.writeRepeatingByte(0, count: 57 - 17)
        bytes.writeInteger(records)
        bytes.writeRepeatingByte(0xab, count: body)
        return Array(bytes.readableBytesView)
    }

    /// A message of an old format, with a key and value of so many bytes together.
    static func message(magic: UInt8, body: Int) -> [UInt8] {
        var bytes = ByteBuffer()
        bytes.writeInteger(Int64(7))
        let fixed = magic == 0 ? 14 : 22
        bytes.writeInteger(Int32(fixed + body))
        bytes.writeInteger(UInt32(0))
        bytes.writeInteger(magic)
        bytes.writeRepeatingByte(0, count: fixed - 5 + body)
        return Array(bytes.readableBytesView)
    }

    private func count(_ bytes: [UInt8], chunk: Int) -> Int {
        var scanner = RecordsScanner()
        scanner.begin()
        var position = 0
        while position < bytes.count {
            let end = min(position + chunk, bytes.count)
            bytes[position..<end].withUnsafeBytes { scanner.scan($0) }
            position = end
        }
        return scanner.records
    }

    static let cases: [(name: String, bytes: [UInt8], records: Int)] = [
        ("nothing", [], 0),
        ("one batch", batch(records: 3, body: 40), 3),
        ("one empty batch, as compaction leaves", batch(records: 0, body: 0), 0),
        ("two batches", batch(records: 3, body: 40) + batch(records: 5, body: 1), 8),
        ("a last batch that is cut off", batch(records: 3, body: 40) + batch(records: 5, body: 90).dropLast(1), 3),
        (
            "a last batch that is cut off in its header",
            batch(records: 3, body: 40) + batch(records: 5, body: 9).prefix(30), 3
        ),
        ("messages of format 0", message(magic: 0, body: 0) + message(magic: 0, body: 20), 2),
        (
            "messages of format 1",
            message(magic: 1, body: 5) + message(magic: 1, body: 0) + message(magic: 1, body: 100), 3
        ),
        ("a message that is cut off", message(magic: 1, body: 5) + message(magic: 1, body: 60).dropLast(1), 1),
        (
            "old messages before a batch",
            message(magic: 0, body: 0) + message(magic: 1, body: 7) + batch(records: 4, body: 9), 6
        ),
        ("a negative count", batch(records: -4, body: 9) + batch(records: 2, body: 9), 2),
        ("a length too short for a batch", batch(records: 9, body: 9, length: 10) + batch(records: 2, body: 9), 0),
        ("a negative length", batch(records: 9, body: 9, length: -1), 0),
        ("a length beyond the end", batch(records: 9, body: 9, length: .max), 0),
        ("a message with a length too short", batch(records: 9, body: 9, length: 3, magic: 1), 0),
    ]

    @Test("Batches and messages are counted whatever chunks they come in", arguments: cases.indices)
    func counts(index: Int) {
        let (name, bytes, records) = Self.cases[index]
        let wrong = (1...max(1, bytes.count)).filter { count(bytes, chunk: $0) != records }
        #expect(wrong.isEmpty, "\(name): not \(records) in chunks of \(wrong)")
    }

    @Test("A scanner begins anew with the next partition, also after bytes that made no sense")
    func beginsAnew() {
        var scanner = RecordsScanner()
        scanner.begin()
        Self.batch(records: 9, body: 9, length: -1).withUnsafeBytes { scanner.scan($0) }
        scanner.begin()
        Self.batch(records: 6, body: 9).withUnsafeBytes { scanner.scan($0) }
        #expect(scanner.records == 6)
    }

    @Test("Batches of real producers hold as many records as their headers say")
    func captured() throws {
        var batches = 0
        for file in CapturedFrame.files {
            for frame in try CapturedFrame.frames(file) where frame.apiKey == .produce && frame.direction == .request {
                guard let request = try frame.decoded(frame.bytes).body as? ProduceRequest else { continue }
                for records in request.topicData.flatMap(\.partitionData).compactMap(\.records) {
                    let bytes = Array(records.readableBytesView)
                    // One batch a partition is all that producers send.
                    guard records.readableBytes > 61, bytes[16] == 2 else { continue }
                    let expected = records.getInteger(at: records.readerIndex + 57, as: Int32.self)
                    for chunk in [1, 7, 60, 61, 62, bytes.count] {
                        #expect(count(bytes, chunk: chunk) == Int(expected ?? -1))
                    }
                    batches += 1
                }
            }
        }
        #expect(batches > 10)
    }
}
