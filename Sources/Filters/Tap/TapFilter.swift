package import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Sinks
import Synchronization
import Telemetry

/// Copies what passes: records, or what is said of requests.
package final class TapFilter: Filter {
    let configuration: TapConfiguration
    let name: String
    let listener: String
    let copies: CopyBudget
    let pending: PendingBudget
    private let shared: SharedSink
    private let metrics: TapMetrics
    private let topicConditions: [[StringMatcher]]
    private let sinkTopics: SinkTopics
    /// The part of each event loop, by the loop.
    private let loops = Mutex<[ObjectIdentifier: TapLoop]>([:])

    convenience init(_ configuration: TapConfiguration, context: FilterContext) throws {
        let former = (context.predecessor as? TapFilter)?.shared
        if let former, former.join(configuration.sink, context: context) {
            self.init(configuration, context: context, sink: former)
        } else {
            self.init(
                configuration, context: context,
                sink: try SharedSink(configuration.sink, context: context, topics: .shared))
        }
    }

    init(
        _ configuration: TapConfiguration, context: FilterContext, sink: SharedSink, sinkTopics: SinkTopics = .shared
    ) {
        self.configuration = configuration
        self.sinkTopics = sinkTopics
        name = context.name
        listener = context.listener
        copies = CopyBudget(most: configuration.maxPerSecond)
        pending = PendingBudget(most: configuration.maxPending.bytes)
        shared = sink
        metrics = TapMetrics(context)
        topicConditions = [configuration.topics, context.when?.topic].compactMap(\.self)
    }

    /// True if some topics are not wanted.
    var restrictsTopics: Bool { !topicConditions.isEmpty }

    /// What the sink wants to be given.
    var form: SinkForm { shared.sink.form }

    package var interests: [Interest] {
        configuration.mode == .records ? recordInterests : messageInterests
    }

    private var recordInterests: [Interest] {
        var interests: [Interest] = []
        if configuration.direction != .fetch {
            interests += [
                Interest(
                    [.produce], .request, depth: .watching,
                    watching: [.transactionalID, .topicName, .topicID, .partitionIndex, .records]),
                Interest(
                    [.produce], .response, depth: .watching,
                    watching: [.topicName, .topicID, .partitionIndex, .errorCode, .baseOffset]),
            ]
        }
        if configuration.direction != .produce {
            interests.append(
                Interest(
                    [.fetch, .shareFetch], .response, depth: .watching,
                    watching: [.topicName, .topicID, .partitionIndex, .records]))
        }
        return interests
    }

    private var messageInterests: [Interest] {
        let usual: Set<APIKey> =
            switch configuration.direction {
            case .produce: [.produce]
            case .fetch: [.fetch, .shareFetch]
            case .both: [.produce, .fetch, .shareFetch]
            }
        let apis = configuration.apis ?? usual
        let fields: FieldRoles = [.topicName, .topicID, .partitionIndex, .errorCode, .baseOffset, .records]
        return [
            Interest(apis, .request, depth: .completion, watching: fields),
            Interest(apis, .response, depth: .completion, watching: fields),
        ]
    }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        let loop = loop(connection)
        return configuration.mode == .records
            ? RecordTap(self, connection, loop) : MessageTap(self, connection, loop)
    }

    private func loop(_ connection: ConnectionContext) -> TapLoop {
        loops.withLock { loops in
            let key = ObjectIdentifier(connection.eventLoop)
            if let known = loops[key] { return known }
            let loop = TapLoop(
                port: shared.sink.port(on: connection.eventLoop, metrics: connection.metrics),
                counters: metrics.counters(connection.metrics),
                topics: TappedTopics(
                    cluster: connection.cluster, conditions: topicConditions, sinks: sinkTopics),
                sampler: GapSampler(rate: configuration.sample.rate, seed: .random(in: 0 ... .max)))
            loops[key] = loop
            return loop
        }
    }

    /// What the connections of a loop share; nil if there was none yet.
    func part(of loop: any EventLoop) -> TapLoop? {
        loops.withLock { $0[ObjectIdentifier(loop)] }
    }

    package var stream: (any FilterStream)? { shared.sink.stream }

    package func reopenFiles() {
        shared.sink.reopenFiles()
    }

    package func shutDown() async {
        await shared.leave()
    }
}
