import FilterAPI
import Foundation
import KafkaWire
import Logging
import NIOCore
import Synchronization
import Telemetry

@testable import Sinks

/// A cluster of which nothing is known.
struct UnknownCluster: ClusterView {
    var name: String { "main" }
    func topicName(_ id: KafkaUUID) -> String? { nil }
    func topicID(_ name: String) -> KafkaUUID? { nil }
    func partitions(of topic: String) -> Int? { nil }
    func describe(_ topics: [String]) async throws -> [TopicDescription] { [] }
}

/// A folder that is gone after the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = "\(NSTemporaryDirectory())/sinks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The lines of a file; none if it is not there.
    func lines(_ name: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: file(name)) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The names of what is in it.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
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

extension FilterContext {
    /// The context of a filter named `tap` of the listener `apps`.
    static func make(
        _ metrics: MetricsRegistry = MetricsRegistry(), logger: Logger = RecordingLog().logger, isDryRun: Bool = false,
        clusters: [String: any ClusterAccess] = [:]
    ) -> FilterContext {
        FilterContext(
            name: "tap", listener: "apps", metrics: metrics, logger: logger, isDryRun: isDryRun,
            cluster: UnknownCluster(), clusters: clusters)
    }
}

extension SinkRecord {
    init(_ text: String, key: String? = nil) {
        self.init(key: key.map { ByteBuffer(string: $0) }, value: ByteBuffer(string: text))
    }
}

/// A registry together with the shard of one event loop.
struct LoopMetrics {
    let registry = MetricsRegistry()
    let shard: NIOLoopBound<MetricsShard>

    init(_ loop: any EventLoop) async throws {
        let bound = try await loop.submit { NIOLoopBound(MetricsShard(), eventLoop: loop) }.get()
        shard = bound
        registry.attach { visit in
            (try? await loop.submit { bound.value.perform(visit) }.get()) ?? ShardSnapshot()
        }
    }

    /// The value of a counter or a gauge of the filter.
    func value(_ name: String, _ more: String...) async -> Int {
        switch await registry.gather().value("sluice_sink_\(name)", ["apps", "tap"] + more) {
        case .counter(let value)?: Int(clamping: value)
        case .gauge(let value)?: Int(value)
        default: -1
        }
    }
}

extension Sink {
    /// Offers records on a loop.
    func offer(_ texts: [String], on loop: any EventLoop, _ metrics: LoopMetrics) async throws -> [SinkOffer] {
        try await loop.submit {
            let port = self.port(on: loop, metrics: metrics.shard.value)
            return texts.map { port.offer(SinkRecord($0)) }
        }.get()
    }

    /// Offers a record on a loop, and waits until it is durable.
    func offerDurably(
        _ text: String, on loop: any EventLoop, _ metrics: LoopMetrics, within timeout: TimeAmount = .seconds(5)
    ) async throws {
        try await loop.flatSubmit {
            self.port(on: loop, metrics: metrics.shard.value).offerDurably(SinkRecord(text), within: timeout)
        }.get()
    }
}

/// Keeps what is logged.
final class RecordingLog: Sendable {
    private let kept = Mutex<[String]>([])

    var messages: [String] { kept.withLock { $0 } }

    var logger: Logger { Logger(label: "test", factory: { _ in Handler(log: self) }) }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.kept.withLock { $0.append("\(event.message)") }
        }
    }
}
