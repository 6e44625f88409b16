import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Sinks
import Telemetry

/// The part of a tap in one connection: writes a document of each request and its response.
final class MessageTap: ConnectionFilter, FrameWatcher {
    private let filter: TapFilter
    private let connection: ConnectionContext
    private let loop: TapLoop

    /// Requests that are not over.
    private var exchanges: [ObservedExchange] = []
    /// The one whose frame is at hand, and whether it is the response.
    private var current: ObservedExchange?
    private var isResponse = false
    private var topic: TappedTopic?

    init(_ filter: TapFilter, _ connection: ConnectionContext, _ loop: TapLoop) {
        self.filter = filter
        self.connection = connection
        self.loop = loop
    }

    var watcher: (any FrameWatcher)? { self }

    func beginFrame(_ record: RequestRecord, _ direction: Direction) {
        isResponse = direction == .response
        topic = nil
        if let known = exchanges.first(where: { $0.record === record }) {
            current = known
        } else {
            let exchange = ObservedExchange(record)
            exchanges.append(exchange)
            current = exchange
        }
        current?.begin(isResponse: isResponse)
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        guard let current else { return }
        switch role {
        case .topicName:
            topic = loop.topics.find(name: value)
            if let topic { current.add(topic) }
        case .topicID:
            topic = loop.topics.find(id: value)
            if let topic { current.add(topic) }
        case .partitionIndex:
            guard let topic, value.count >= 4, value.count % 4 == 0 else { return }
            for start in stride(from: 0, to: value.count, by: 4) {
                current.add(
                    Int32(bigEndian: value.loadUnaligned(fromByteOffset: start, as: Int32.self)), of: topic)
            }
        case .errorCode:
            guard value.count == 2 else { return }
            current.set(error: ErrorCode(rawValue: Int16(bigEndian: value.loadUnaligned(as: Int16.self))))
        case .baseOffset:
            guard value.count == 8 else { return }
            current.set(baseOffset: Int64(bigEndian: value.loadUnaligned(as: Int64.self)))
        default: break
        }
    }

    func beginRecords(bytes: Int) {
        current?.add(recordBytes: bytes)
    }

    func recordBytes(_ bytes: UnsafeRawBufferPointer) {}

    func endRecords() {}

    func endFrame() {
        current = nil
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
