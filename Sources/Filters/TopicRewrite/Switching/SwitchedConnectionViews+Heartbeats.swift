import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Synchronization

/// Groups whose members send heartbeats alone: KIP-848's consumer groups, share groups and streams groups.
///
/// A member that a switch has made stale is told FENCED_MEMBER_EPOCH, and its heartbeat becomes a leaving one at the
/// broker: coordinators before Kafka 4.3 would fence it again when it joins with epoch 0 while they know it (KAFKA-19233).
extension SwitchedConnectionViews {
    /// What the three kinds of heartbeats have in common.
    private struct Beat {
        var group: String
        var member: String
        var epoch: Int32
        /// The topics that the member subscribes to; nil if it says nothing of them.
        var topics: [String]?
        /// True if it subscribes to topics by a pattern.
        var hasPattern: Bool
    }

    func heartbeat(_ request: FilteredRequest) -> ViewDecision {
        guard request.frame.isWhole else { return .inspect }
        guard let beat = beat(request) else { return .close(reason: "unreadable") }
        let view = current(request.record.apiKey)
        let member = GroupMembers.Key(group: beat.group, member: beat.member)
        if beat.epoch < 0 {
            memory.members.withLock { _ = $0.remove(member) }
            return .view(view)
        }
        let joined = alive(member)
        if beat.epoch > 0, let stale = staleTopic(joined, in: view) {
            makeLeave(request)
            note(.fence(rule: stale.rule), for: request)
            return .view(view)
        }
        if beat.topics != nil || beat.hasPattern {
            // A pattern may match any of them.
            let topics = beat.hasPattern ? source.switchedTopics + (beat.topics ?? []) : beat.topics ?? []
            let until = now + TimeAmount(memory.limits.memberTimeout)
            note(.heartbeatJoin(member, joined: self.joined(topics, in: view), until: until), for: request)
        }
        return .view(view)
    }

    private func beat(_ request: FilteredRequest) -> Beat? {
        switch request.record.apiKey {
        case .consumerGroupHeartbeat:
            guard let asked = try? request.frame.body(ConsumerGroupHeartbeatRequest.self) else { return nil }
            return Beat(
                group: asked.groupID, member: asked.memberID, epoch: asked.memberEpoch,
                topics: asked.subscribedTopicNames, hasPattern: !(asked.subscribedTopicRegex ?? "").isEmpty)
        case .shareGroupHeartbeat:
            guard let asked = try? request.frame.body(ShareGroupHeartbeatRequest.self) else { return nil }
            return Beat(
                group: asked.groupID, member: asked.memberID, epoch: asked.memberEpoch,
                topics: asked.subscribedTopicNames, hasPattern: false)
        default:
            guard let asked = try? request.frame.body(StreamsGroupHeartbeatRequest.self) else { return nil }
            let parts = asked.topology?.subtopologies
            return Beat(
                group: asked.groupID, member: asked.memberID, epoch: asked.memberEpoch,
                topics: parts?.flatMap(\.sourceTopics),
                hasPattern: parts?.contains { !$0.sourceTopicRegex.isEmpty } ?? false)
        }
    }

    /// Changes a heartbeat into one that leaves the group.
    private func makeLeave(_ request: FilteredRequest) {
        switch request.record.apiKey {
        case .consumerGroupHeartbeat:
            guard let asked = try? request.frame.body(ConsumerGroupHeartbeatRequest.self) else { return }
            var leaving = ConsumerGroupHeartbeatRequest()
            leaving.groupID = asked.groupID
            leaving.memberID = asked.memberID
            leaving.instanceID = asked.instanceID
            leaving.memberEpoch = -1
            request.frame.setBody(leaving)
        case .shareGroupHeartbeat:
            guard let asked = try? request.frame.body(ShareGroupHeartbeatRequest.self) else { return }
            var leaving = ShareGroupHeartbeatRequest()
            leaving.groupID = asked.groupID
            leaving.memberID = asked.memberID
            leaving.memberEpoch = -1
            request.frame.setBody(leaving)
        default:
            guard let asked = try? request.frame.body(StreamsGroupHeartbeatRequest.self) else { return }
            var leaving = StreamsGroupHeartbeatRequest()
            leaving.groupID = asked.groupID
            leaving.memberID = asked.memberID
            leaving.instanceID = asked.instanceID
            leaving.memberEpoch = -1
            request.frame.setBody(leaving)
        }
    }

