import KafkaWire
import NIOCore

@testable import KafkaRecords

/// Bytes and batches that tests begin with.
enum Samples {
    /// Bytes that compress as records do.
    static func text(_ count: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        var number = 0
        while bytes.readableBytes < count {
            bytes.writeString("{\"order\":\(number &* 7_919 % 10_007),\"state\":\"paid\"},")
            number += 1
        }
        return bytes.getSlice(at: 0, length: count) ?? bytes
    }

    /// Bytes that do not compress.
    static func noise(_ count: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        var state: UInt64 = 42
        for _ in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.writeInteger(UInt8(truncatingIfNeeded: state >> 56))
        }
        return bytes
    }

    /// A batch of records `key N`, `value N`, every second with a header.
    static func batch(
        _ count: Int = 5, codec: CompressionCodec = .none, header: RecordBatchHeader = RecordBatchHeader(),
        offsetStep: Int32 = 1
    ) throws(RecordsError) -> ByteBuffer {
        var builder = RecordBatchBuilder(header: header, codec: codec)
        for number in 0..<count {
            try builder.append(
                key: ByteBuffer(string: "key \(number)"), value: ByteBuffer(string: "value \(number)"),
                headers: number % 2 == 1 ? [RecordHeader("h", "\(number)")] : [],
                timestamp: 1_000 + Int64(number), offsetDelta: Int32(number) * offsetStep)
        }
        return try builder.finish(with: CompressionContexts())
    }

    /// A set of old messages `key N`, `value N`.
    static func messages(_ count: Int, magic: Int8, firstOffset: Int64 = 0) throws(RecordsError) -> ByteBuffer {
        var set = ByteBuffer()
        for number in 0..<count {
            set.writeImmutableBuffer(
                try message(
                    offset: firstOffset + Int64(number), magic: magic, timestamp: 1_000 + Int64(number),
                    key: ByteBuffer(string: "key \(number)"), value: ByteBuffer(string: "value \(number)")))
        }
        return set
    }

    /// An old message.
    static func message(
        offset: Int64, magic: Int8, attributes: UInt8 = 0, timestamp: Int64, key: ByteBuffer?, value: ByteBuffer?
    ) throws(RecordsError) -> ByteBuffer {
        var writer = WireWriter()
        try MessageRewriting.write(
            offset: offset, magic: magic, attributes: attributes, timestamp: timestamp, key: key, value: value,
            to: &writer)
        return writer.finish()
    }

    /// An old message that holds others, compressed.
    static func wrapper(
        _ messages: ByteBuffer, codec: CompressionCodec, magic: Int8, offset: Int64, isLogAppendTime: Bool = false
    ) throws(RecordsError) -> ByteBuffer {
        var compressed = ByteBuffer()
        try CompressionContexts().compress(codec, messages, into: &compressed, hasOldLZ4Header: magic == 0)
        return try message(
            offset: offset, magic: magic, attributes: codec.rawValue | (isLogAppendTime ? 8 : 0), timestamp: 9_999,
            key: nil, value: compressed)
    }

    /// Fields one after another.
    static func joined(_ fields: ByteBuffer...) -> ByteBuffer {
        var all = ByteBuffer()
        for field in fields { all.writeImmutableBuffer(field) }
        return all
    }
}

/// A budget that says what is taken from it.
final class CountingBudget: DecompressionBudget {
    private(set) var taken = 0
    private(set) var mostTaken = 0
    let limit: Int

    init(limit: Int = .max) { self.limit = limit }

    func reserve(_ bytes: Int) -> Bool {
        guard bytes <= limit - taken else { return false }
        taken += bytes
        mostTaken = max(mostTaken, taken)
        return true
    }

    func release(_ bytes: Int) { taken -= bytes }
}
