import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// Which topics the IDs are of that one client uses.
///
/// Asks the cluster's table first, then what the broker has said on this connection.
final class TopicIDNames {
    /// The most names that are kept for a connection.
    private static let most = 10_000
    /// Metadata from this version on can be asked by ID.
    private static let version: Int16 = 12
    /// The most IDs of one question.
    private static let mostAsked = 1000

    private let connection: ConnectionContext
    private var names: [KafkaUUID: String] = [:]

    init(_ connection: ConnectionContext) {
        self.connection = connection
    }

    /// The name of a topic; nil if it is not known.
    func name(of id: KafkaUUID) -> String? {
        connection.cluster.topicName(id) ?? names[id]
    }

    /// Asks the broker for names, with the client's rights.
    ///
    /// - Parameter ids: at least one.
    /// - Returns: done when the answer was taken in; IDs that are still not known then are of no topic that the client
    ///   may see.
    func learn(_ ids: [KafkaUUID]) -> EventLoopFuture<Void> {
        var request = MetadataRequest()
        request.topics = ids.prefix(Self.mostAsked).map { id in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.topicID = id
            topic.name = nil
            return topic
        }
        request.allowAutoTopicCreation = false
        return connection.ask(request, version: Self.version).hop(to: connection.eventLoop).assumeIsolated()
            .map { [self] response -> Void in
                if names.count + response.topics.count > Self.most { names.removeAll() }
                for topic in response.topics {
                    if let name = topic.name, topic.topicID != .zero { names[topic.topicID] = name }
                }
            }.nonisolated()
    }
}
