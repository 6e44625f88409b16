import FilterAPI
import Foundation
import KafkaMessages
import KafkaWire
import NIOCore
import Settings

/// Writes an event as a JSON document on one line.
enum AuditDocument {
    /// Which of an event's records it is.
    enum Kind: String {
        /// Before the request goes on.
        case intent
        /// When it is over.
        case outcome
    }

    /// Longer values are cut, and end in `…`: clients choose them.
    private static let mostValueBytes = 512

    /// A larger document is written with less in it, in bytes. Every sink takes one of this size: what is given up as too
    /// large would leave no trace of what was done.
    static let mostBytes = 128 << 10

    /// The document of a request.
    static func document(
        _ event: AuditEvent, _ kind: Kind, _ outcome: AuditOutcome?, _ record: RequestRecord, filter: String
    ) -> ByteBuffer {
        var event = event
        var document = whole(event, kind, outcome, record, filter: filter)
        if document.readableBytes > mostBytes, event.details != nil {
            event.details = nil
            event.omitsDetails = true
            document = whole(event, kind, outcome, record, filter: filter)
        }
        while document.readableBytes > mostBytes, event.resources.count > 1 {
            let omitted = event.resources.count / 2
            event.resources.removeLast(omitted)
            event.omittedResources += omitted
            document = whole(event, kind, outcome, record, filter: filter)
        }
        return document
    }

    private static func whole(
        _ event: AuditEvent, _ kind: Kind, _ outcome: AuditOutcome?, _ record: RequestRecord, filter: String
    ) -> ByteBuffer {
        let connection = record.connection
        var members: [JSONValue.Member] = [
            .init("event", .string(kind.rawValue)),
            .init("id", .string(event.id)),
            .init("time", .string(now())),
            .init("class", .string(event.api.auditClass.rawValue)),
            .init("operation", .string(event.api.operation)),
            .init("api", .string(record.apiKey.description)),
            .init("api_version", .integer(Int(record.apiVersion))),
        ]
        members += client(connection, filter)
        members.append(.init("client_id", text(record.clientID)))
        members.append(.init("correlation_id", .integer(Int(record.correlationID))))
        let resources = event.resources
        let overall = record.facts.errorCode
        // An error of the request as a whole is none of a single resource.
        let showsErrors =
            kind == .outcome && resources.contains { $0.error != .none } && resources.contains { $0.error != overall }
        members.append(
            .init("resources", .array(resources.map { json(of: $0, showsError: showsErrors) })))
        if event.omittedResources > 0 { members.append(.init("resources_omitted", .integer(event.omittedResources))) }
        if let details = event.details { members.append(.init("details", details)) }
        if event.omitsDetails { members.append(.init("details_omitted", true)) }
        if let outcome { members += self.members(of: outcome, overall) }
        return ByteBuffer(string: JSONValue.object(members).description)
    }

    private static func members(of outcome: AuditOutcome, _ error: ErrorCode) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("result", .string(outcome.result))]
        if let answeredBy = outcome.answeredBy {
            members.append(.init("answered_by", .string(answeredBy)))
            members.append(.init("error", .string(error.description)))
            members.append(.init("error_code", .integer(Int(error.rawValue))))
        }
        if let reason = outcome.closeReason { members.append(.init("close_reason", .string(reason))) }
        if let upstream = outcome.upstream { members.append(.init("upstream", .string(upstream))) }
        let (seconds, attoseconds) = outcome.duration.components
        let microseconds = Double(seconds) * 1_000_000 + Double(attoseconds / 1_000_000_000_000)
        members.append(.init("duration_ms", .number(microseconds / 1000)))
        return members
    }

    /// The document of an attempt to sign in.
    static func signIn(_ result: AuthenticationResult, _ connection: ConnectionContext, filter: String) -> ByteBuffer {
        var members: [JSONValue.Member] = [
            .init("event", .string(Kind.outcome.rawValue)),
            .init("id", .string(AuditNumber.next())),
            .init("time", .string(now())),
            .init("class", .string(AuditClass.authentication.rawValue)),
            .init("operation", "sign_in"),
        ]
        members += client(connection, filter)
        members += [
            .init("client_id", text(connection.clientID)),
            .init("resources", .array([])),
            .init("details", ["mechanism": text(result.mechanism)]),
            .init("result", result.failure == nil ? "accepted" : "refused"),
            .init("answered_by", .string(result.authority.rawValue)),
        ]
        if let failure = result.failure { members.append(.init("reason", .string(failure))) }
        return ByteBuffer(string: JSONValue.object(members).description)
    }

    private static func client(_ connection: ConnectionContext, _ filter: String) -> [JSONValue.Member] {
        [
            .init("listener", .string(connection.listener)),
            .init("filter", .string(filter)),
            .init("connection", .integer(Int(clamping: connection.id))),
            .init("principal", text(connection.principal)),
            .init("client_address", text(connection.clientAddress)),
            .init("client_port", .integer(connection.clientPort)),
            .init("software_name", text(connection.softwareName)),
            .init("software_version", text(connection.softwareVersion)),
        ]
    }

    private static func json(of resource: AuditResource, showsError: Bool) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string(resource.type)), .init("name", text(resource.name)),
        ]
        if let id = resource.id { members.append(.init("id", .string(id.description))) }
        members += resource.more
        if showsError { members.append(.init("error", .string(resource.error.description))) }
        return .object(members)
    }

    // MARK: - Values

    private static func text(_ text: String?) -> JSONValue {
        text.map { .string(cut($0)) } ?? .null
    }

    /// Text that a client chose, cut to a bound.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > mostValueBytes else { return text }
        var cut = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += scalar.utf8.count
            guard bytes <= mostValueBytes else { break }
            cut.unicodeScalars.append(scalar)
        }
        return cut + "…"
    }

    /// The system's time, as RFC 3339 writes it in UTC, to the millisecond.
    private static func now() -> String {
        Date().formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
