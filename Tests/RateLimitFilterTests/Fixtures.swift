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

@testable import RateLimitFilter

/// A cluster of which nothing is known.
struct UnknownCluster: ClusterView {
    var name: String { "main" }
    func topicName(_ id: KafkaUUID) -> String? { nil }
    func topicID(_ name: String) -> KafkaUUID? { nil }
    func partitions(of topic: String) -> Int? { nil }
    func describe(_ topics: [String]) async throws -> [TopicDescription] { [] }
}

/// Time that passes when a test says so.
final class ManualClock: Sendable {
    private let nanoseconds = Atomic<Int64>(1_000_000_000_000)

    var now: Int64 {
        get { nanoseconds.load(ordering: .relaxed) }
        set { nanoseconds.store(newValue, ordering: .relaxed) }
    }
}

/// A rate limit, the loop that its clients are on, and the time.
final class Bench {
    let clock = ManualClock()
    let loop = EmbeddedEventLoop()
    let metrics: MetricsRegistry
    let filter: RateLimitFilter
    /// What is counted on the loop.
    let shard = MetricsShard()

    init(
        _ configuration: RateLimitConfiguration, isDryRun: Bool = false, when: WhenCondition? = nil,
        limiter: (any RateLimiter)? = nil, after former: Bench? = nil
    ) {
        metrics = former?.metrics ?? MetricsRegistry()
        let clock = self.clock
        if let former { clock.now = former.clock.now }
        filter = RateLimitFilter(
            configuration,
            context: FilterContext(
                name: "limit", listener: "apps", metrics: metrics,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isDryRun: isDryRun, when: when,
                cluster: UnknownCluster(), predecessor: former?.filter),
            limiter: limiter, clock: { clock.now })
    }

    /// One limit.
    convenience init(
        _ limits: LimitConfiguration..., match: RateLimitConfiguration.Match = .first,
        maxThrottle: Duration = .seconds(10), isDryRun: Bool = false, limiter: (any RateLimiter)? = nil
    ) {
        self.init(
            RateLimitConfiguration(limits: Self.named(limits), match: match, maxThrottle: maxThrottle),
            isDryRun: isDryRun, limiter: limiter)
    }

    static func named(_ limits: [LimitConfiguration]) -> [LimitConfiguration] {
        limits.enumerated().map { index, limit in
            var limit = limit
            if limit.name.isEmpty { limit.name = "limit\(index)" }
            return limit
        }
    }

    /// Lets time pass.
    func pass(_ time: Duration) {
        let nanoseconds = time.nanoseconds
        clock.now += nanoseconds
        loop.advanceTime(by: .nanoseconds(nanoseconds))
    }

    /// Lets time pass in which nobody looks for idle buckets.
    func passUnswept(_ time: Duration) { clock.now += time.nanoseconds }

    /// Does what is to be done at this moment.
    func run() { loop.run() }

    /// The value of a family whose labels are the listener, the filter and these.
    func value(_ name: String, _ labels: String...) async -> MetricsSnapshot.Value? {
        await metrics.gather().value(name, ["apps", "limit"] + labels)
    }

    func client(_ id: String? = "client", principal: String = "User:alice", address: String = "10.0.0.1") -> Client {
        Client(self, id, principal: principal, address: address)
    }

    /// The value of a counter of a limit.
    func count(_ name: String, _ limit: String = "limit0") -> UInt64 {
        let families = RateLimitFamilies(metrics)
        let family =
            switch name {
            case "allowed": families.allowed
            case "throttled": families.throttled
            default: families.rejected
            }
        return shard.counter(family, ["apps", "limit", limit]).value
    }

    /// The buckets of a limit.
    func buckets(_ limit: String = "limit0") -> Int { filter.local?.tables[limit]?.count ?? -1 }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// A client's connection, with the runtime's part in it.
final class Client {
    let bench: Bench
    let context: ConnectionContext
    private(set) var part: any ConnectionFilter
    private var correlationID: Int32 = 0
    private static let ids = Atomic<UInt64>(0)

    init(_ bench: Bench, _ id: String?, principal: String, address: String) {
        self.bench = bench
        context = ConnectionContext(
            id: Self.ids.add(1, ordering: .relaxed).newValue, listener: "apps", clientAddress: address,
            clientPort: 5000, eventLoop: bench.loop, metrics: bench.shard, cluster: UnknownCluster())
        context.clientID = id
        context.principal = principal
        part = bench.filter.makeConnectionFilter(context)
    }

