import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Sinks
import Telemetry

/// The part of a tap in one connection: writes a document of each request and its response.
final class MessageTap: ConnectionFilter {
    private let filter: TapFilter
    private let connection: ConnectionContext
    private let loop: TapLoop

    /// Requests that are not over.
    private var exchanges: [ObservedExchange] = []
    private lazy var requests = MessageWatch(self, loop.topics)
    private lazy var responses = MessageWatch(self, loop.topics)

    init(_ filter: TapFilter, _ connection: ConnectionContext, _ loop: TapLoop) {
        self.filter = filter
        self.connection = connection
        self.loop = loop
    }

    func watcher(of direction: Direction) -> (any FrameWatcher)? {
        direction == .request ? requests : responses
    }

    /// What is seen of a request, from its beginning on.
    func exchange(_ record: RequestRecord) -> ObservedExchange {
        if let known = exchanges.first(where: { $0.record === record }) { return known }
        let exchange = ObservedExchange(record)
        exchanges.append(exchange)
        return exchange
    }

    func completed(_ request: CompletedRequest) {
        let exchange: ObservedExchange
        if let index = exchanges.firstIndex(where: { $0.record === request.record }) {
            exchange = exchanges.remove(at: index)
        } else {
            exchange = ObservedExchange(request.record)
        }
        let topics = exchange.topics
        let restricts = filter.restrictsTopics
        guard topics.contains(where: \.topic.isWanted) || (!restricts && topics.isEmpty) else { return }
        let counters = loop.counters
        counters.matched.increment()
        // What only sinks are in is what taps write, and what is asked for them.
        guard topics.isEmpty || topics.contains(where: { $0.topic.isWanted && !$0.topic.isSink }) else {
            return counters.drop(.loop)
        }
        guard loop.sampler.takesNext() else { return counters.sampledOut.increment() }
        guard filter.copies.take() else { return counters.drop(.maxPerSecond) }
        guard loop.port.isOpen else { return counters.drop(.noWatcher) }
        let document = MessageDocument.document(
            exchange, request, connection: connection, filter: filter.name, time: loop.time(),
            hasSchema: filter.configuration.hasConnectSchema)
        _ = loop.port.offer(SinkRecord(key: ByteBuffer(string: connection.principal), value: document))
    }
}