    /// Share fetches and acknowledgements: those of a stale member are for the topic that it was assigned.
    func share(_ request: FilteredRequest) -> ViewDecision {
        guard request.frame.isWhole else { return .inspect }
        let view = current(request.record.apiKey)
        let group: String?
        let member: String?
        if request.record.apiKey == .shareFetch {
            guard let asked = try? request.frame.body(ShareFetchRequest.self) else {
                return .close(reason: "unreadable")
            }
            (group, member) = (asked.groupID, asked.memberID)
        } else {
            guard let asked = try? request.frame.body(ShareAcknowledgeRequest.self) else {
                return .close(reason: "unreadable")
            }
            (group, member) = (asked.groupID, asked.memberID)
        }
        guard let group, let member else { return .view(view) }
        let joined = memory.members.withLock { $0.joined(GroupMembers.Key(group: group, member: member)) }
        return .view(self.view(view, group: nil, joined: joined))
    }

    // MARK: Responses

    /// Does what was noted for a response.
    func carryOut(_ note: Note, _ response: FilteredResponse) -> ResponseAction {
        switch note {
        case .join(let group, let joined, let until):
            guard let answer = try? response.frame.body(JoinGroupResponse.self) else {
                return .close(reason: "unreadable")
            }
            guard answer.errorCode == .none else { return .forward }
            has(GroupMembers.Key(group: group, member: answer.memberID), joined: joined, .classic, until: until)
        case .heartbeatJoin(let member, let joined, let until):
            guard let answer = self.answer(response) else { return .close(reason: "unreadable") }
            guard answer.error == .none else { return .forward }
            let name = answer.member.isEmpty ? member.member : answer.member
            has(GroupMembers.Key(group: member.group, member: name), joined: joined, .modern, until: until)
        case .fence(let rule):
            guard let answer = self.answer(response) else { return .close(reason: "unreadable") }
            // The coordinator is elsewhere, or not ready: the client asks again, and is fenced then.
            guard answer.error == .none || answer.error == .unknownMemberID || answer.error == .fencedMemberEpoch
            else { return .forward }
            setFenced(response)
            countFence(rule, current(response.record.apiKey), .fencedMemberEpoch)
        case .staleCommit(let rule):
            commitAnswered(rule, response)
        }
        return .forward
    }

    private func has(
        _ member: GroupMembers.Key, joined: [String: String], _ kind: GroupMembers.Kind, until: NIODeadline
    ) {
        let now = now
        let isNew = memory.members.withLock {
            $0.join(member, key, kind, joined: joined, until: until, now: now)
        }
        // The client's other connections follow the group.
        if isNew, hasWeights { memory.changed() }
    }

    private func answer(_ response: FilteredResponse) -> (error: ErrorCode, member: String)? {
        switch response.record.apiKey {
        case .consumerGroupHeartbeat:
            (try? response.frame.body(ConsumerGroupHeartbeatResponse.self)).map { ($0.errorCode, $0.memberID ?? "") }
        case .shareGroupHeartbeat:
            (try? response.frame.body(ShareGroupHeartbeatResponse.self)).map { ($0.errorCode, $0.memberID ?? "") }
        default:
            (try? response.frame.body(StreamsGroupHeartbeatResponse.self)).map { ($0.errorCode, $0.memberID) }
        }
    }

    private func setFenced(_ response: FilteredResponse) {
        let message = "The topic was switched: the member has to join again."
        switch response.record.apiKey {
        case .consumerGroupHeartbeat:
            var fenced = ConsumerGroupHeartbeatResponse()
            fenced.errorCode = .fencedMemberEpoch
            fenced.errorMessage = message
            response.frame.setBody(fenced)
        case .shareGroupHeartbeat:
            var fenced = ShareGroupHeartbeatResponse()
            fenced.errorCode = .fencedMemberEpoch
            fenced.errorMessage = message
            response.frame.setBody(fenced)
        default:
            var fenced = StreamsGroupHeartbeatResponse()
            fenced.errorCode = .fencedMemberEpoch
            fenced.errorMessage = message
            response.frame.setBody(fenced)
        }
    }

    /// A stale member that learns of a rebalance by its commit would join again with its positions: it is told what its
    /// heartbeat would tell it, so that it gives them up.
    private func commitAnswered(_ rule: Int, _ response: FilteredResponse) {
        guard var answer = try? response.frame.body(OffsetCommitResponse.self) else { return }
        var isChanged = false
        for topic in answer.topics.indices {
            for partition in answer.topics[topic].partitions.indices
            where answer.topics[topic].partitions[partition].errorCode == .rebalanceInProgress {
                answer.topics[topic].partitions[partition].errorCode = .illegalGeneration
                isChanged = true
            }
        }
        guard isChanged else { return }
        response.frame.setBody(answer)
        countFence(rule, current(.offsetCommit), .illegalGeneration)
    }
}
