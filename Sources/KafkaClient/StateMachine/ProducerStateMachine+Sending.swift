import DequeModule
import KafkaMessages
import KafkaWire
import NIOCore

/// Sending: which batches go to which broker, and when.
extension ProducerStateMachine {
    /// From records of magic 2 on, up to topic IDs.
    private static let produceVersions: ClosedRange<Int16> = 3...13
    /// The first that names topics by their IDs.
    private static let firstWithTopicIDs: Int16 = 13

    /// Sends what is due, and notes when the next thing will be.
    mutating func send(now: NIODeadline) {
        dropEmpty()
        var ready: [Int32: [Int]] = [:]
        var due: Set<Int32> = []
        for step in active.indices {
            let place = active[(firstActive + step) % active.count]
            let partition = partitions[place]
            if let oldest = partition.batches.first { wake(at: oldest.isInFlight ? .distantFuture : oldest.deadline) }
            guard partition.leader >= 0 else { continue }
            guard let next = partition.nextToSend(now: now, maxInFlight: configuration.maxInFlightPerPartition)
            else {
                if let retryAt = partition.retryAt, retryAt > now { wake(at: retryAt) }
                continue
            }
            ready[partition.leader, default: []].append(place)
            let dueAt = whenDue(partition, next)
            if dueAt <= now { due.insert(partition.leader) } else { wake(at: dueAt) }
        }
        if !active.isEmpty { firstActive = (firstActive + 1) % active.count }
        for leader in due.sorted() { send(ready[leader] ?? [], to: leader, now: now) }
        // The last epoch may have been used up meanwhile.
        askForIdentity(now: now)
    }

    /// When a batch may go without waiting for more records.
    private func whenDue(_ partition: PartitionQueue, _ place: Int) -> NIODeadline {
        let batch = partition.batches[place]
        let isFull = batch.isSealed || place < partition.batches.count - 1 || batch.size >= configuration.maxBatchBytes
        return isFull || drainDeadline != nil ? .uptimeNanoseconds(0) : batch.openedAt + configuration.linger
    }

    private mutating func dropEmpty() {
        active.removeAll { place in
            guard partitions[place].batches.isEmpty else { return false }
            partitions[place].isActive = false
            return true
        }
    }

    /// Sends to a broker what is there for it, due or not, as long as it takes more.
    private mutating func send(_ places: [Int], to leader: Int32, now: NIODeadline) {
        let key = ServerKey.broker(leader)
        if servers[key] == nil {
            metadata.isStale = true
            if !metadata.isAsked { wake(at: max(metadata.retryAt ?? now, now + .milliseconds(1))) }
        }
        guard let (connection, versions) = connection(to: key, now: now) else { return }
        if let mutedUntil = servers[key]?.mutedUntil, mutedUntil > now {
            wake(at: mutedUntil)
            return
        }
        guard let newest = versions.highest(.produce, of: Self.produceVersions) else {
            for place in places { failWaitingBatches(partition: place, .unsupportedVersion) }
            return
        }
        var left = places
        while !left.isEmpty, (servers[key]?.produceInFlight ?? .max) < configuration.maxInFlight {
            // IDs are all or nothing in a request: if one of its topics has none, names are used.
            let hasIDs = left.allSatisfy { topics[partitions[$0].topic].id != .zero }
            let version = hasIDs ? newest : min(newest, Self.firstWithTopicIDs - 1)
            guard fill(&left, version: version, key, connection, now: now) else { return }
        }
    }

    /// Sends one request with a batch of each partition, as many as it may hold.
    private mutating func fill(
        _ places: inout [Int], version: Int16, _ key: ServerKey, _ connection: ConnectionID, now: NIODeadline
    ) -> Bool {
        var request = ProduceRequest()
        request.acks = configuration.acks.rawValue
        request.timeoutMs = Int32(clamping: configuration.requestTimeout.nanoseconds / 1_000_000)
        var sent: [Int: UInt64] = [:]
        var topicPlaces: [Int: Int] = [:]
        var size = 0
        var left: [Int] = []
        for place in places {
            guard size < configuration.maxRequestBytes else {
                left.append(place)
                continue
            }
            guard let (id, records) = takeBatch(partition: place, now: now) else { continue }
            if size > 0, size + records.readableBytes > configuration.maxRequestBytes {
                putBack(id, partition: place)
                left.append(place)
                continue
            }
            size += records.readableBytes
            sent[place] = id
            var data = ProduceRequest.PartitionProduceData()
            data.index = partitions[place].index
            data.records = records
            let topic = partitions[place].topic
            if let known = topicPlaces[topic] {
                request.topicData[known].partitionData.append(data)
            } else {
                topicPlaces[topic] = request.topicData.count
                var topicData = ProduceRequest.TopicProduceData()
                if version >= Self.firstWithTopicIDs {
                    topicData.topicID = topics[topic].id
                } else {
                    topicData.name = topics[topic].name
                }
                topicData.partitionData = [data]
                request.topicData.append(topicData)
            }
            // What is behind the first batch goes in a further request.
            if partitions[place].nextToSend(now: now, maxInFlight: configuration.maxInFlightPerPartition) != nil {
                left.append(place)
            }
        }
        places = left
        guard !sent.isEmpty else { return false }
        ask(.produce(request), version: version, about: .produce(sent), at: key, connection, now: now)
        return true
    }

    /// The next batch of a partition, ready for the wire and noted as on its way.
    private mutating func takeBatch(partition place: Int, now: NIODeadline) -> (UInt64, ByteBuffer)? {
        guard let next = partitions[place].nextToSend(now: now, maxInFlight: configuration.maxInFlightPerPartition),
            let identity = identity(forPartition: place)
        else { return nil }
        // Only a second batch that has waited long enough, or is full, follows the first at once.
        if partitions[place].inFlight > 0, whenDue(partitions[place], next) > now { return nil }
        do {
            partitions[place].usualSize = partitions[place].batches[next].size
            try partitions[place].batches[next].seal(
                configuration.compression, level: configuration.compressionLevel, contexts)
        } catch {
            let batch = partitions[place].remove(batch: next)
            giveUp(batch, partition: place, .compression)
            return nil
        }
        if identity != .none, partitions[place].batches[next].sequence == nil {
            partitions[place].batches[next].sequence = partitions[place].nextSequence
            partitions[place].nextSequence = ProducerSequence.after(
                partitions[place].nextSequence, count: partitions[place].batches[next].count)
        }
        if partitions[place].batches[next].failures > 0 { retries += 1 }
        partitions[place].batches[next].storeHeader(configuration.compression, identity)
        partitions[place].batches[next].isInFlight = true
        partitions[place].inFlight += 1
        let batch = partitions[place].batches[next]
        return (batch.id, batch.bytes)
    }

    private mutating func putBack(_ id: UInt64, partition place: Int) {
        guard let offset = partitions[place].place(of: id) else { return }
        partitions[place].batches[offset].isInFlight = false
        partitions[place].inFlight -= 1
    }

    private mutating func failWaitingBatches(partition place: Int, _ failure: ProducerFailure) {
        while partitions[place].inFlight < partitions[place].batches.count,
            let last = partitions[place].batches.popLast()
        {
            report(last, of: partitions[place], .failed(failure))
        }
    }
}
