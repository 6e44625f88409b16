import DequeModule
import KafkaMessages
import KafkaWire
import NIOCore

/// The producer's ID and epoch, and the sequences of partitions under them.
extension ProducerStateMachine {
    private static let versions: ClosedRange<Int16> = 0...4

    /// Under which a partition's next batch is sent; nil if there is no ID yet.
    ///
    /// A partition takes a new identity over as soon as nothing that may be in the log under the old one is left to be
    /// sent again.
    mutating func identity(forPartition place: Int) -> ProducerIdentity? {
        guard configuration.givesSequences else { return ProducerIdentity.none }
        if partitions[place].needsNewEpoch, partitions[place].inFlight == 0 { renewSequences(partition: place) }
        guard let current = identity.current else { return partitions[place].identity }
        if partitions[place].identity != current, partitions[place].inFlight == 0,
            !partitions[place].hasUnsettledSequence
        {
            partitions[place].identity = current
            partitions[place].nextSequence = 0
        }
        return partitions[place].identity
    }

    /// Lets a partition's sequences begin anew at 0 in a higher epoch. Nothing of it is on its way.
    mutating func renewSequences(partition place: Int) {
        partitions[place].needsNewEpoch = false
        for offset in 0..<partitions[place].batches.count { partitions[place].batches[offset].sequence = nil }
        guard let current = identity.current, partitions[place].identity == current else {
            // Another partition has raised the epoch already; without an ID there is nothing to raise.
            partitions[place].identity = nil
            return
        }
        // After the last epoch another ID is asked for.
        identity.current = current.next
        partitions[place].identity = nil
    }

    /// Asks for an ID, if there is none and records wait for one.
    mutating func askForIdentity(now: NIODeadline) {
        guard configuration.givesSequences, identity.current == nil, !identity.isAsked, bufferedRecords > 0 else {
            return
        }
        if let retryAt = identity.retryAt, retryAt > now {
            wake(at: retryAt)
            return
        }
        guard let (key, connection, versions) = anyServer(now: now) else { return }
        guard let version = versions.highest(.initProducerID, of: Self.versions) else {
            identityFailed(now: now)
            return
        }
        var request = InitProducerIdRequest()
        request.transactionalID = nil
        request.transactionTimeoutMs = .max
        identity.isAsked = true
        ask(.initProducerID(request), version: version, about: .initProducerID, at: key, connection, now: now)
    }

    mutating func learn(_ answer: InitProducerIdResponse, now: NIODeadline) {
        guard answer.errorCode == .none, answer.producerID >= 0 else {
            identityFailed(now: now)
            return
        }
        identity = IdentityState(current: ProducerIdentity(id: answer.producerID, epoch: max(answer.producerEpoch, 0)))
    }

    mutating func identityFailed(now: NIODeadline) {
        identity.isAsked = false
        identity.failures += 1
        let pause = backoff.pause(after: identity.failures, &random)
        identity.retryAt = now + pause
        wake(at: now + pause)
    }
}
