import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// Why an answer is looked through.
enum AnswerNote: Sendable {
    /// It may tell what the client may not see.
    case hides
    /// It is one of metadata, to a request that would have created topics.
    case createsNothing
    /// It may begin a fetch session.
    case beginsFetchSession
}

/// How answers are looked through.
extension AuthorizationConnection {
    /// Looks through an answer; one that cannot be read is not shown.
    func look(at response: FilteredResponse, _ note: AnswerNote) -> ResponseAction {
        do throws(WireError) {
            return try look(response, note)
        } catch {
            return .close(reason: "unreadable")
        }
    }

    private func look(_ response: FilteredResponse, _ note: AnswerNote) throws(WireError) -> ResponseAction {
        let record = response.record
        switch record.apiKey {
        case .fetch: sessions.begin(fetch: try response.frame.body(FetchResponse.self).sessionID)
        case .metadata:
            try edit(response, MetadataResponse.self) { answer in
                if note == .createsNothing { self.markUncreated(&answer, record) }
                self.hide(in: &answer)
            }
        case .describeTopicPartitions:
            try edit(response, DescribeTopicPartitionsResponse.self) { self.hide(in: &$0) }
        case .describeCluster:
            try edit(response, DescribeClusterResponse.self) {
                $0.clusterAuthorizedOperations = self.clusterOperations($0.clusterAuthorizedOperations)
            }
        case .createTopics: try edit(response, CreateTopicsResponse.self) { self.hide(in: &$0) }
        case .consumerGroupHeartbeat: return try lookAtAssignment(response)
        case .describeDelegationToken:
            try edit(response, DescribeDelegationTokenResponse.self) { self.hide(in: &$0) }
        default: try lookAtGroups(response)
        }
        return .forward
    }

    /// Changes an answer; its bytes stay as they came if nothing changes.
    func edit<Message: ResponseMessage>(
        _ response: FilteredResponse, _ type: Message.Type, _ change: (inout Message) -> Void
    ) throws(WireError) {
        let before = try response.frame.body(type)
        var after = before
        change(&after)
        if after != before { response.frame.setBody(after) }
    }

    /// True if the client may see a topic; one that it may not see is counted.
    func shows(_ topic: String) -> Bool {
        let shows = describes(topic)
        if !shows { counts.count(.hidden, .describe) }
        return shows
    }

    // MARK: Authorized operations

    /// What the broker says of authorized operations where it was not asked for them.
    private static let notAsked = Int32.min

    /// Those of a broker's authorized operations that are allowed here, too.
    func common(_ broker: Int32, _ type: ResourceType, _ name: String) -> Int32 {
        guard broker != Self.notAsked else { return broker }
        return broker & Int32(bitPattern: operations(on: type, name).rawValue)
    }

    private func clusterOperations(_ broker: Int32) -> Int32 {
        let own = operations(on: .cluster, ResourceType.clusterName)
        guard broker != Self.notAsked, !own.contains(.describe) else {
            return common(broker, .cluster, ResourceType.clusterName)
        }
        return 0
    }

    // MARK: Topics

    private func hide(in answer: inout MetadataResponse) {
        answer.topics.removeAll { topic in topic.name.map { !shows($0) } ?? false }
        for index in answer.topics.indices {
            guard let name = answer.topics[index].name else { continue }
            answer.topics[index].topicAuthorizedOperations = common(
                answer.topics[index].topicAuthorizedOperations, .topic, name)
        }
        answer.clusterAuthorizedOperations = clusterOperations(answer.clusterAuthorizedOperations)
    }

    /// The next page begins at a topic that may not be seen, either: then it is put right behind the last one that may. No
    /// name of a topic lies between one and the same with `!` behind it.
    private func hide(in answer: inout DescribeTopicPartitionsResponse) {
        answer.topics.removeAll { topic in topic.name.map { !shows($0) } ?? false }
        for index in answer.topics.indices {
            guard let name = answer.topics[index].name else { continue }
            answer.topics[index].topicAuthorizedOperations = common(
                answer.topics[index].topicAuthorizedOperations, .topic, name)
        }
        guard let cursor = answer.nextCursor, !describes(cursor.topicName), let last = answer.topics.last?.name else {
            return
        }
        answer.nextCursor?.topicName = last + "!"
        answer.nextCursor?.partitionIndex = 0
    }

    private func hide(in answer: inout CreateTopicsResponse) {
        for index in answer.topics.indices where answer.topics[index].errorCode == .none {
            guard !operations(on: .topic, answer.topics[index].name).contains(.describeConfigs) else { continue }
            counts.count(.hidden, .describeConfigs)
            answer.topics[index].topicConfigErrorCode = .topicAuthorizationFailed
            answer.topics[index].numPartitions = -1
            answer.topics[index].replicationFactor = -1
            answer.topics[index].configs = []
        }
    }

    // MARK: Assignments

    /// Topics are assigned by their IDs, and a subscription may be an expression that the broker meets with all topics.
    private func lookAtAssignment(_ response: FilteredResponse) throws(WireError) -> ResponseAction {
        let answer = try response.frame.body(ConsumerGroupHeartbeatResponse.self)
        let unknown = Set((answer.assignment?.topicPartitions ?? []).map(\.topicID)).filter { name(of: $0) == nil }
        guard !unknown.isEmpty, !filter.isDryRun else {
            hide(answer, response)
            return .forward
        }
        return .hold(
            learnNames(of: unknown).map { _ -> ResponseAction in
                self.hide(answer, response)
                return .forward
            }.nonisolated())
    }

    private func hide(_ answer: ConsumerGroupHeartbeatResponse, _ response: FilteredResponse) {
        var shown = answer
        shown.assignment?.topicPartitions.removeAll { topic in !(name(of: topic.topicID).map { shows($0) } ?? false) }
        if shown != answer { response.frame.setBody(shown) }
    }

    // MARK: Delegation tokens

    /// A token is shown to its owner, to those who asked for it and may renew it, and to those with rights to it.
    private func hide(in answer: inout DescribeDelegationTokenResponse) {
        let own = context.principal.utf8
        answer.tokens.removeAll { token in
            let owner = "\(token.principalType):\(token.principalName)"
            let related =
                [owner, "\(token.tokenRequesterPrincipalType):\(token.tokenRequesterPrincipalName)"]
                + token.renewers.map { "\($0.principalType):\($0.principalName)" }
            if related.contains(where: { $0.utf8.elementsEqual(own) }) { return false }
            if operations(on: .delegationToken, token.tokenID).contains(.describe) { return false }
            if operations(on: .user, owner).contains(.describeTokens) { return false }
            counts.count(.hidden, .describe)
            return true
        }
    }
}
