import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// The names of topics that one client names by their IDs.
///
/// Asks the cluster's table first, then what the broker has said on this connection.
final class TopicNameTable {
    /// The most names that are kept for a connection.
    private static let mostNames = 10_000
    /// The most IDs of one question.
    private static let mostAsked = 1000
    /// Metadata from this version on can be asked by ID.
    private static let version: Int16 = 12

    private let connection: ConnectionContext
    private var names: [KafkaUUID: String] = [:]

    init(_ connection: ConnectionContext) {
        self.connection = connection
    }

    /// The name of a topic; nil if it is not known.
    func name(of topic: TopicReference) -> String? {
        if let name = topic.name { return name }
        guard let id = topic.id else { return nil }
        return connection.cluster.topicName(id) ?? names[id]
    }

    /// Asks the broker for names, with the client's rights; the future never fails.
    func learn(_ ids: Set<KafkaUUID>) -> EventLoopFuture<Void>.Isolated {
        var question = MetadataRequest()
        question.topics = ids.prefix(Self.mostAsked).map { id in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.topicID = id
            topic.name = nil
            return topic
        }
        question.allowAutoTopicCreation = false
        return connection.ask(question, version: Self.version).assumeIsolated().map { [self] answer in
            if names.count + answer.topics.count > Self.mostNames { names.removeAll() }
            for topic in answer.topics where topic.errorCode == .none {
                if let name = topic.name, topic.topicID != .zero { names[topic.topicID] = name }
            }
        }.flatMapErrorThrowing { _ in }
    }
}
