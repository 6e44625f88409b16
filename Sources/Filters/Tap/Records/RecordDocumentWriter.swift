import KafkaWire
import NIOCore
import Settings
import Sinks

/// Writes copied records as JSON documents, each on one line. What most copies share with the one before is made once.
struct RecordDocumentWriter {
    private let listener: String
    private let filter: String
    private let hasSchema: Bool
    /// A document up to the offset, for the records of one partition.
    private var starts = PlaceBytes()
    /// A document from the end of the headers up to the time, for the records of one client.
    private var end: (source: CopySource, producer: CopiedRecord.Producer?, isValueDropped: Bool, bytes: ByteBuffer)?

    /// A writer.
    ///
    /// - Parameters:
    ///   - listener: where the clients are.
    ///   - filter: the tap's name.
    ///   - hasSchema: true for the envelope of Kafka Connect's JsonConverter.
    init(listener: String, filter: String, hasSchema: Bool) {
        self.listener = listener
        self.filter = filter
        self.hasSchema = hasSchema
    }

    /// Writes a document, without a line feed.
    ///
    /// - Parameters:
    ///   - record: the record, redacted.
    ///   - origin: where it comes from.
    ///   - time: when it was copied.
    ///   - bytes: what it is written behind.
    mutating func write(_ record: CopiedRecord, _ origin: CopyOrigin, time: String, to bytes: inout ByteBuffer) {
        var line = JSONLine()
        line.exchange(&bytes)
        line.fragment(starts.bytes(of: origin) { Self.start(origin, hasSchema: hasSchema) })
        line.integer(record.offset)
        line.name(",\"timestamp\":")
        line.integer(record.timestamp >= 0 ? record.timestamp : nil)
        Self.write(record.key, ",\"key\":", ",\"key_base64\":", to: &line)
        Self.write(record.value, ",\"value\":", ",\"value_base64\":", to: &line)
        line.name(",\"headers\":")
        line.begin("[")
        for header in record.headers {
            line.begin()
            line.name("\"name\":")
            line.string(header.name)
            Self.write(header.value, ",\"value\":", ",\"value_base64\":", to: &line)
            line.end()
        }
        line.fragment(end(record, origin.source))
        line.string(time)
        line.end()
        if hasSchema { line.end() }
        line.exchange(&bytes)
    }

    private static func start(_ origin: CopyOrigin, hasSchema: Bool) -> ByteBuffer {
        var line = JSONLine()
        if hasSchema {
            line.begin()
            line.name("\"schema\":")
            line.raw(schema)
            line.name(",\"payload\":")
        }
        line.begin()
        line.name("\"topic\":")
        line.string(origin.topic.name)
        line.name(",\"partition\":")
        line.integer(Int64(origin.partition))
        line.name(",\"offset\":")
        return line.bytes
    }

    private mutating func end(_ record: CopiedRecord, _ source: CopySource) -> ByteBuffer {
        if let end, end.source === source, end.producer == record.producer,
            end.isValueDropped == record.isValueDropped
        {
            return end.bytes
        }
        var line = JSONLine()
        line.end("]")
        line.name(",\"redacted\":")
        line.string(record.isValueDropped ? "value" : nil)
        line.name(",\"direction\":")
        line.string(source.direction == .request ? "produce" : "fetch")
        line.name(",\"listener\":")
        line.string(listener)
        line.name(",\"filter\":")
        line.string(filter)
        line.name(",\"client_id\":")
        line.string(source.clientID)
        line.name(",\"principal\":")
        line.string(source.principal)
        line.name(",\"transactional_id\":")
        line.string(source.transactionalID)
        line.name(",\"producer_id\":")
        line.integer(record.producer?.id)
        line.name(",\"producer_epoch\":")
        line.integer(record.producer.map { Int64($0.epoch) })
        line.name(",\"time\":")
        end = (source, record.producer, record.isValueDropped, line.bytes)
        return line.bytes
    }

    /// Bytes as text if they are UTF-8, else in Base64.
    private static func write(
        _ bytes: ByteBuffer?, _ text: StaticString, _ base64: StaticString, to line: inout JSONLine
    ) {
        line.name(text)
        guard let bytes else {
            line.null()
            line.name(base64)
            line.null()
            return
        }
        bytes.withUnsafeReadableBytes { bytes in
            if UTF8Text.isValid(bytes) {
                line.string(bytes)
                line.name(base64)
                line.null()
            } else {
                line.null()
                line.name(base64)
                line.base64(bytes)
            }
        }
    }

    private static let schema = ConnectEnvelope.structure(
        "sluice.tap.Record",
        [
            .init("topic", .string), .init("partition", .int32), .init("offset", .int64, isOptional: true),
            .init("timestamp", .int64, isOptional: true), .init("key", .string, isOptional: true),
            .init("key_base64", .bytes, isOptional: true), .init("value", .string, isOptional: true),
            .init("value_base64", .bytes, isOptional: true),
            .init(
                "headers",
                .array(
                    of: .structure(
                        "sluice.tap.Header",
                        [
                            .init("name", .string), .init("value", .string, isOptional: true),
                            .init("value_base64", .bytes, isOptional: true),
                        ]))),
            .init("redacted", .string, isOptional: true), .init("direction", .string), .init("listener", .string),
            .init("filter", .string), .init("client_id", .string, isOptional: true), .init("principal", .string),
            .init("transactional_id", .string, isOptional: true), .init("producer_id", .int64, isOptional: true),
            .init("producer_epoch", .int16, isOptional: true), .init("time", .string),
        ]
    ).description
}
