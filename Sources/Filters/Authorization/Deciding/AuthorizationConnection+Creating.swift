import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// How requests for metadata are kept from creating topics.
extension AuthorizationConnection {
    /// The version in which Sluice asks which topics there are: the first that can ask without creating them.
    private static let askVersion: Int16 = 4

    /// Decides on a request for metadata that may create topics; nil if it may create all that it names.
    ///
    /// If none of them may be created, the broker is told so. If some may, it is asked first which of the others exist.
    func askBeforeCreating(
        _ request: FilteredRequest, _ asked: MetadataRequest, _ own: Case
    ) -> RequestAction? {
        let version = request.record.apiVersion
        guard version < Self.askVersion || asked.allowAutoTopicCreation, let topics = asked.topics,
            let creation = Self.creation(filter.book.table)
        else { return nil }
        let visible = topics.compactMap { $0.topicID == .zero ? $0.name : nil }.filter { describes($0) }
        let creatable = visible.filter { isSatisfied(creation, $0) }
        guard creatable.count < visible.count, !filter.isDryRun else { return nil }
        guard version < Self.askVersion || !creatable.isEmpty else {
            var rest = asked
            rest.allowAutoTopicCreation = false
            request.frame.setBody(rest)
            request.note = AnswerNote.createsNothing
            request.inspectResponse()
            return decide(request, rest, own)
        }
        let missing = Set(visible.map { ExactName($0) }).subtracting(creatable.map { ExactName($0) }).map(\.text)
        return .hold(
            existing(missing).map { existing in
                var known = own
                known.missing = Set(missing).subtracting(existing)
                return self.decide(request, asked, known)
            }.nonisolated())
    }

    /// Those among topics that exist; none if the broker does not say. Never fails.
    private func existing(_ topics: [String]) -> EventLoopFuture<Set<String>>.Isolated {
        var question = MetadataRequest()
        question.topics = topics.map { name in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.name = name
            return topic
        }
        question.allowAutoTopicCreation = false
        return context.ask(question, version: Self.askVersion).assumeIsolated().map { answer in
            Set(answer.topics.filter { $0.errorCode != .unknownTopicOrPartition }.compactMap(\.name))
        }.flatMapErrorThrowing { _ in [] }
    }

    /// Marks the topics of an answer that the client would have created and may not.
    func markUncreated(_ answer: inout MetadataResponse, _ record: RequestRecord) {
        guard let creation = Self.creation(filter.book.table) else { return }
        var isDenied = false
        for index in answer.topics.indices where answer.topics[index].errorCode == .unknownTopicOrPartition {
            guard let name = answer.topics[index].name, !isSatisfied(creation, name) else { continue }
            isDenied = true
            note(creation, name, isAllowed: false, record)
            guard filter.configuration.missingTopics == .authorizationFailed else { continue }
            answer.topics[index].errorCode = .topicAuthorizationFailed
        }
        if isDenied { counts.countDenial(record.apiKey) }
    }
}
