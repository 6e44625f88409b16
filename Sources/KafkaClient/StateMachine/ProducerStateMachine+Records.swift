import DequeModule
import KafkaWire
import NIOCore

/// Records: taking them in, and giving them up.
extension ProducerStateMachine {
    /// Takes records in.
    mutating func append(_ staged: StagedRecords) {
        bufferedRecords += staged.count
        var staged = staged
        staged.bytes.readWithUnsafeReadableBytes { memory in
            var offset = 0
            while offset + StagedRecord.headSize <= memory.count, let base = memory.baseAddress {
                // Safety: the head is within the memory, and the body is as long as the stage wrote it.
                let record = StagedRecord(loadedFrom: base + offset)
                let end = offset + record.cost
                guard end <= memory.count else { break }
                append(
                    record, whole: UnsafeRawBufferPointer(rebasing: memory[offset..<end]), stagedAt: staged.stagedAt)
                offset = end
            }
            return offset
        }
    }

    private mutating func append(
        _ record: StagedRecord, whole: UnsafeRawBufferPointer, stagedAt: NIODeadline
    ) {
        let topic = Int(record.topic)
        if isDrained {
            report(
                topic: topic, partition: record.partition, records: 1, bytes: record.cost, .failed(.shutDown))
            return
        }
        guard !topics[topic].partitions.isEmpty else {
            hold(whole, topic: topic, stagedAt: stagedAt)
            return
        }
        let body = UnsafeRawBufferPointer(rebasing: whole.dropFirst(StagedRecord.headSize))
        guard let place = choosePartition(record, body, topic: topic) else {
            report(
                topic: topic, partition: record.partition, records: 1, bytes: record.cost,
                .failed(.unknownPartition))
            return
        }
        put(record, body, partition: place, stagedAt: stagedAt)
    }

    /// Keeps a record of a topic that is not known yet, beside those that came with it.
    private mutating func hold(_ whole: UnsafeRawBufferPointer, topic: Int, stagedAt: NIODeadline) {
        waitingTopics.insert(topic)
        if topics[topic].waiting.last?.stagedAt != stagedAt {
            topics[topic].waiting.append(TopicState.Run(bytes: ByteBuffer(), count: 0, stagedAt: stagedAt))
        }
        let last = topics[topic].waiting.count - 1
        topics[topic].waiting[offset: last].bytes.writeBytes(whole)
        topics[topic].waiting[offset: last].count += 1
    }

    /// Gives the records that waited for their topic to its partitions.
    mutating func release(topic: Int) {
        while let run = topics[topic].waiting.popFirst() {
            bufferedRecords -= run.count
            append(StagedRecords(bytes: run.bytes, count: run.count, stagedAt: run.stagedAt))
        }
        releaseBatches(topic: topic)
    }

    private mutating func put(
        _ record: StagedRecord, _ body: UnsafeRawBufferPointer, partition place: Int, stagedAt: NIODeadline
    ) {
        let needsNew =
            partitions[place].batches.last.map {
                $0.isSealed || $0.size + record.cost > configuration.maxBatchBytes
            } ?? true
        if needsNew {
            lastBatch += 1
            partitions[place].batches.append(
                ProducerBatch(
                    id: lastBatch, openedAt: stagedAt, deadline: stagedAt + configuration.deliveryTimeout,
                    capacity: min(partitions[place].usualSize + record.cost, configuration.maxBatchBytes)))
        }
        let last = partitions[place].batches.count - 1
        partitions[place].batches[last].append(record, body)
        activate(partition: place)
    }

    /// Counts a partition among those with batches.
    mutating func activate(partition place: Int) {
        guard !partitions[place].isActive else { return }
        partitions[place].isActive = true
        active.append(place)
    }

