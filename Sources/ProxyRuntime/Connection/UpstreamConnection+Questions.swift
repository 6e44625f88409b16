import DequeModule
import FilterAPI
import KafkaClient
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// What Sluice asks a broker on its own, with the client's rights and without the client seeing it.
extension UpstreamConnection: UpstreamAsking {
    /// True if an answer to a question of Sluice's own is to come.
    var hasQuestions: Bool {
        !questions.isEmpty || exchanges.contains { if case .own = $0.owner { true } else { false } }
    }

    func ask(_ message: any RequestMessage, version: Int16) -> EventLoopFuture<ByteBuffer> {
        let loop = downstream.context.eventLoop
        guard isReady else { return loop.makeFailedFuture(AskError.closed) }
        let promise = loop.makePromise(of: ByteBuffer.self)
        questions.append(Question(message: message, version: version, promise: promise))
        sendQuestions()
        return promise.futureResult
    }

    /// Sends the questions that wait, if the broker is not in the middle of a request.
    func sendQuestions() {
        renewSignInIfDue()
        guard !questions.isEmpty, isReady, downstream.isBetweenRequests, session?.isSigningIn != true else { return }
        while let question = questions.popFirst() {
            let key = type(of: question.message).apiKey
            do throws(WireError) {
                let id = nextCorrelationID()
                send(try question.encoded(correlationID: id, allocator: shared.loop.allocator))
                exchanges.append(
                    Exchange(
                        correlationID: id, apiKey: key, apiVersion: question.version, owner: .own(question.promise)))
            } catch {
                question.promise.fail(AskError.unwritable(error))
            }
        }
        flush()
        readAgain()
    }

    /// Nobody will answer any more.
    func failQuestions(with error: any Error = AskError.closed) {
        for exchange in exchanges {
            if case .own(let promise) = exchange.owner { promise.fail(error) }
        }
        if let current, case .own(let promise) = current.exchange.owner { promise.fail(error) }
        for question in questions { question.promise.fail(error) }
        questions.removeAll()
        exchanges.removeAll()
        current = nil
    }

    /// Asks for the name of a topic that was only named by its ID, once a connection.
    func askName(of id: KafkaUUID) {
        guard askedNames.count < TopicNameQuestions.most, askedNames.insert(id).inserted else { return }
        var topic = MetadataRequest.MetadataRequestTopic()
        topic.topicID = id
        topic.name = nil
        var request = MetadataRequest()
        request.topics = [topic]
        request.allowAutoTopicCreation = false
        let version = TopicNameQuestions.version
        ask(request, version: version).assumeIsolated().whenSuccess { [self] body in
            learnNames(body, version: version)
        }
    }

    private func learnNames(_ body: ByteBuffer, version: Int16) {
        var reader = WireReader(body)
        guard let response = try? MetadataResponse.decode(from: &reader, version: version) else { return }
        shared.cluster.learn(topics: response.topics.map(SeenTopic.init))
    }

    /// Asks for the brokers, on a connection to a broker of which only the ID is known: then the client is sent away,
    /// and finds the right one when it comes back.
    func learnBrokers() {
        let version: Int16 = 1
        var request = MetadataRequest()
        request.topics = []
        ask(request, version: version).assumeIsolated().whenComplete { [self] result in
            guard !self.isGone else { return }
            if case .success(let body) = result {
                var reader = WireReader(body)
                if let response = try? MetadataResponse.decode(from: &reader, version: version) {
                    self.shared.cluster.learn(
                        brokers: response.brokers.map { Broker(id: $0.nodeID, host: $0.host, port: Int($0.port)) })
                }
            }
            self.downstream.close(reason: "broker_unknown")
        }
    }
}

/// Bounds and versions of the questions for topic names.
enum TopicNameQuestions {
    /// The first version that can ask by ID.
    static let version: Int16 = 12
    /// How many are asked on one connection at most: a hostile client may name any number of IDs.
    static let most = 1000
}

/// A request of Sluice's own.
struct Question {
    /// The client ID under which Sluice asks.
    static let clientID = "sluice"

    let message: any RequestMessage
    let version: Int16
    let promise: EventLoopPromise<ByteBuffer>

    /// The whole frame with its size prefix.
    func encoded(correlationID: Int32, allocator: ByteBufferAllocator) throws(WireError) -> ByteBuffer {
        try RequestFrame.encode(
            message, version: version, correlationID: correlationID, clientID: Self.clientID, allocator: allocator)
    }
}
