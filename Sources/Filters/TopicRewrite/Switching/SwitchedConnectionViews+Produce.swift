import FilterAPI
import KafkaMessages
import KafkaWire
import Synchronization

/// Produce requests: by an outdated ID they are refused, and idempotent producers are told to begin anew.
extension SwitchedConnectionViews {
    func produce(_ request: FilteredRequest) -> ViewDecision {
        guard request.frame.isWhole else { return .inspect }
        guard let asked = try? request.frame.body(ProduceRequest.self) else { return .close(reason: "unreadable") }
        var errors = asked.topicData.map { self.errors(of: $0, in: current(.produce)) }
        // Another connection has heard of a switch that this one has not: once more, with the targets of this moment.
        while errors.contains(where: { $0 == nil }) {
            update()
            errors = asked.topicData.map { self.errors(of: $0, in: current(.produce)) }
        }
        let view = current(.produce)
        guard errors.contains(where: { $0?.contains { $0 != .none } ?? false }) else { return .view(view) }
        // Without an answer a broker closes the connection to say that something went wrong.
        guard asked.acks != 0 else { return .close(reason: "switched") }
        var refused = ProduceResponse()
        var rest = asked
        rest.topicData = []
        for (data, errors) in zip(asked.topicData, errors) {
            split(data, errors ?? [], refused: &refused.responses, rest: &rest.topicData)
        }
        guard !rest.topicData.isEmpty else { return .answer(Answer(refused)) }
        request.answerPart(refused, asked: asked)
        request.frame.setBody(rest)
        return .view(view)
    }

    /// What becomes of each partition: ``ErrorCode/none`` for those that go on; empty if all do. Nil if there was a switch
    /// since the view was made.
    private func errors(of data: ProduceRequest.TopicProduceData, in view: TopicView) -> [ErrorCode]? {
        switch topic(data.name, data.topicID, in: view) {
        case .other: return []
        case .former(let rule, _, _):
            uses(rule, view)
            countFence(rule, view, .unknownTopicID)
            return data.partitionData.map { _ in .unknownTopicID }
        case .led(let rule, let topic, let target):
            uses(rule, view)
            var errors: [ErrorCode] = []
            for (index, partition) in data.partitionData.enumerated() {
                guard let batch = FirstBatch(partition.records) else { continue }
                switch verdict(batch, topic, target) {
                case .pass: continue
                case .outdated: return nil
                case .fence:
                    if errors.isEmpty { errors = data.partitionData.map { _ in .none } }
                    errors[index] = .unknownProducerID
                    countFence(rule, view, .unknownProducerID)
                }
            }
            return errors
        }
    }

    private func verdict(_ batch: FirstBatch, _ topic: String, _ target: String) -> ProducerFences.Verdict {
        if producers.passes(topic, batch, generation) { return .pass }
        let producer = ProducerFences.Producer(topic: topic, id: batch.producerID)
        let verdict = memory.producers.withLock {
            $0.verdict(
                producer, epoch: batch.epoch, target: target, generation: generation,
                memory: producers.memory(producer), now: now)
        }
        if verdict == .pass {
            producers.passed(producer, ProducerFences.Memory(target: target, epoch: batch.epoch), generation)
        }
        return verdict
    }

    private func split(
        _ data: ProduceRequest.TopicProduceData, _ errors: [ErrorCode],
        refused: inout [ProduceResponse.TopicProduceResponse], rest: inout [ProduceRequest.TopicProduceData]
    ) {
        guard errors.contains(where: { $0 != .none }) else { return rest.append(data) }
        var response = ProduceResponse.TopicProduceResponse()
        response.name = data.name
        response.topicID = data.topicID
        var kept = data
        kept.partitionData = []
        for (partition, error) in zip(data.partitionData, errors) {
            if error == .none {
                kept.partitionData.append(partition)
            } else {
                let isTransactional = FirstBatch(partition.records)?.isTransactional ?? false
                response.partitionResponses.append(Self.refusal(partition.index, error, isTransactional))
            }
        }
        refused.append(response)
        if !kept.partitionData.isEmpty { rest.append(kept) }
    }

    /// The answer to a partition that is not written.
    private static func refusal(
        _ index: Int32, _ error: ErrorCode, _ isTransactional: Bool
    ) -> ProduceResponse.PartitionProduceResponse {
        var response = ProduceResponse.PartitionProduceResponse()
        response.index = index
        response.errorCode = error
        response.baseOffset = -1
        response.logAppendTimeMs = -1
        // Java asks again and again with the same epoch where the start of the log is −1, and, in a transaction, where it
        // is beyond what the producer has written: the transaction would not be aborted. It gives itself a new epoch at 0
        // without a transaction, and aborts at any other number below 0 with one.
        response.logStartOffset = error == .unknownProducerID ? (isTransactional ? -2 : 0) : -1
        response.errorMessage =
            error == .unknownProducerID
            ? "The topic was switched: a new producer epoch is needed." : "The topic was switched."
        return response
    }
}