    /// The place of the record's partition; nil if the topic does not have the one that was asked for.
    private mutating func choosePartition(
        _ record: StagedRecord, _ body: UnsafeRawBufferPointer, topic: Int
    ) -> Int? {
        let places = topics[topic].partitions
        if record.partition >= 0 {
            return Int(record.partition) < places.count ? places[Int(record.partition)] : nil
        }
        if record.keyLength >= 0 {
            let key = UnsafeRawBufferPointer(rebasing: body.prefix(Int(record.keyLength)))
            return places[Partitioner.partition(ofKey: key, count: places.count)]
        }
        if let sticky = topics[topic].sticky, sticky.bytesLeft > 0, sticky.partition < places.count {
            topics[topic].sticky = (sticky.partition, sticky.bytesLeft - record.cost)
            return places[sticky.partition]
        }
        let available = places.indices.filter { partitions[places[$0]].leader >= 0 }
        let partition =
            available.randomElement(using: &random) ?? Int.random(in: 0..<places.count, using: &random)
        topics[topic].sticky = (partition, configuration.maxBatchBytes - record.cost)
        return places[partition]
    }

    /// Fails what is too old.
    mutating func expireRecords(now: NIODeadline) {
        for place in active {
            while let (batch, offset) = firstOverdue(in: partitions[place], now: now) {
                _ = partitions[place].remove(batch: offset)
                giveUp(batch, partition: place, .deliveryTimeout(last: batch.lastError))
            }
        }
        for topic in waitingTopics.sorted() {
            expireWaiting(topic: topic, now: now)
            expireWaitingBatches(topic: topic, now: now)
            if !topics[topic].isAwaited { waitingTopics.remove(topic) }
        }
    }

    /// Batches are in the order of their age, but for those on their way.
    private func firstOverdue(in partition: PartitionQueue, now: NIODeadline) -> (ProducerBatch, Int)? {
        for (offset, batch) in partition.batches.enumerated() where !batch.isInFlight {
            return batch.deadline <= now ? (batch, offset) : nil
        }
        return nil
    }

    private mutating func expireWaiting(topic: Int, now: NIODeadline) {
        while let run = topics[topic].waiting.first {
            let (deadline, failure) = end(ofWaitingSince: run.stagedAt, topic: topic)
            guard deadline <= now else {
                wake(at: deadline)
                return
            }
            topics[topic].waiting.removeFirst()
            report(topic: topic, partition: -1, records: run.count, bytes: run.cost, .failed(failure))
        }
    }

    /// How long something waits for a topic, and why it fails then.
    func end(ofWaitingSince stagedAt: NIODeadline, topic: Int) -> (NIODeadline, ProducerFailure) {
        let deadline = stagedAt + configuration.deliveryTimeout
        guard case .unavailable(let code) = topics[topic].existence else {
            return (deadline, .deliveryTimeout(last: nil))
        }
        return (min(deadline, stagedAt + configuration.unknownTopicTimeout), .topicUnavailable(code))
    }

    /// Fails the records that wait for a topic.
    mutating func failWaiting(topic: Int, _ failure: ProducerFailure) {
        while let run = topics[topic].waiting.popFirst() {
            report(topic: topic, partition: -1, records: run.count, bytes: run.cost, .failed(failure))
        }
        failWaitingBatches(topic: topic, failure)
    }

    /// Reports a batch that was taken out of its queue as failed.
    ///
    /// If it had a sequence the next ones do not follow on what is in the log, so that they begin anew.
    mutating func giveUp(_ batch: ProducerBatch, partition place: Int, _ failure: ProducerFailure) {
        if batch.sequence != nil {
            partitions[place].needsNewEpoch = true
            partitions[place].isSettling = true
        }
        report(batch, of: partitions[place], .failed(failure))
        settle(partition: place)
    }

    /// Fails all that is left, on its way or not.
    mutating func failEverything(_ failure: ProducerFailure) {
        for place in active {
            while let batch = partitions[place].batches.popFirst() {
                report(batch, of: partitions[place], .failed(failure))
            }
            partitions[place].inFlight = 0
            partitions[place].isActive = false
        }
        active = []
        for topic in waitingTopics.sorted() { failWaiting(topic: topic, failure) }
        waitingTopics = []
    }
}
