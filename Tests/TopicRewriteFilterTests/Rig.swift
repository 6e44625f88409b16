import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import NIOEmbedded
import Settings
import Synchronization
import Telemetry
import Testing

@testable import TopicRewriteFilter

/// A cluster of which tests say what is known.
final class KnownCluster: ClusterView {
    let name = "main"
    private let names: Mutex<[KafkaUUID: String]>
    private let fallback: @Sendable (KafkaUUID) -> String?

    init(
        _ names: [KafkaUUID: String] = [:],
        otherwise fallback: @escaping @Sendable (KafkaUUID) -> String? = { _ in nil }
    ) {
        self.names = Mutex(names)
        self.fallback = fallback
    }

    func topicName(_ id: KafkaUUID) -> String? { names.withLock { $0[id] } ?? fallback(id) }
    func topicID(_ name: String) -> KafkaUUID? { names.withLock { $0.first { $0.value == name }?.key } }
    func partitions(of topic: String) -> Int? { nil }
    func describe(_ topics: [String]) async throws -> [TopicDescription] { [] }
}

/// Answers what the filter asks.
final class Broker: UpstreamAsking {
    let loop: EmbeddedEventLoop
    var answer: (any RequestMessage) throws -> any ResponseMessage
    private(set) var questions: [any RequestMessage] = []

    init(_ loop: EmbeddedEventLoop, _ answer: @escaping (any RequestMessage) throws -> any ResponseMessage) {
        self.loop = loop
        self.answer = answer
    }

    func ask(_ message: any RequestMessage, version: Int16) -> EventLoopFuture<ByteBuffer> {
        questions.append(message)
        let promise = loop.makePromise(of: ByteBuffer.self)
        do {
            var writer = WireWriter()
            try answer(message).encode(into: &writer, version: version)
            promise.succeed(writer.finish())
        } catch {
            promise.fail(error)
        }
        return promise.futureResult
    }
}

/// One connection's part of the filter, without a chain: what becomes of frames.
final class Rig {
    let loop = EmbeddedEventLoop()
    let connection: ConnectionContext
    let filter: TopicRewriteFilter
    let part: any ConnectionFilter
    let registry = MetricsRegistry()
    let shard = MetricsShard()
    let log = LogLines.Store()
    let broker: Broker

    init(
        _ yaml: String, clientID: String = "client", cluster: KnownCluster = KnownCluster(), isDryRun: Bool = false,
        answer: @escaping (any RequestMessage) throws -> any ResponseMessage = { _ in throw AskError.closed }
    ) throws {
        let log = log
        broker = Broker(loop, answer)
        connection = ConnectionContext(
            id: 1, listener: "apps", clientAddress: "10.0.0.1", clientPort: 5000, eventLoop: loop, metrics: shard,
            cluster: cluster)
        connection.clientID = clientID
        connection.asker = broker
        filter = try TopicRewriteFilter(
            configuration(yaml),
            context: FilterContext(
                name: "names", listener: "apps", metrics: registry,
                logger: Logger(label: "test") { _ in LogLines(store: log) },
                isDryRun: isDryRun, cluster: cluster))
        part = filter.makeConnectionFilter(connection)
    }

    // MARK: Frames

    /// A frame behind its size, as the proxy holds it.
    static func held(_ bytes: ByteBuffer) -> ByteBuffer {
        var held = ByteBuffer()
        held.writeInteger(UInt32(clamping: bytes.readableBytes))
        held.writeImmutableBuffer(bytes)
        held.moveReaderIndex(forwardBy: 4)
        return held
    }

    /// A request, shown to the filter.
    func request(
        _ bytes: ByteBuffer, bodyOffset: Int, _ key: APIKey, _ version: Int16
    ) throws -> (action: RequestAction, request: FilteredRequest) {
        let record = RequestRecord(
            apiKey: key, apiVersion: version, correlationID: 77, clientID: connection.clientID,
            requestBytes: bytes.readableBytes, connection: connection)
        let request = FilteredRequest(
            record: record,
            frame: FilteredFrame(
                frame: Self.held(bytes), apiKey: key, apiVersion: version, direction: .request, bodyOffset: bodyOffset))
        return (try settled(part.request(request)), request)
    }

    /// A typed request, shown to the filter.
    func request<Message: RequestMessage>(
        _ message: Message, version: Int16
    ) throws -> (action: RequestAction, request: FilteredRequest) {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        return try request(writer.finish(), bodyOffset: 0, Message.apiKey, version)
    }

    /// A response to a request that the filter has seen.
    func response(
        _ bytes: ByteBuffer, bodyOffset: Int, to request: FilteredRequest
    ) throws -> (action: ResponseAction, response: FilteredResponse) {
        let response = FilteredResponse(
            record: request.record,
            frame: FilteredFrame(
                frame: Self.held(bytes), apiKey: request.record.apiKey, apiVersion: request.record.apiVersion,
                direction: .response, bodyOffset: bodyOffset))
        var action = part.response(response)
        while case .hold(let future) = action {
            loop.run()
            action = try future.wait()
        }
        return (action, response)
    }

    /// A typed response to a request that the filter has seen, as the client gets it.
    func response<Message: ResponseMessage>(_ message: Message, to request: FilteredRequest) throws -> Message {
        var writer = WireWriter()
        try message.encode(into: &writer, version: request.record.apiVersion)
        let (action, response) = try response(writer.finish(), bodyOffset: 0, to: request)
        guard case .forward = action else { throw Unexpected() }
        return try response.frame.body(Message.self)
    }

    /// A typed request as the broker gets it.
    func sent<Message: RequestMessage>(_ message: Message, version: Int16) throws -> Message {
        let (action, request) = try request(message, version: version)
        guard case .forward = action else { throw Unexpected() }
        return try request.frame.body(Message.self)
    }

    private func settled(_ action: RequestAction) throws -> RequestAction {
        var action = action
        while case .hold(let future) = action {
            loop.run()
            action = try future.wait()
        }
        return action
    }

    struct Unexpected: Error {}

    /// How many requests a rule has decided on, by target.
    func requests(rule: String, target: String) -> UInt64 {
        shard.counter(filter.metrics.requests, ["apps", "names", rule, target]).value
    }

    /// How many leaders could not assign.
    var inconsistentLeaders: UInt64 {
        shard.counter(filter.metrics.inconsistentLeaders, ["apps", "names"]).value
    }

    /// How many requests had something refused.
    func refused(_ reason: String) -> UInt64 {
        shard.counter(filter.metrics.refused, ["apps", "names", reason]).value
    }
}

extension FilteredFrame {
    /// The bytes that leave, without a size.
    mutating func leaving() throws -> ByteBuffer {
        guard var changed = try encoded(allocator: ByteBufferAllocator()) else { return frame ?? ByteBuffer() }
        changed.moveReaderIndex(forwardBy: 4)
        return changed
    }
}

/// Keeps the lines of a log.
struct LogLines: LogHandler {
    final class Store: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    let store: Store
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    func log(event: LogEvent) {
        store.add("\(event.message) \(event.metadata ?? [:])")
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
