package import FilterAPI
import KafkaClient
import KafkaMessages
import KafkaWire
import NIOCore
import SASL
import TLS

/// Questions on connections of Sluice's own.
extension ClusterState {
    /// How many addresses one question is tried at, at most.
    private static let mostAttempts = 5
    /// The highest version of Metadata that is asked; it has all that is of use here, IDs from 10 on.
    private static let highestMetadata: Int16 = 12
    /// The first in which a question for a topic need not create it. Before, all topics are asked for.
    private static let firstWithoutCreation: Int16 = 4

    /// Asks one server after the other until one answers, each within three times `connect_timeout`.
    package func describe(_ topics: [String]) async throws -> [TopicDescription] {
        if topics.isEmpty { return [] }
        guard let group else { throw ClusterQuestionError(cluster: name, attempts: []) }
        var attempts: [String] = []
        for server in serversToAsk().prefix(Self.mostAttempts) {
            try Task.checkCancellation()
            do {
                return try await describe(topics, at: server, on: group.next())
            } catch {
                attempts.append("\(server.host):\(server.port): \(Self.words(error))")
            }
        }
        throw ClusterQuestionError(cluster: name, attempts: attempts)
    }

    private func describe(
        _ topics: [String], at server: Broker, on loop: any EventLoop
    ) async throws -> [TopicDescription] {
        let connection = try await openConnection(host: server.host, port: server.port, on: loop).get()
        defer { connection.close() }
        try await signIn(on: connection)
        let version = try await metadataVersion(connection)
        let answer = try await connection.ask(
            Self.question(topics, version: version), version: version, clientID: Question.clientID,
            timeout: connectTimeout
        ).get()
        learn(topics: answer.topics.map(SeenTopic.init))
        let byName = Dictionary(answer.topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return topics.map { name in
            let topic = byName[name]
            return TopicDescription(
                name: name, id: topic.flatMap { $0.topicID.isZero ? nil : $0.topicID },
                partitions: topic?.errorCode == ErrorCode.none ? topic?.partitions.count ?? 0 : 0,
                error: topic?.errorCode ?? .unknownTopicOrPartition)
        }
    }

    private static func question(_ topics: [String], version: Int16) -> MetadataRequest {
        var request = MetadataRequest()
        guard version >= firstWithoutCreation else {
            request.topics = version == 0 ? [] : nil
            return request
        }
        request.allowAutoTopicCreation = false
        request.topics = Set(topics).sorted().map { name in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.name = name
            return topic
        }
        return request
    }

    /// The highest version of Metadata that a broker serves and that is asked here.
    private func metadataVersion(_ connection: BrokerConnection) async throws -> Int16 {
        let answer = try await connection.ask(
            ApiVersionsRequest(), version: 0, clientID: Question.clientID, timeout: connectTimeout
        ).get()
        guard let served = answer.apiKeys.first(where: { $0.apiKey == APIKey.metadata.rawValue }) else {
            throw QuestionFailure.notServed
        }
        let version = min(served.maxVersion, Self.highestMetadata)
        guard version >= max(served.minVersion, 0) else { throw QuestionFailure.notServed }
        return version
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let failure as SASLFailure: "does not let Sluice sign in: \(failure.message)"
        case QuestionFailure.notServed: "serves no version of Metadata that is known here"
        case BrokerConnection.Failure.closed: "closed the connection, perhaps for want of credentials"
        case BrokerConnection.Failure.timedOut: "did not answer in time"
        case BrokerConnection.Failure.invalidSize, BrokerConnection.Failure.correlationMismatch:
            "does not answer as a Kafka broker"
        case is WireError: "gave an answer that cannot be read"
        case let error as TLSError: "\(error)"
        default: ConnectFailure.reason(error)
        }
    }
}

/// Why a broker that answers cannot be asked.
private enum QuestionFailure: Error {
    /// It has no version of the API that is asked here.
    case notServed
}

extension SeenTopic {
    /// A topic of a Metadata response.
    init(_ topic: MetadataResponse.MetadataResponseTopic) {
        self.init(
            name: topic.name?.isEmpty ?? true ? nil : topic.name, id: topic.topicID.isZero ? nil : topic.topicID,
            partitions: topic.errorCode == .none ? topic.partitions.count : 0)
    }
}
