import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Synchronization

/// Fetches: positions in the former topic are never read from the new one.
extension SwitchedConnectionViews {
    func fetch(_ request: FilteredRequest) -> ViewDecision {
        guard request.frame.isWhole else { return .inspect }
        guard let asked = try? request.frame.body(FetchRequest.self) else { return .close(reason: "unreadable") }
        let view = current(.fetch)
        // A session goes on: what it does not name is fetched as before, so that it must know the targets of this moment.
        let isIncremental = asked.sessionID != 0 && asked.sessionEpoch > 0
        if isIncremental, fetches.hasOutdatedSession({ view.brokerTopic($0).brokerName }) {
            return .answer(Self.newSession)
        }
        if !isIncremental { fetches.fullFetch { view.brokerTopic($0).brokerName } }
        forget(asked.forgottenTopicsData, in: view)
        var refused = FetchResponse()
        var rest: [FetchRequest.FetchTopic] = []
        for (index, topic) in asked.topics.enumerated() {
            let errors = self.errors(of: topic, in: view, isIncremental: isIncremental)
            guard errors.contains(where: { $0 != nil }) else {
                if !refused.responses.isEmpty { rest.append(topic) }
                continue
            }
            // A session cannot lack some of what the client thinks is in it.
            if isIncremental { return .answer(Self.newSession) }
            if refused.responses.isEmpty { rest.append(contentsOf: asked.topics[..<index]) }
            split(topic, errors, refused: &refused, rest: &rest)
        }
        guard !refused.responses.isEmpty else { return .view(view) }
        if rest.isEmpty { return answer(refused, asked) }
        request.answerPart(refused, asked: asked)
        request.frame.setBody(withoutSession(asked, rest, isUrgent: Self.hasErrors(refused)))
        return .view(view)
    }

    /// Says that the session is unknown: the client begins another with a full fetch.
    private static var newSession: Answer {
        var response = FetchResponse()
        response.errorCode = .fetchSessionIDNotFound
        return Answer(response)
    }

    /// The rest of a fetch, without a session: the broker's would lack what was taken out.
    private func withoutSession(
        _ asked: FetchRequest, _ topics: [FetchRequest.FetchTopic], isUrgent: Bool
    ) -> FetchRequest {
        var rest = asked
        rest.topics = topics
        rest.sessionID = 0
        rest.sessionEpoch = -1
        if isUrgent { rest.maxWaitMs = 0 }
        return rest
    }

    private static func hasErrors(_ response: FetchResponse) -> Bool {
        response.responses.contains { $0.partitions.contains { $0.errorCode != .none } }
    }

    /// Answers a fetch of which nothing goes on: errors at once, emptiness as late as a broker would.
    private func answer(_ refused: FetchResponse, _ asked: FetchRequest) -> ViewDecision {
        guard !Self.hasErrors(refused) else { return .answer(Answer(refused)) }
        let time = TimeAmount.milliseconds(Int64(min(max(asked.maxWaitMs, 10), 500)))
        let wait = connection.eventLoop.scheduleTask(in: time) { ViewDecision.answer(Answer(refused)) }
        self.wait = wait
        return .hold(wait.futureResult)
    }

    private func forget(_ topics: [FetchRequest.ForgottenTopic], in view: TopicView) {
        for forgotten in topics {
            let name: String
            switch topic(forgotten.topic, forgotten.topicID, in: view) {
            case .other: continue
            case .led(_, let topic, _), .former(_, let topic, _): name = topic
            }
            for partition in forgotten.partitions {
                fetches.forget(name, partition)
                memory.positions.withLock { $0.forget(key, topic: name, partition: partition) }
            }
        }
    }

    /// What becomes of each partition: nil for those that go on, ``ErrorCode/none`` for an empty answer.
    private func errors(of fetched: FetchRequest.FetchTopic, in view: TopicView, isIncremental: Bool) -> [ErrorCode?] {
        switch topic(fetched.topic, fetched.topicID, in: view) {
        case .other: return []
        case .former(let rule, _, _):
            uses(rule, view)
            if !isIncremental { countFence(rule, view, .unknownTopicID) }
            return fetched.partitions.map { _ in .unknownTopicID }
        case .led(let rule, let topic, let target):
            uses(rule, view)
            beginFetching()
            var verdict: ErrorCode??
            return fetched.partitions.map { partition in
                guard isStale(topic, partition.partition, target) else { return nil }
                // In an incremental fetch nothing is decided: it is asked again in full.
                if isIncremental { return ErrorCode.none }
                let error = verdict ?? staleness(topic, rule, view)
                verdict = .some(error)
                if error != ErrorCode.none { settle(topic, partition.partition, target) }
                return error
            }
        }
    }