    /// What became of a request.
    final class Sent {
        let request: FilteredRequest
        private(set) var action: RequestAction?
        /// Called when it goes on that was held.
        var onRelease: () -> Void = {}
        var record: RequestRecord { request.record }

        init(_ request: FilteredRequest) {
            self.request = request
        }

        func became(_ action: RequestAction) {
            self.action = action
            guard case .hold(let future) = action else { return }
            future.assumeIsolated().whenSuccess { action in
                self.became(action)
                self.onRelease()
            }
        }

        /// True if it is on its way to the broker.
        var isForwarded: Bool {
            guard case .forward? = action else { return false }
            return true
        }

        var isHeld: Bool {
            guard case .hold? = action else { return false }
            return true
        }

        var wantsBody: Bool {
            guard case .inspect? = action else { return false }
            return true
        }

        var answer: (any ResponseMessage)? {
            guard case .answer(let answer)? = action, case .message(let message) = answer.content else { return nil }
            return message
        }

        /// How long the client is slowed.
        var throttle: Duration { request.record.throttle }
    }

    /// Sends a request of which the header is there.
    @discardableResult
    func send(
        _ key: APIKey = .heartbeat, version: Int16 = 4, bytes: Int = 96, id: String? = nil
    ) -> Sent {
        if let id { context.clientID = id }
        return show(record(key, version, bytes), frame: nil)
    }

    /// Sends a request that is there whole.
    ///
    /// - Parameters:
    ///   - message: its body.
    ///   - version: its version.
    ///   - whole: false to show its header first, and the rest where it is asked for.
    ///   - facts: what the proxy has learned from it.
    /// - Returns: what became of it.
    /// - Throws: if the message cannot be written at the version.
    @discardableResult
    func send(
        _ message: any RequestMessage, version: Int16, whole: Bool = true,
        facts: (inout RequestFacts) -> Void = { _ in }
    ) throws -> Sent {
        let frame = try Self.frame(message, version)
        let record = record(type(of: message).apiKey, version, frame.readableBytes)
        facts(&record.facts)
        guard !whole else { return show(record, frame: frame) }
        let sent = show(record, frame: nil)
        return sent.wantsBody ? show(record, frame: frame) : sent
    }

    /// Sends a Produce request that streams past: its header, and then what was learned of it.
    @discardableResult
    func stream(_ shares: [(topic: String, bytes: Int, records: Int)], bytes: Int, showsHeader: Bool) -> Sent {
        let record = record(.produce, 9, bytes)
        if showsHeader { show(record, frame: nil) }
        for share in shares {
            record.facts.add(topic: share.topic)
            record.facts.add(recordBytes: share.bytes)
            record.facts.add(records: share.records)
        }
        return show(record, frame: nil)
    }

    private func record(_ key: APIKey, _ version: Int16, _ bytes: Int) -> RequestRecord {
        correlationID += 1
        return RequestRecord(
            apiKey: key, apiVersion: version, correlationID: correlationID, clientID: context.clientID,
            requestBytes: bytes, connection: context)
    }

    @discardableResult
    private func show(_ record: RequestRecord, frame: ByteBuffer?) -> Sent {
        let request = FilteredRequest(
            record: record,
            frame: FilteredFrame(
                frame: frame, apiKey: record.apiKey, apiVersion: record.apiVersion, direction: .request,
                bodyOffset: 8))
        let sent = Sent(request)
        sent.became(part.request(request))
        return sent
    }

    /// A request has come to its end.
    func complete(
        _ sent: Sent, responseBytes: Int = 96, result: CompletedRequest.Result = .answered,
        brings shares: [(topic: String, bytes: Int)] = []
    ) {
        for share in shares {
            sent.record.facts.add(topic: share.topic)
            sent.record.facts.add(recordBytes: share.bytes)
        }
        part.completed(
            CompletedRequest(
                record: sent.record, result: result, responseBytes: responseBytes, duration: .zero, upstream: "1",
                note: sent.request.note))
    }

    /// The chain was exchanged.
    func move(to bench: Bench) {
        let old = part
        part = bench.filter.makeConnectionFilter(context, replacing: old)
        old.connectionClosed()
    }

    func close() { part.connectionClosed() }

    /// A frame behind its size, with eight bytes in the place of a header.
    static func frame(_ message: any RequestMessage, _ version: Int16) throws -> ByteBuffer {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        var body = writer.finish()
        var frame = ByteBuffer()
        frame.writeInteger(Int32(body.readableBytes + 8))
        frame.writeInteger(UInt64(0))
        frame.writeBuffer(&body)
        frame.moveReaderIndex(forwardBy: 4)
        return frame
    }
}
