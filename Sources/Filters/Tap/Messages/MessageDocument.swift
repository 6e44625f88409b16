import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings

/// Writes what was seen of a request and its response as a JSON document on one line.
enum MessageDocument {
    /// The document.
    ///
    /// - Parameters:
    ///   - exchange: what was seen.
    ///   - request: how it ended.
    ///   - connection: the client.
    ///   - filter: the tap's name.
    ///   - time: when it ended.
    ///   - hasSchema: true for the envelope of Kafka Connect's JsonConverter.
    /// - Returns: the document, without a line feed.
    static func document(
        _ exchange: ObservedExchange, _ request: CompletedRequest, connection: ConnectionContext, filter: String,
        time: String, hasSchema: Bool
    ) -> ByteBuffer {
        let record = request.record
        let (result, closeReason) = result(of: request.result)
        let (seconds, attoseconds) = request.duration.components
        let microseconds = Double(seconds) * 1_000_000 + Double(attoseconds / 1_000_000_000_000)
        let wanted = exchange.topics.filter { $0.topic.isWanted && !$0.topic.isSink }
        let payload: JSONValue = [
            "time": .string(time),
            "api": .string(record.apiKey.description),
            "api_version": .integer(Int(record.apiVersion)),
            "correlation_id": .integer(Int(record.correlationID)),
            "listener": .string(connection.listener),
            "filter": .string(filter),
            "connection": .integer(Int(clamping: connection.id)),
            "client_id": record.clientID.map { .string($0) } ?? .null,
            "principal": .string(connection.principal),
            "client_address": .string(connection.clientAddress),
            "topics": .array(wanted.map { json(of: $0) }),
            "topics_omitted": .bool(exchange.omits),
            "records": .integer(record.facts.records),
            "record_bytes": .integer(record.facts.recordBytes),
            "request_bytes": .integer(record.requestBytes),
            "response_bytes": .integer(request.responseBytes),
            "result": .string(result),
            "close_reason": closeReason.map { .string($0) } ?? .null,
            "error": .string(record.facts.errorCode.description),
            "error_code": .integer(Int(record.facts.errorCode.rawValue)),
            "upstream": request.upstream.map { .string($0) } ?? .null,
            "duration_ms": .number(microseconds / 1000),
        ]
        return ConnectEnvelope.document(payload, schema: hasSchema ? schema : nil)
    }

    private static func json(of topic: ObservedExchange.Topic) -> JSONValue {
        let partitions = topic.partitions.map { partition -> JSONValue in
            [
                "partition": .integer(Int(partition.index)),
                "record_bytes": .integer(partition.recordBytes),
                "error_code": partition.error.map { .integer(Int($0.rawValue)) } ?? .null,
                "base_offset": partition.baseOffset.map { .integer(Int($0)) } ?? .null,
            ]
        }
        return ["topic": .string(topic.topic.name), "partitions": .array(partitions)]
    }

    private static func result(of result: CompletedRequest.Result) -> (String, String?) {
        switch result {
        case .answered: ("answered", nil)
        case .answeredByFilter(let name): ("answered_by_\(name)", nil)
        case .answeredByProxy: ("answered_by_proxy", nil)
        case .noResponse: ("no_response", nil)
        case .closed(let reason): ("closed", reason)
        }
    }

    private static let schema = ConnectEnvelope.structure(
        "sluice.tap.Message",
        [
            .init("time", .string), .init("api", .string), .init("api_version", .int16),
            .init("correlation_id", .int32), .init("listener", .string), .init("filter", .string),
            .init("connection", .int64), .init("client_id", .string, isOptional: true), .init("principal", .string),
            .init("client_address", .string),
            .init(
                "topics",
                .array(
                    of: .structure(
                        "sluice.tap.Topic",
                        [
                            .init("topic", .string),
                            .init(
                                "partitions",
                                .array(
                                    of: .structure(
                                        "sluice.tap.Partition",
                                        [
                                            .init("partition", .int32), .init("record_bytes", .int64),
                                            .init("error_code", .int16, isOptional: true),
                                            .init("base_offset", .int64, isOptional: true),
                                        ]))),
                        ]))),
            .init("topics_omitted", .boolean), .init("records", .int64), .init("record_bytes", .int64),
            .init("request_bytes", .int64), .init("response_bytes", .int64), .init("result", .string),
            .init("close_reason", .string, isOptional: true), .init("error", .string), .init("error_code", .int16),
            .init("upstream", .string, isOptional: true), .init("duration_ms", .double),
        ])
}
