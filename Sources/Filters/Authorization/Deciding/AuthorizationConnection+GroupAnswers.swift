import FilterAPI
import KafkaMessages
import KafkaWire

/// How answers about groups and transactions are looked through.
extension AuthorizationConnection {
    /// What a group's error says that has topics which the client may not see.
    private static let hiddenTopics = "the group has topics that the client may not describe"

    func lookAtGroups(_ response: FilteredResponse) throws(WireError) {
        switch response.record.apiKey {
        case .listGroups:
            if operations(on: .cluster, ResourceType.clusterName).contains(.describe) { return }
            try edit(response, ListGroupsResponse.self) { answer in
                answer.groups.removeAll { !self.shows(.group, $0.groupID) }
            }
        case .listTransactions:
            try edit(response, ListTransactionsResponse.self) { answer in
                answer.transactionStates.removeAll { !self.shows(.transactionalID, $0.transactionalID) }
            }
        case .describeTransactions:
            try edit(response, DescribeTransactionsResponse.self) { answer in
                for index in answer.transactionStates.indices {
                    answer.transactionStates[index].topics.removeAll { !self.shows($0.topic) }
                }
            }
        case .offsetFetch: try edit(response, OffsetFetchResponse.self) { self.hide(in: &$0) }
        case .describeShareGroupOffsets:
            try edit(response, DescribeShareGroupOffsetsResponse.self) { answer in
                for index in answer.groups.indices {
                    answer.groups[index].topics.removeAll { !self.shows($0.topicName) }
                }
            }
        default: try lookAtDescribedGroups(response)
        }
    }

    private func shows(_ type: ResourceType, _ name: String) -> Bool {
        let shows = operations(on: type, name).contains(.describe)
        if !shows { counts.count(.hidden, .describe) }
        return shows
    }

    /// Topics that were asked for by ID may have no name in the answer.
    private func hide(in answer: inout OffsetFetchResponse) {
        answer.topics.removeAll { !shows($0.name) }
        for index in answer.groups.indices {
            answer.groups[index].topics.removeAll { topic in
                let name = topic.name.isEmpty ? name(of: topic.topicID) : topic.name
                return name.map { !shows($0) } ?? false
            }
        }
    }

    private func lookAtDescribedGroups(_ response: FilteredResponse) throws(WireError) {
        switch response.record.apiKey {
        case .describeGroups:
            try edit(response, DescribeGroupsResponse.self) { answer in
                for index in answer.groups.indices {
                    answer.groups[index].authorizedOperations = self.common(
                        answer.groups[index].authorizedOperations, .group, answer.groups[index].groupID)
                }
            }
        case .consumerGroupDescribe:
            try edit(response, ConsumerGroupDescribeResponse.self) { answer in
                for (index, group) in answer.groups.enumerated() {
                    answer.groups[index].authorizedOperations = self.common(
                        group.authorizedOperations, .group, group.groupID)
                    let topics = group.members.flatMap {
                        $0.subscribedTopicNames + $0.assignment.topicPartitions.map(\.topicName)
                            + $0.targetAssignment.topicPartitions.map(\.topicName)
                    }
                    guard !self.showsAll(topics) else { continue }
                    answer.groups[index] = ConsumerGroupDescribeResponse.DescribedGroup()
                    answer.groups[index].groupID = group.groupID
                    answer.groups[index].errorCode = .topicAuthorizationFailed
                    answer.groups[index].errorMessage = Self.hiddenTopics
                }
            }
        case .shareGroupDescribe:
            try edit(response, ShareGroupDescribeResponse.self) { answer in
                for (index, group) in answer.groups.enumerated() {
                    answer.groups[index].authorizedOperations = self.common(
                        group.authorizedOperations, .group, group.groupID)
                    let topics = group.members.flatMap {
                        $0.subscribedTopicNames + $0.assignment.topicPartitions.map(\.topicName)
                    }
                    guard !self.showsAll(topics) else { continue }
                    answer.groups[index] = ShareGroupDescribeResponse.DescribedGroup()
                    answer.groups[index].groupID = group.groupID
                    answer.groups[index].errorCode = .topicAuthorizationFailed
                    answer.groups[index].errorMessage = Self.hiddenTopics
                }
            }
        case .streamsGroupDescribe:
            try edit(response, StreamsGroupDescribeResponse.self) { answer in
                for (index, group) in answer.groups.enumerated() {
                    answer.groups[index].authorizedOperations = self.common(
                        group.authorizedOperations, .group, group.groupID)
                    let topics = (group.topology?.subtopologies ?? []).flatMap { part in
                        part.sourceTopics + part.repartitionSinkTopics + part.repartitionSourceTopics.map(\.name)
                            + part.stateChangelogTopics.map(\.name)
                    }
                    guard !self.showsAll(topics) else { continue }
                    answer.groups[index] = StreamsGroupDescribeResponse.DescribedGroup()
                    answer.groups[index].groupID = group.groupID
                    answer.groups[index].errorCode = .topicAuthorizationFailed
                    answer.groups[index].errorMessage = Self.hiddenTopics
                    answer.groups[index].topology = nil
                }
            }
        default: break
        }
    }

    private func showsAll(_ topics: [String]) -> Bool {
        Set(topics.map { ExactName($0) }).allSatisfy { shows($0.text) }
    }
}
