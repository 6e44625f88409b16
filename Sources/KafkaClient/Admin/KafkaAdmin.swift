package import KafkaMessages
package import KafkaWire
package import NIOCore

/// Questions about topics, and making them, on one connection of its own for each call.
package struct KafkaAdmin: Sendable {
    /// Why a cluster could not be asked.
    package enum Failure: Error, Sendable, Equatable {
        /// No server answered; what was wrong with each.
        case noServer([String])
        /// The server serves no version of the API that is known here.
        case notServed
    }

    /// What became of a topic that was to be made.
    package struct Creation: Sendable, Equatable {
        package var name: String
        /// `none` if it was made, `topicAlreadyExists` if it was there.
        package var error: ErrorCode
        /// The broker's words, if it had any.
        package var message: String?
    }

    private let servers: [ProducerConfiguration.Server]
    private let clientID: String
    private let connector: any BrokerConnector
    private let eventLoop: any EventLoop
    private let timeout: TimeAmount

    private static let apiVersions: Int16 = 0
    private static let metadataVersions: ClosedRange<Int16> = 1...12
    private static let creationVersions: ClosedRange<Int16> = 2...7

    /// - Parameters:
    ///   - servers: tried in turn.
    ///   - clientID: under which brokers count the requests.
    ///   - connector: opens the connections.
    ///   - eventLoop: where they live.
    ///   - timeout: for each answer. Default 30 s.
    package init(
        servers: [ProducerConfiguration.Server], clientID: String, connector: any BrokerConnector,
        eventLoop: any EventLoop, timeout: TimeAmount = .seconds(30)
    ) {
        self.servers = servers
        self.clientID = clientID
        self.connector = connector
        self.eventLoop = eventLoop
        self.timeout = timeout
    }

    /// Asks about topics, without making them.
    ///
    /// - Parameter topics: their names; nil for all.
    /// - Returns: what the cluster says: brokers, and for each topic its partitions or an error.
    /// - Throws: ``Failure``.
    package func describe(_ topics: [String]?) async throws -> MetadataResponse {
        var request = MetadataRequest()
        request.allowAutoTopicCreation = false
        request.topics = topics.map { names in
            names.map { name in
                var topic = MetadataRequest.MetadataRequestTopic()
                topic.name = name
                return topic
            }
        }
        return try await withServer { connection in
            try await ask(request, of: Self.metadataVersions, on: connection)
        }
    }

    /// Makes topics, by the controller.
    ///
    /// - Parameter topics: what is to be made.
    /// - Returns: what became of each, in their order.
    /// - Throws: ``Failure``.
    package func create(_ topics: [NewTopic]) async throws -> [Creation] {
        var request = CreateTopicsRequest()
        request.timeoutMs = Int32(clamping: timeout.nanoseconds / 1_000_000)
        request.topics = topics.map(\.message)
        var question = MetadataRequest()
        question.topics = []
        let cluster = try await withServer { connection in
            try await ask(question, of: Self.metadataVersions, on: connection)
        }
        let controller = cluster.brokers.first { $0.nodeID == cluster.controllerID }
        let preferred = controller.map { ProducerConfiguration.Server(host: $0.host, port: Int($0.port)) }
        let answer = try await withServer(preferred) { connection in
            try await ask(request, of: Self.creationVersions, on: connection)
        }
        let byName = Dictionary(answer.topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return topics.map { topic in
            Creation(
                name: topic.name, error: byName[topic.name]?.errorCode ?? .unknownServerError,
                message: byName[topic.name]?.errorMessage)
        }
    }

    /// Does something with the first server that can be reached and answers.
    private func withServer<Answer>(
        _ preferred: ProducerConfiguration.Server? = nil, _ body: (BrokerConnection) async throws -> Answer
    ) async throws -> Answer {
        var attempts: [String] = []
        for server in (preferred.map { [$0] } ?? []) + servers {
            try Task.checkCancellation()
            do {
                let connection = try await connector.connect(host: server.host, port: server.port, on: eventLoop).get()
                defer { connection.close() }
                return try await body(connection)
            } catch let failure as Failure {
                throw failure
            } catch {
                attempts.append("\(server.host):\(server.port): \(error)")
            }
        }
        throw Failure.noServer(attempts)
    }

    private func ask<Request: RequestMessage>(
        _ request: Request, of versions: ClosedRange<Int16>, on connection: BrokerConnection
    ) async throws -> Request.Response {
        let served = ServedVersions(
            try await connection.ask(
                ApiVersionsRequest(), version: Self.apiVersions, clientID: clientID, timeout: timeout
            ).get())
        guard let version = served.highest(Request.apiKey, of: versions) else { throw Failure.notServed }
        return try await connection.ask(request, version: version, clientID: clientID, timeout: timeout).get()
    }
}
