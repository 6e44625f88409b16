import FilterAPI
import NIOCore
import Sinks
import Synchronization
import Telemetry

/// A sink that a tap hands on to the one that takes its place, with all that is queued in it.
final class SharedSink: Sendable {
    let sink: any Sink
    private let configuration: SinkConfiguration
    private let isDryRun: Bool
    /// The cluster that the sink writes to, as it was when it was made; nil if to none.
    private let cluster: (any ClusterAccess)?
    private let place: SinkTopics.Place?
    private let topics: SinkTopics
    private let users = Mutex(1)

    /// Makes a sink.
    ///
    /// - Throws: if a file cannot be opened.
    convenience init(_ configuration: SinkConfiguration, context: FilterContext, topics: SinkTopics) throws {
        self.init(
            try configuration.makeSink(purpose: "tap", context: context), configuration, context: context,
            topics: topics)
    }

    init(_ sink: any Sink, _ configuration: SinkConfiguration, context: FilterContext, topics: SinkTopics) {
        self.sink = sink
        self.configuration = configuration
        self.topics = topics
        isDryRun = context.isDryRun
        if case .topic(let topic) = configuration {
            cluster = context.clusters[topic.cluster]
            place = SinkTopics.Place(cluster: topic.cluster, topic: topic.topic)
        } else {
            cluster = nil
            place = nil
        }
        if let place { topics.add(place) }
    }

    /// Takes part in the sink of a tap that is replaced.
    ///
    /// - Returns: false if it writes elsewhere, or has ended.
    func join(_ configuration: SinkConfiguration, context: FilterContext) -> Bool {
        guard configuration == self.configuration, context.isDryRun == isDryRun else { return false }
        if case .topic(let topic) = configuration {
            guard let cluster, let now = context.clusters[topic.cluster],
                (cluster as AnyObject) === (now as AnyObject)
            else { return false }
        }
        return users.withLock { users in
            guard users > 0 else { return false }
            users += 1
            return true
        }
    }

    /// A tap has ended; with the last one the sink does.
    func leave() async {
        let isLast = users.withLock { users in
            users -= 1
            return users == 0
        }
        guard isLast else { return }
        await sink.shutDown()
        if let place { topics.remove(place) }
    }
}
