import FilterAPI
import Foundation
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
        let key = Bytes(record.key)
        let value = Bytes(record.value)
        let headers = record.headers.map { header -> JSONValue in
            let bytes = Bytes(header.value)
            return ["name": .string(header.name), "value": bytes.text, "value_base64": bytes.base64]
        }
        let payload: JSONValue = [
            "topic": .string(origin.topic),
            "partition": .integer(Int(origin.partition)),
            "offset": record.offset.map { .integer(Int($0)) } ?? .null,
            "timestamp": record.timestamp >= 0 ? .integer(Int(record.timestamp)) : .null,
            "key": key.text,
            "key_base64": key.base64,
            "value": value.text,
            "value_base64": value.base64,
            "headers": .array(headers),
            "redacted": record.isValueDropped ? "value" : .null,
            "direction": origin.direction == .request ? "produce" : "fetch",
            "listener": .string(connection.listener),
            "filter": .string(filter),
            "client_id": origin.clientID.map { .string($0) } ?? .null,
            "principal": .string(connection.principal),
            "transactional_id": origin.transactionalID.map { .string($0) } ?? .null,
            "producer_id": record.producer.map { .integer(Int($0.id)) } ?? .null,
            "producer_epoch": record.producer.map { .integer(Int($0.epoch)) } ?? .null,
            "time": .string(time),
        ]
        return ConnectEnvelope.document(payload, schema: hasSchema ? schema : nil)
    }

    /// Bytes as text if they are UTF-8, else in Base64.
    private struct Bytes {
        var text = JSONValue.null
        var base64 = JSONValue.null

        init(_ bytes: ByteBuffer?) {
            guard let bytes else { return }
            if let valid = String(validating: bytes.readableBytesView, as: UTF8.self) {
                text = .string(valid)
            } else {
                base64 = .string(Data(bytes.readableBytesView).base64EncodedString())
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
        ])
}
