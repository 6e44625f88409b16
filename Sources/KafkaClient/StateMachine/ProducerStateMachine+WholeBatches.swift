import DequeModule
import NIOCore

/// Batches that other producers have made: taking them in, and giving up those whose topic is not known.
extension ProducerStateMachine {
    /// Takes a batch in.
    mutating func append(_ staged: StagedBatch) {
        bufferedRecords += staged.count
        guard !isDrained else { return fail(staged, .shutDown) }
        guard staged.isIntact else { return fail(staged, .corruptBatch) }
        put(staged)
    }

    private mutating func put(_ staged: StagedBatch) {
        let topic = Int(staged.topic)
        let places = topics[topic].partitions
        guard !places.isEmpty else {
            waitingTopics.insert(topic)
            topics[topic].waitingBatches.append(staged)
            return
        }
        let place = places[Int(UInt32(bitPattern: staged.partition)) % places.count]
        lastBatch += 1
        partitions[place].batches.append(
            ProducerBatch(id: lastBatch, staged, deadline: staged.stagedAt + configuration.deliveryTimeout))
        activate(partition: place)
    }

    /// Gives the batches that waited for their topic to its partitions.
    mutating func releaseBatches(topic: Int) {
        while let staged = topics[topic].waitingBatches.popFirst() { put(staged) }
    }

    /// Fails what has waited for too long.
    mutating func expireWaitingBatches(topic: Int, now: NIODeadline) {
        while let staged = topics[topic].waitingBatches.first {
            let (deadline, failure) = end(ofWaitingSince: staged.stagedAt, topic: topic)
            guard deadline <= now else { return wake(at: deadline) }
            topics[topic].waitingBatches.removeFirst()
            fail(staged, failure)
        }
    }

    /// Fails the batches that wait for a topic.
    mutating func failWaitingBatches(topic: Int, _ failure: ProducerFailure) {
        while let staged = topics[topic].waitingBatches.popFirst() { fail(staged, failure) }
    }

    private mutating func fail(_ staged: StagedBatch, _ failure: ProducerFailure) {
        report(
            topic: Int(staged.topic), partition: -1, records: staged.count, bytes: staged.cost, .failed(failure),
            tag: staged.tag, since: staged.stagedAt)
    }
}
