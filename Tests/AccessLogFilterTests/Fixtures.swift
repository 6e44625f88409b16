import FilterAPI
import Foundation
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import NIOEmbedded
import Settings
import Telemetry

@testable import AccessLogFilter

/// A cluster of which nothing is known.
struct UnknownCluster: ClusterView {
    var name: String { "main" }
    func topicName(_ id: KafkaUUID) -> String? { nil }
    func topicID(_ name: String) -> KafkaUUID? { nil }
    func partitions(of topic: String) -> Int? { nil }
    func describe(_ topics: [String]) async throws -> [TopicDescription] { [] }
}

/// A connection, and a request on it, that tests change before they log it.
struct Sample {
    var listener = "apps"
    var clientAddress = "10.1.2.3"
    var clientPort = 50_412
    var principal = "User:alice"
    var clientID: String? = "billing"
    var softwareName: String? = "librdkafka"
    var softwareVersion: String? = "2.3.0"
    var apiKey = APIKey.produce
    var version: Int16 = 9
    var correlationID: Int32 = 7
    var topics = ["orders"]
    var records = 12
    var recordBytes = 3400
    var requestBytes = 3512
    var responseBytes = 62
    var errorCode = ErrorCode.none
    var result = CompletedRequest.Result.answered
    var duration = Duration.microseconds(2417)
    var upstream: String? = "2"

    func connection(on loop: any EventLoop) -> ConnectionContext {
        let connection = ConnectionContext(
            id: 42, listener: listener, clientAddress: clientAddress, clientPort: clientPort, eventLoop: loop,
            cluster: UnknownCluster())
        connection.principal = principal
        connection.clientID = clientID
        connection.softwareName = softwareName
        connection.softwareVersion = softwareVersion
        return connection
    }

    func request(on connection: ConnectionContext) -> CompletedRequest {
        let record = RequestRecord(
            apiKey: apiKey, apiVersion: version, correlationID: correlationID, clientID: clientID,
            requestBytes: requestBytes, connection: connection)
        for topic in topics { record.facts.add(topic: topic) }
        record.facts.records = records
        record.facts.recordBytes = recordBytes
        record.facts.errorCode = errorCode
        return CompletedRequest(
            record: record, result: result, responseBytes: responseBytes, duration: duration, upstream: upstream,
            note: nil)
    }

    /// The line of the request, without its line feed.
    func line(_ program: LineProgram, seconds: Int = 1_795_473_172, milliseconds: UInt = 45) -> String {
        let request = request(on: connection(on: EmbeddedEventLoop()))
        var time = LineTime()
        let runs = ConnectionRuns()
        runs.update(program, for: request.record, of: request.record.connection)
        let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 20) { memory, count in
            guard var cursor = LineCursor(UnsafeMutableRawBufferPointer(memory)) else { return }
            program.write(request, at: (seconds, milliseconds), with: &time, runs, to: &cursor)
            count = cursor.count
        }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    /// The value of one field in a JSON line.
    func value(_ field: AccessLogField) throws -> JSONLine.Value? {
        try JSONLine(line(.json([field]))).values[field.rawValue]
    }

    /// The text of a template.
    func text(_ template: String) throws -> String {
        line(LineProgram(template: try AccessLogTemplate(template)))
    }
}

/// A line that a JSON parser has read.
struct JSONLine {
    enum Value: Hashable {
        case null
        case text(String)
        case number(Double)
        case list([String])
    }

    var values: [String: Value] = [:]

    struct Mistake: Error {
        var line: String
    }

    init(_ line: String) throws {
        let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
        guard let object = parsed as? [String: Any] else { throw Mistake(line: line) }
        for (name, value) in object {
            values[name] =
                switch value {
                case let text as String: .text(text)
                case let list as [String]: .list(list)
                case let number as NSNumber: .number(number.doubleValue)
                case is NSNull: .null
                default: throw Mistake(line: line)
                }
        }
    }
}

/// A folder that is gone after the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = "\(NSTemporaryDirectory())/access-log-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The lines of a file; none if it is not there.
    func lines(_ name: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: file(name)) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

struct TimeIsUp: Error {}

/// Waits until something is so, two minutes at most: the machine may be busy with other tests.
func eventually(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw TimeIsUp() }
        try await Task.sleep(for: .milliseconds(2))
    }
}

extension AccessLogFilter {
    /// A filter named `log` of the listener `apps`.
    static func make(
        _ configuration: AccessLogConfiguration, metrics: MetricsRegistry = MetricsRegistry(), name: String = "log",
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), isDryRun: Bool = false
    ) throws -> AccessLogFilter {
        try AccessLogFilter(
            configuration,
            context: FilterContext(
                name: name, listener: "apps", metrics: metrics, logger: logger, isDryRun: isDryRun,
                cluster: UnknownCluster()))
    }
}

/// Ends requests on a loop of their own, and lets time pass there: by default until the lines are handed over.
func sendLines(_ samples: [Sample], to filter: AccessLogFilter, advance: TimeAmount = .seconds(1)) async throws {
    let loop = NIOAsyncTestingEventLoop()
    try await loop.executeInContext {
        for sample in samples {
            let connection = sample.connection(on: loop)
            filter.makeConnectionFilter(connection).completed(sample.request(on: connection))
        }
    }
    await loop.advanceTime(by: advance)
}

extension MetricsRegistry {
    /// The value of a counter with one label.
    func count(_ name: String, _ filter: String = "log") async -> UInt64? {
        guard case .counter(let value)? = await gather().value(name, [filter]) else { return nil }
        return value
    }
}
