import FilterAPI
import KafkaWire
import NIOCore
import Settings
import Sinks

/// Writes a copied record as a JSON document on one line.
enum RecordDocument {
    /// The document.
    ///
    /// - Parameters:
    ///   - record: the record, redacted.
    ///   - origin: where it comes from.
    ///   - connection: the client.
    ///   - filter: the tap's name.
    ///   - time: when it was copied.
    ///   - hasSchema: true for the envelope of Kafka Connect's JsonConverter.
    /// - Returns: the document, without a line feed.
    static func document(
        _ record: CopiedRecord, _ origin: CopyOrigin, connection: ConnectionContext, filter: String, time: String,
        hasSchema: Bool
    ) -> ByteBuffer {
        let size = (record.key?.readableBytes ?? 0) + (record.value?.readableBytes ?? 0)
        var line = JSONLine(capacity: size + size / 2 + 640 + (hasSchema ? schema.utf8.count + 32 : 0))
        if hasSchema {
            line.begin()
            line.name("\"schema\":")
            line.raw(schema)
            line.name(",\"payload\":")
        }
        line.begin()
        line.name("\"topic\":")
        line.string(origin.topic)
        line.name(",\"partition\":")
        line.integer(Int64(origin.partition))
        line.name(",\"offset\":")
        line.integer(record.offset)
        line.name(",\"timestamp\":")
        line.integer(record.timestamp >= 0 ? record.timestamp : nil)
        write(record.key, ",\"key\":", ",\"key_base64\":", to: &line)
        write(record.value, ",\"value\":", ",\"value_base64\":", to: &line)
        line.name(",\"headers\":")
        line.begin("[")
        for header in record.headers {
            line.begin()
            line.name("\"name\":")
            line.string(header.name)
            write(header.value, ",\"value\":", ",\"value_base64\":", to: &line)
            line.end()
        }
        line.end("]")
        line.name(",\"redacted\":")
        line.string(record.isValueDropped ? "value" : nil)
        line.name(",\"direction\":")
        line.string(origin.direction == .request ? "produce" : "fetch")
        line.name(",\"listener\":")
        line.string(connection.listener)
        line.name(",\"filter\":")
        line.string(filter)
        line.name(",\"client_id\":")
        line.string(origin.clientID)
        line.name(",\"principal\":")
        line.string(connection.principal)
        line.name(",\"transactional_id\":")
        line.string(origin.transactionalID)
        line.name(",\"producer_id\":")
        line.integer(record.producer?.id)
        line.name(",\"producer_epoch\":")
        line.integer(record.producer.map { Int64($0.epoch) })
        line.name(",\"time\":")
        line.string(time)
        line.end()
        if hasSchema { line.end() }
        return line.bytes
    }

    /// Bytes as text if they are UTF-8, else in Base64.
    private static func write(
        _ bytes: ByteBuffer?, _ text: StaticString, _ base64: StaticString, to line: inout JSONLine
    ) {
        guard let bytes else {
            line.name(text)
            line.null()
            line.name(base64)
            line.null()
            return
        }
        bytes.withUnsafeReadableBytes { bytes in
            let isText = String(validating: bytes, as: UTF8.self) != nil
            line.name(text)
            if isText { line.string(bytes) } else { line.null() }
            line.name(base64)
            if isText { line.null() } else { line.base64(bytes) }
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
