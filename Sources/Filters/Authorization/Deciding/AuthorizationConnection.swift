import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// The authorization of one connection.
final class AuthorizationConnection: ConnectionFilter {
    /// How many names of topics that only this connection has asked for are kept.
    static let mostNames = 10_000

    let filter: AuthorizationFilter
    let context: ConnectionContext
    let counts: LoopDecisions
    private(set) var rights: Rights
    private var principal: ExactName
    private var address: ExactName
    private var cache = DecisionCache()
    var sessions = Sessions()
    /// Topics that were asked for since nobody had seen them.
    private var names: [KafkaUUID: String] = [:]

    init(_ filter: AuthorizationFilter, _ context: ConnectionContext) {
        self.filter = filter
        self.context = context
        counts = filter.account.onLoop(context.eventLoop)
        principal = ExactName(context.principal)
        address = ExactName(context.clientAddress)
        rights = filter.book.rights(principal: context.principal, address: context.clientAddress)
    }

    /// Takes up the rights of another principal, with which nothing holds that was found out before.
    private func followClient() {
        let (principal, address) = (ExactName(context.principal), ExactName(context.clientAddress))
        guard principal != self.principal || address != self.address else { return }
        self.principal = principal
        self.address = address
        rights = filter.book.rights(principal: principal.text, address: address.text)
        cache = DecisionCache()
        sessions = Sessions()
    }

    func request(_ request: FilteredRequest) -> RequestAction {
        followClient()
        let record = request.record
        switch rights.decision(record.apiKey, record.apiVersion) {
        case .pass:
            notePassed(record)
            return .forward
        case .inspect:
            return request.frame.isWhole ? judge(request) : .inspect
        case .denied:
            return request.frame.isWhole ? refuseAPI(request) : .inspect
        }
    }

    func response(_ response: FilteredResponse) -> ResponseAction {
        guard response.frame.isWhole, let note = response.note as? AnswerNote else { return .forward }
        return look(at: response, note)
    }

    // MARK: Rights

    /// What may be done with a resource.
    func operations(on type: ResourceType, _ name: String) -> OperationSet {
        cache.operations(rights, type, name)
    }

    /// True if one of the rights of a check is there, to a resource of this name where the right is for such.
    func isSatisfied(_ check: Check, _ name: String) -> Bool {
        check.rights.contains { right in
            if right.isForAnyName { return rights.allowsAny(right.operation, right.resource) }
            let name = right.resource == .cluster ? ResourceType.clusterName : name
            return operations(on: right.resource, name).contains(right.operation)
        }
    }

    /// True if the client may see a topic.
    func describes(_ topic: String) -> Bool {
        operations(on: .topic, topic).contains(.describe)
    }

    // MARK: Names of topics

    /// The name of a topic that a message names by its ID.
    func name(of id: KafkaUUID) -> String? {
        context.cluster.topicName(id) ?? names[id]
    }

    /// Asks the broker for the names of topics; the future never fails.
    func learnNames(of ids: Set<KafkaUUID>) -> EventLoopFuture<Void>.Isolated {
        var question = MetadataRequest()
        question.topics = ids.prefix(Self.mostNames).map { id in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.topicID = id
            topic.name = nil
            return topic
        }
        question.allowAutoTopicCreation = false
        return context.ask(question, version: 12).assumeIsolated().map { answer in
            for topic in answer.topics where topic.errorCode == .none {
                guard let name = topic.name, topic.topicID != .zero else { continue }
                if self.names.count >= Self.mostNames { self.names.removeAll() }
                self.names[topic.topicID] = name
            }
        }.flatMapErrorThrowing { _ in }
    }

    // MARK: Accounts

    /// Counts, and if asked logs, a request that passes whatever it names.
    private func notePassed(_ record: RequestRecord) {
        guard !rights.isSuperUser else {
            if filter.audit.logsAllowances { filter.audit.write(isAllowed: true, nil, record) { "super user" } }
            return
        }
        guard rights.rules != nil, let checks = filter.book.table.rows[record.apiKey] else { return }
        for check in checks where !check.isOnAnswer && check.versions.contains(record.apiVersion) {
            guard let right = check.rights.first else { continue }
            counts.count(.allowed, right.operation)
            guard filter.audit.logsAllowances else { continue }
            let name = right.resource == .cluster ? ResourceType.clusterName : "*"
            filter.audit.write(isAllowed: true, (right.operation, right.resource, name), record) {
                rights.ruleName(right.operation, right.resource, name)
            }
        }
    }

    /// Counts and logs a decision on a right of a request.
    func note(_ check: Check, _ name: String, isAllowed: Bool, _ record: RequestRecord) {
        guard
            let right = check.rights.first(where: {
                isAllowed && isSatisfied(Check(rights: [$0], like: check), name)
            }) ?? check.rights.first
        else { return }
        counts.count(isAllowed ? .allowed : .denied, right.operation)
        guard !isAllowed || filter.audit.logsAllowances else { return }
        let name = right.resource == .cluster ? ResourceType.clusterName : right.isForAnyName ? "*" : name
        filter.audit.write(isAllowed: isAllowed, (right.operation, right.resource, name), record) {
            rights.ruleName(right.operation, right.resource, name)
        }
    }
}

extension Check {
    /// The same check with other rights.
    init(rights: [Right], like other: Check) {
        self = other
        self.rights = rights
    }
}
