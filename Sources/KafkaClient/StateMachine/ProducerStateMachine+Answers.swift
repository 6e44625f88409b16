import DequeModule
import KafkaMessages
import KafkaWire
import NIOCore

/// What answers to Produce mean for the batches.
extension ProducerStateMachine {
    /// Takes an answer to Produce in.
    mutating func learn(
        _ answer: ProduceResponse, about batches: [Int: UInt64], from key: ServerKey, now: NIODeadline
    ) {
        if answer.throttleTimeMs > 0 {
            servers[key]?.mutedUntil = now + .milliseconds(Int64(answer.throttleTimeMs))
        }
        for endpoint in answer.nodeEndpoints {
            learn(broker: endpoint.nodeID, host: endpoint.host, port: endpoint.port)
        }
        var unanswered = batches
        for topic in answer.responses {
            guard let known = topic.name.isEmpty ? topicsByID[topic.topicID] : topicsByName[topic.name] else {
                continue
            }
            for result in topic.partitionResponses {
                guard topics[known].partitions.indices.contains(Int(result.index)) else { continue }
                let place = topics[known].partitions[Int(result.index)]
                guard let batch = unanswered.removeValue(forKey: place) else { continue }
                learn(result, batch, partition: place, now: now)
            }
        }
        // A broker that leaves a partition out has not said what came of it.
        for (place, batch) in unanswered { retry(batch, partition: place, .unknownServerError, now: now) }
    }

    private mutating func learn(
        _ result: ProduceResponse.PartitionProduceResponse, _ id: UInt64, partition place: Int, now: NIODeadline
    ) {
        let code = result.errorCode
        switch ProduceErrorClass(code) {
        case .delivered: delivered(id, partition: place, baseOffset: result.baseOffset)
        case .duplicate: delivered(id, partition: place, baseOffset: -1)
        case .retry: retry(id, partition: place, code, now: now)
        case .retryElsewhere:
            let isKnown = follow(result.currentLeader, partition: place)
            if !isKnown { metadata.isStale = true }
            retry(id, partition: place, code, now: now, atOnce: isKnown)
        case .sequence where configuration.givesSequences:
            retrySequence(id, partition: place, code, now: now)
        case .sequence, .fatal: refused(id, partition: place, code)
        }
    }

    /// Takes over a newer leader that the answer names (KIP-951); false if it names none of use.
    private mutating func follow(_ leader: ProduceResponse.LeaderIdAndEpoch, partition place: Int) -> Bool {
        guard leader.leaderID >= 0, leader.leaderEpoch > partitions[place].leaderEpoch,
            servers[.broker(leader.leaderID)] != nil
        else { return false }
        partitions[place].leader = leader.leaderID
        partitions[place].leaderEpoch = leader.leaderEpoch
        return true
    }

    /// Takes a batch that is not on its way any more out; nil if it has been reported already.
    private mutating func comeBack(_ id: UInt64, partition place: Int) -> Int? {
        guard let offset = partitions[place].place(of: id), partitions[place].batches[offset].isInFlight else {
            return nil
        }
        partitions[place].batches[offset].isInFlight = false
        partitions[place].inFlight -= 1
        return offset
    }

    mutating func delivered(_ id: UInt64, partition place: Int, baseOffset: Int64) {
        guard let offset = comeBack(id, partition: place) else { return }
        let batch = partitions[place].remove(batch: offset)
        report(batch, of: partitions[place], .delivered(baseOffset: baseOffset))
        settle(partition: place)
    }

    private mutating func refused(_ id: UInt64, partition place: Int, _ code: ErrorCode) {
        guard let offset = comeBack(id, partition: place) else { return }
        let batch = partitions[place].remove(batch: offset)
        giveUp(batch, partition: place, .refused(code))
    }

    /// Keeps a batch for another try; all behind it wait until those that are on their way have come back.
    ///
    /// - Parameters:
    ///   - id: the batch's number.
    ///   - place: its partition.
    ///   - code: the error.
    ///   - now: the time.
    ///   - atOnce: without a pause.
    mutating func retry(
        _ id: UInt64, partition place: Int, _ code: ErrorCode, now: NIODeadline, atOnce: Bool = false
    ) {
        guard let offset = comeBack(id, partition: place) else { return }
        partitions[place].batches[offset].failures += 1
        partitions[place].batches[offset].lastError = code
        let failures = partitions[place].batches[offset].failures
        partitions[place].retryAt = atOnce ? nil : now + backoff.pause(after: failures, &random)
        partitions[place].isSettling = true
        settle(partition: place)
    }

    /// A sequence that the broker does not take. If an earlier batch is unsettled, that is why, and both go again.
    /// Otherwise the broker has lost what it knew, and sequences begin anew (KIP-360).
    private mutating func retrySequence(_ id: UInt64, partition place: Int, _ code: ErrorCode, now: NIODeadline) {
        guard let offset = partitions[place].place(of: id) else { return }
        if offset == 0 || code != .outOfOrderSequenceNumber {
            if !(partitions[place].isSettling && offset > 0) { partitions[place].needsNewEpoch = true }
        }
        retry(id, partition: place, code, now: now)
    }

    /// When all that was on its way has come back, the partition goes on.
    mutating func settle(partition place: Int) {
        if partitions[place].inFlight == 0 { partitions[place].isSettling = false }
    }
}