    /// True if the client's position in the partition is one of another topic than the target.
    private func isStale(_ topic: String, _ partition: Int32, _ target: String) -> Bool {
        if let position = fetches.position(topic, partition) { return position != target }
        let isStale = memory.positions.withLock {
            $0.isStale(key, topic: topic, partition: partition, target: target)
        }
        if !isStale {
            fetches.settle(topic, partition, target: target, most: memory.limits.partitionsPerClient)
        }
        return isStale
    }

    private func settle(_ topic: String, _ partition: Int32, _ target: String) {
        fetches.settle(topic, partition, target: target, most: memory.limits.partitionsPerClient)
        memory.positions.withLock { $0.settle(key, topic: topic, partition: partition, target: target) }
    }

    /// What a client whose positions are stale is told: nothing if it knows better ones by now, emptiness while it has to
    /// join its group again, and else that it is to look for new ones.
    private func staleness(_ topic: String, _ rule: Int, _ view: TopicView) -> ErrorCode? {
        switch standing(topic, in: view) {
        case .settled:
            fetches.endWait(topic)
            return nil
        case .stale where now < fetches.wait(topic, now) + TimeAmount(memory.limits.rejoinTimeout):
            return ErrorCode.none
        case .stale, .none:
            fetches.endWait(topic)
            countFence(rule, view, .offsetOutOfRange)
            return .offsetOutOfRange
        }
    }

    private func split(
        _ topic: FetchRequest.FetchTopic, _ errors: [ErrorCode?], refused: inout FetchResponse,
        rest: inout [FetchRequest.FetchTopic]
    ) {
        var response = FetchResponse.FetchableTopicResponse()
        response.topic = topic.topic
        response.topicID = topic.topicID
        var kept = topic
        kept.partitions = []
        for (partition, error) in zip(topic.partitions, errors) {
            guard let error else {
                kept.partitions.append(partition)
                continue
            }
            var data = FetchResponse.PartitionData()
            data.partitionIndex = partition.partition
            data.errorCode = error
            data.highWatermark = -1
            data.records = ByteBuffer()
            response.partitions.append(data)
        }
        refused.responses.append(response)
        if !kept.partitions.isEmpty { rest.append(kept) }
    }

    // MARK: Offsets

    /// ListOffsets and OffsetForLeaderEpoch: while the client has to join its group again, they are asked of the topic that
    /// it has read, so that it neither finds its positions wrong nor commits others.
    func offsets(_ request: FilteredRequest) -> ViewDecision {
        guard request.frame.isWhole else { return .inspect }
        let api = request.record.apiKey
        let view = current(api)
        var joined: [String: String] = [:]
        var settled: [(topic: String, partition: Int32, target: String)] = []
        for (name, partitions) in askedOffsets(request) {
            guard case .led(let rule, let topic, let target) = topic(name, in: view) else { continue }
            uses(rule, view)
            if case .stale(let former) = standing(topic, in: view) {
                joined[topic] = former
            } else if api == .listOffsets {
                settled += partitions.map { (topic, $0, target) }
            }
        }
        if !settled.isEmpty {
            memory.positions.withLock { positions in
                for (topic, partition, target) in settled {
                    positions.settle(key, topic: topic, partition: partition, target: target)
                }
            }
        }
        return .view(joined.isEmpty ? view : self.view(view, group: nil, joined: joined))
    }

    private func askedOffsets(_ request: FilteredRequest) -> [(String, [Int32])] {
        if request.record.apiKey == .listOffsets {
            guard let asked = try? request.frame.body(ListOffsetsRequest.self), asked.replicaID < 0 else { return [] }
            return asked.topics.map { ($0.name, $0.partitions.map(\.partitionIndex)) }
        }
        guard let asked = try? request.frame.body(OffsetForLeaderEpochRequest.self) else { return [] }
        return asked.topics.map { ($0.topic, []) }
    }
}
