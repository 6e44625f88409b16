import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Synchronization

/// Classic groups: members that joined before a switch are told so at their next heartbeat, and commit to the topic that
/// they have read until they have joined again.
extension SwitchedConnectionViews {
    func classicGroup(_ request: FilteredRequest) -> ViewDecision {
        guard request.frame.isWhole else { return .inspect }
        do {
            switch request.record.apiKey {
            case .joinGroup: return join(request, try request.frame.body(JoinGroupRequest.self))
            case .syncGroup:
                let asked = try request.frame.body(SyncGroupRequest.self)
                return .view(view(of: GroupMembers.Key(group: asked.groupID, member: asked.memberID)))
            case .heartbeat: return heartbeat(request, try request.frame.body(HeartbeatRequest.self))
            case .leaveGroup: return leave(request, try request.frame.body(LeaveGroupRequest.self))
            case .offsetCommit: return commit(request, try request.frame.body(OffsetCommitRequest.self))
            case .offsetFetch: return offsetFetch(try request.frame.body(OffsetFetchRequest.self))
            default:
                let asked = try request.frame.body(TxnOffsetCommitRequest.self)
                return .view(view(of: GroupMembers.Key(group: asked.groupID, member: asked.memberID)))
            }
        } catch {
            return .close(reason: "unreadable")
        }
    }

    /// The view of a member: as it joined.
    func view(of member: GroupMembers.Key) -> TopicView {
        let base = view(of: member.group)
        let joined = memory.members.withLock { $0.joined(member) }
        return joined.isEmpty ? base : view(base, group: member.group, joined: joined)
    }

    /// Offset commits and descriptions by operators: as new members have it.
    func groupAdministration(_ request: FilteredRequest) -> ViewDecision {
        guard request.frame.isWhole else { return .inspect }
        let group: String?
        if request.record.apiKey == .offsetDelete {
            group = (try? request.frame.body(OffsetDeleteRequest.self))?.groupID
        } else {
            group = (try? request.frame.body(DescribeGroupsRequest.self))?.groups.first
        }
        return .view(group.map { view(of: $0) } ?? current(request.record.apiKey))
    }

    /// What the client's memberships say about its positions in a topic.
    func standing(_ topic: String, in view: TopicView) -> GroupMembers.Standing {
        memory.members.withLock { members in
            members.standing(of: key, topic: topic, now: now) { member, kind in
                (kind == .classic ? self.view(of: member.group) : view).brokerTopic(topic).brokerName
            }
        }
    }

    // MARK: Joining

    private func join(_ request: FilteredRequest, _ asked: JoinGroupRequest) -> ViewDecision {
        let view = view(of: asked.groupID)
        guard asked.protocolType == "consumer" else { return .view(view) }
        let topics = Set(asked.protocols.flatMap { Self.subscribedTopics($0.metadata) })
        let joined = self.joined(topics, in: view)
        let now = now
        let longest = max(asked.sessionTimeoutMs, asked.rebalanceTimeoutMs, 0)
        let until =
            now + .milliseconds(min(Int64(longest), 900_000)) + TimeAmount(memory.limits.memberTimeout)
        if !asked.memberID.isEmpty {
            let member = GroupMembers.Key(group: asked.groupID, member: asked.memberID)
            _ = memory.members.withLock { $0.alive(member, key, until: until) }
        }
        if let answer = conflict(asked, joined) { return .answer(answer) }
        note(.join(group: asked.groupID, joined: joined, until: until), for: request)
        return .view(view)
    }

    /// Where the topics of a subscription lead that have rules with targets.
    func joined(_ topics: some Sequence<String>, in view: TopicView) -> [String: String] {
        var joined: [String: String] = [:]
        for name in topics {
            guard case .led(let rule, let topic, let target) = topic(name, in: view) else { continue }
            uses(rule, view)
            joined[topic] = target
        }
        return joined
    }

    /// Two groups of one client that have chosen different targets: which of them its fetches are for cannot be told.
    private func conflict(_ asked: JoinGroupRequest, _ joined: [String: String]) -> Answer? {
        guard hasWeights, !joined.isEmpty else { return nil }
        let groups = memory.members.withLock { $0.classicGroups(of: key, now: now) }
        for (topic, target) in joined {
            let others = (groups[topic] ?? []).filter { $0 != asked.groupID }
            guard let other = others.first(where: { view(of: $0).brokerTopic(topic).brokerName != target }) else {
                continue
            }
            source.conflicts(group: asked.groupID, with: other, topic: topic, client: key)
            var response = JoinGroupResponse()
            response.errorCode = .inconsistentGroupProtocol
            response.generationID = -1
            response.memberID = asked.memberID
            return Answer(response)
        }
        return nil
    }

