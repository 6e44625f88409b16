import FilterAPI
import Foundation
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import Settings
import Sinks
import SluiceConfiguration
import Telemetry
import Testing

@testable import AuditFilter
@testable import ProxyRuntime

/// Settings read from YAML.
func read(_ yaml: String) throws -> SettingsResult<AuditConfiguration> {
    let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
    let root = try #require(document.root)
    return SettingType<AuditConfiguration>.structure { AuditConfiguration.read(&$0) }
        .decode(root, issues: document.issues)
}

/// Keeps what it is given, and makes durable what it is told to. All of it on one event loop.
final class MemorySink: Sink, SinkPort, @unchecked Sendable {
    // Safety: a test uses it on its one thread.
    private(set) var documents: [String] = []
    private(set) var waiting: [EventLoopPromise<Void>] = []
    private let loop: any EventLoop
    var isOpen = true

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    var form: SinkForm { .documents }
    var stream: (any FilterStream)? { nil }
    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort { self }
    func reopenFiles() {}
    func shutDown() async {}
    func skip() {}

    func offer(_ record: SinkRecord) -> SinkOffer {
        documents.append(record.value.map { String(buffer: $0) } ?? "")
        return .accepted
    }

    func offerDurably(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void> {
        _ = offer(record)
        let promise = loop.makePromise(of: Void.self)
        waiting.append(promise)
        loop.scheduleTask(in: timeout) { promise.fail(SinkError(.timedOut)) }
        return promise.futureResult
    }

    /// Everything that waits is durable.
    func sync() {
        let promises = waiting
        waiting = []
        for promise in promises { promise.succeed() }
    }

    /// Nothing that waits can be made durable.
    func fail() {
        let promises = waiting
        waiting = []
        for promise in promises { promise.fail(SinkError(.writeFailed)) }
    }
}

/// One client behind an audit, and the broker.
final class Audited {
    let connections: Connections
    let sink: MemorySink
    let metrics = MetricsRegistry()
    private var nextID: Int32 = 1

    init(
        _ events: [AuditClass] = AuditClass.usual, _ guarantee: AuditConfiguration.Guarantee = .bestEffort,
        isDryRun: Bool = false, when: WhenCondition? = nil, behind others: [FilterChain.Entry] = [],
        settings: Connections.Settings = Connections.Settings()
    ) throws {
        let cluster = ClusterState(
            name: "main", bootstrapServers: [("broker.example", 9092)], connectTimeout: .seconds(5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let context = FilterContext(
            name: "audit", listener: "apps", metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isDryRun: isDryRun, when: when,
            cluster: cluster)
        let box = SinkBox()
        let filter = AuditFilter(
            AuditConfiguration(events: Set(events), guarantee: guarantee, sink: .admin), context: context, sink: box)
        let entry = FilterChain.Entry(name: "audit", type: "audit", filter: filter, isDryRun: isDryRun, when: nil)
        connections = try Connections([entry] + others, settings: settings)
        sink = MemorySink(connections.loop)
        box.sink = sink
        let context2 = connections.downstream.context
        context2.principal = "User:alice"
        context2.softwareName = "librdkafka"
        context2.softwareVersion = "2.3.0"
    }

    /// The client sends a request.
    func send(_ message: any RequestMessage, version: Int16) throws {
        try connections.clientSends(message, version: version, id: nextID)
        nextID += 1
    }

    /// The broker answers the one request that it got.
    func answer(_ message: any ResponseMessage) throws {
        let frame = try #require(try connections.brokerGot().first)
        try connections.brokerAnswers(frame, message)
    }

    /// What was recorded, each document once.
    var documents: [Document] {
        get throws { try sink.documents.map(Document.init) }
    }

    /// The one document that was recorded.
    func document() throws -> Document {
        let documents = try documents
        #expect(documents.count == 1)
        return try #require(documents.first)
    }
}

/// Stands for a sink that is made later.
final class SinkBox: Sink, @unchecked Sendable {
    // Safety: a test uses it on its one thread.
    var sink: MemorySink?

    var form: SinkForm { .documents }
    var stream: (any FilterStream)? { nil }
    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort { sink ?? MemorySink(loop) }
    func reopenFiles() {}
    func shutDown() async {}
}

/// A document, read by somebody else's parser.
struct Document {
    let text: String
    private let values: [String: Any]

    struct Mistake: Error {
        var text: String
    }

    init(_ text: String) throws {
        self.text = text
        guard !text.contains("\n"),
            let values = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        else { throw Mistake(text: text) }
        self.values = values
    }

    subscript(_ key: String) -> String? {
        switch values[key] {
        case let text as String: text
        case let number as NSNumber: number.stringValue
        default: nil
        }
    }

    /// The resources, each as `type name` and, if it has one, its error.
    var resources: [String] {
        (values["resources"] as? [[String: Any]] ?? []).map { resource in
            [resource["type"], resource["name"], resource["error"]].compactMap { $0 as? String }.joined(separator: " ")
        }
    }

    /// The details as text with sorted keys.
    var details: String {
        guard let details = values["details"],
            let data = try? JSONSerialization.data(withJSONObject: details, options: [.sortedKeys])
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// A value with a few fields set.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}

/// A request to create topics.
func creation(_ names: String...) -> CreateTopicsRequest {
    with(CreateTopicsRequest()) {
        $0.topics = names.map { name in
            with(CreateTopicsRequest.CreatableTopic()) {
                $0.name = name
                $0.numPartitions = 3
                $0.replicationFactor = 1
            }
        }
    }
}

/// The answer to it.
func created(_ results: [(String, ErrorCode)]) -> CreateTopicsResponse {
    with(CreateTopicsResponse()) {
        $0.topics = results.map { name, error in
            with(CreateTopicsResponse.CreatableTopicResult()) {
                $0.name = name
                $0.errorCode = error
            }
        }
    }
}