    /// The topics of a subscription: its first field at all versions; none if it cannot be read.
    private static func subscribedTopics(_ metadata: ByteBuffer) -> [String] {
        var reader = WireReader(metadata)
        do {
            _ = try reader.readInt16()
            let count = try reader.readArrayCount(compact: false, minimumElementSize: 2)
            var topics: [String] = []
            for _ in 0..<count { topics.append(try reader.readString(compact: false)) }
            return topics
        } catch {
            return []
        }
    }

    // MARK: Staying and leaving

    private func heartbeat(_ request: FilteredRequest, _ asked: HeartbeatRequest) -> ViewDecision {
        let view = view(of: asked.groupID)
        let member = GroupMembers.Key(group: asked.groupID, member: asked.memberID)
        guard let stale = staleTopic(alive(member), in: view) else { return .view(view) }
        countFence(stale.rule, view, .illegalGeneration)
        var response = HeartbeatResponse()
        response.errorCode = .illegalGeneration
        return .answer(Answer(response))
    }

    /// A member shows life.
    ///
    /// - Returns: where its topics led when it joined; empty if it is not known.
    func alive(_ member: GroupMembers.Key) -> [String: String] {
        let until = now + TimeAmount(memory.limits.memberTimeout)
        return memory.members.withLock { $0.alive(member, key, until: until) } ?? [:]
    }

    /// The first topic that a member joined for and that leads elsewhere now, with its rule.
    func staleTopic(_ joined: [String: String], in view: TopicView) -> (rule: Int, target: String)? {
        for (topic, target) in joined where view.brokerTopic(topic).brokerName != target {
            return (view.rule(of: topic) ?? source.rulesByTarget[target]?.first ?? 0, target)
        }
        return nil
    }

    private func leave(_ request: FilteredRequest, _ asked: LeaveGroupRequest) -> ViewDecision {
        var left = asked.members.map(\.memberID)
        if left.isEmpty { left = [asked.memberID] }
        let changes = memory.members.withLock { members in
            left.filter { members.remove(GroupMembers.Key(group: asked.groupID, member: $0)) }.count
        }
        if changes > 0, hasWeights { memory.changed() }
        return .view(view(of: asked.groupID))
    }

    // MARK: Offsets

    private func commit(_ request: FilteredRequest, _ asked: OffsetCommitRequest) -> ViewDecision {
        let base = view(of: asked.groupID)
        guard !asked.memberID.isEmpty else { return .view(base) }
        let member = GroupMembers.Key(group: asked.groupID, member: asked.memberID)
        learn(member, asked, in: base)
        let joined = alive(member)
        if let stale = staleTopic(joined, in: base) {
            note(.staleCommit(rule: stale.rule), for: request)
            return .view(view(base, group: asked.groupID, joined: joined))
        }
        return .view(base)
    }

    /// A member that is not known commits: it joined before it was watched, for the topics that it names.
    private func learn(_ member: GroupMembers.Key, _ asked: OffsetCommitRequest, in view: TopicView) {
        // Whether its group is a classic one, and so what chooses its weighted target, does not show.
        guard !hasWeights, asked.generationIDOrMemberEpoch >= 0 else { return }
        for committed in asked.topics {
            let name: String
            let read: String
            switch topic(committed.name, committed.topicID, in: view) {
            case .other: continue
            case .led(_, let topic, let target), .former(_, let topic, let target): (name, read) = (topic, target)
            }
            let now = now
            let until = now + TimeAmount(memory.limits.memberTimeout)
            memory.members.withLock {
                $0.learn(member, key, .classic, topic: name, target: read, until: until, now: now)
            }
        }
    }

    /// Committed offsets are those of the topic that the member reads; who reads them anew has new positions.
    private func offsetFetch(_ asked: OffsetFetchRequest) -> ViewDecision {
        let groups = asked.groups.map { ($0.groupID, $0.memberID, $0.topics?.map(\.name)) }
        let (group, memberID, topics) = groups.first ?? (asked.groupID, nil, asked.topics?.map(\.name))
        let base = view(of: group)
        let now = now
        let member =
            memberID.flatMap { $0.isEmpty ? nil : GroupMembers.Key(group: group, member: $0) }
            ?? memory.members.withLock { $0.member(of: group, key, now: now) }
        if let member {
            let joined = memory.members.withLock { $0.joined(member) }
            if staleTopic(joined, in: base) != nil { return .view(view(base, group: group, joined: joined)) }
        }
        for name in topics ?? [] {
            guard case .led(_, let topic, let target) = topic(name, in: base) else { continue }
            memory.positions.withLock { $0.settle(key, topic: topic, partition: nil, target: target) }
        }
        return .view(base)
    }
}
