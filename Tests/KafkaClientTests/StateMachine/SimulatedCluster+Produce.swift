import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore

@testable import KafkaClient

/// Answers to Produce, as a broker gives them, and as a test wants them.
extension SimulatedCluster {
    /// Answers the oldest Produce of all, or of one connection, as a broker would.
    ///
    /// - Parameters:
    ///   - index: which of those that wait.
    ///   - isLost: it is written, and the connection breaks before the answer.
    mutating func serve(_ index: Int = 0, isLost: Bool = false) {
        guard asked.indices.contains(index) else { return }
        let one = asked[index]
        guard case .produce(let request) = one.request else { return }
        let response = respond(request, at: connections[one.connection] ?? 0, version: one.version) {
            cluster, name, part in
            cluster.write(part, to: name, at: cluster.connections[one.connection] ?? 0)
        }
        if isLost {
            lose(one.connection)
        } else {
            asked.remove(at: index)
            answer(one, .produce(response))
            run()
        }
    }

    /// Answers all that is asked, and all that comes of it, as a broker would.
    mutating func serveAll() {
        while !asked.isEmpty { serve() }
    }

    /// Answers the oldest Produce with an error for all of its partitions; nothing is written.
    mutating func refuse(
        _ code: ErrorCode, at index: Int = 0, leader: (id: Int32, epoch: Int32)? = nil, throttle: Int32 = 0
    ) {
        guard asked.indices.contains(index) else { return }
        let one = asked.remove(at: index)
        guard case .produce(let request) = one.request else { return }
        var response = respond(request, at: 0, version: one.version) { _, _, part in
            var result = ProduceResponse.PartitionProduceResponse()
            result.index = part.index
            result.errorCode = code
            if let leader {
                result.currentLeader.leaderID = leader.id
                result.currentLeader.leaderEpoch = leader.epoch
            }
            return result
        }
        response.throttleTimeMs = throttle
        if let leader {
            var endpoint = ProduceResponse.NodeEndpoint()
            endpoint.nodeID = leader.id
            endpoint.host = "broker"
            endpoint.port = leader.id
            response.nodeEndpoints = [endpoint]
        }
        answer(one, .produce(response))
        run()
    }

    /// The connection breaks.
    mutating func lose(_ connection: ConnectionID) {
        asked.removeAll { $0.connection == connection }
        connections[connection] = nil
        machine.closed(connection, now: now)
        run()
    }

    private mutating func respond(
        _ request: ProduceRequest, at broker: Int32, version: Int16,
        _ body: (inout SimulatedCluster, String, ProduceRequest.PartitionProduceData) ->
            ProduceResponse.PartitionProduceResponse
    ) -> ProduceResponse {
        var response = ProduceResponse()
        for topic in request.topicData {
            let name =
                version >= 13 ? topics.keys.first { Self.topicID($0) == topic.topicID } ?? "" : topic.name
            var results = ProduceResponse.TopicProduceResponse()
            if version >= 13 { results.topicID = topic.topicID } else { results.name = name }
            for part in topic.partitionData { results.partitionResponses.append(body(&self, name, part)) }
            response.responses.append(results)
        }
        return response
    }

    /// Writes a batch, with the checks of a broker on leader and sequence.
    mutating func write(
        _ data: ProduceRequest.PartitionProduceData, to name: String, at broker: Int32
    ) -> ProduceResponse.PartitionProduceResponse {
        var result = ProduceResponse.PartitionProduceResponse()
        result.index = data.index
        guard var partition = topics[name]?[Int(data.index)], let records = data.records else {
            result.errorCode = .unknownTopicOrPartition
            return result
        }
        guard partition.leader == broker else {
            result.errorCode = .notLeaderOrFollower
            return result
        }
        let batch = Self.read(records)
        result.errorCode = Self.append(batch, to: &partition, &result.baseOffset)
        topics[name]?[Int(data.index)] = partition
        return result
    }

    /// What Kafka's brokers do with sequences: the next in the same epoch, 0 in a higher one, or one of the last five
    /// batches again.
    private static func append(_ batch: Written, to partition: inout Partition, _ offset: inout Int64) -> ErrorCode {
        let id = batch.identity.id
        if id >= 0 {
            if var known = partition.known[id], known.epoch >= batch.identity.epoch {
                guard known.epoch == batch.identity.epoch else { return .invalidProducerEpoch }
                if let same = known.batches.first(where: {
                    $0.sequence == batch.sequence && $0.count == batch.values.count
                }) {
                    offset = same.offset
                    return .none
                }
                guard let last = known.batches.last,
                    ProducerSequence.after(last.sequence, count: last.count) == batch.sequence
                else { return .outOfOrderSequenceNumber }
                known.batches = (known.batches + [(batch.sequence, batch.values.count, partition.nextOffset)]).suffix(5)
                partition.known[id] = known
            } else {
                guard batch.sequence == 0 else {
                    return partition.known[id] == nil ? .unknownProducerID : .outOfOrderSequenceNumber
                }
                partition.known[id] = Known(
                    epoch: batch.identity.epoch, batches: [(0, batch.values.count, partition.nextOffset)])
            }
        }
        offset = partition.nextOffset
        partition.nextOffset += Int64(batch.values.count)
        partition.log.append(batch)
        return .none
    }

    /// Reads a batch that is not compressed. What does not fit traps: these are the producer's own bytes.
    static func read(_ records: ByteBuffer) -> Written {
        var records = records
        let header = records.getBytes(at: records.readerIndex, length: RecordBatchLayout.headerSize) ?? []
        func integer<Integer: FixedWidthInteger>(_ offset: Int, as: Integer.Type) -> Integer {
            header[offset...].prefix(Integer.bitWidth / 8).reduce(0) { ($0 << 8) | Integer(truncatingIfNeeded: $1) }
        }
        let count = integer(RecordBatchLayout.recordCountOffset, as: Int32.self)
        precondition(integer(RecordBatchLayout.lengthOffset, as: Int32.self) == Int32(records.readableBytes - 12))
        records.moveReaderIndex(forwardBy: RecordBatchLayout.headerSize)
        func varint() -> Int {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = records.readInteger(as: UInt8.self) {
                value |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return Int(Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
        }
        var values: [String] = []
        for index in 0..<Int(count) {
            let length = varint()
            let end = records.readerIndex + length
            records.moveReaderIndex(forwardBy: 1)
            _ = varint()
            precondition(varint() == index)
            let keyLength = varint()
            records.moveReaderIndex(forwardBy: max(keyLength, 0))
            values.append(records.readString(length: max(varint(), 0)) ?? "")
            precondition(varint() == 0)
            precondition(records.readerIndex == end)
        }
        precondition(records.readableBytes == 0)
        return Written(
            values: values,
            identity: ProducerIdentity(
                id: integer(RecordBatchLayout.producerIDOffset, as: Int64.self),
                epoch: integer(RecordBatchLayout.producerEpochOffset, as: Int16.self)),
            sequence: integer(RecordBatchLayout.baseSequenceOffset, as: Int32.self))
    }

    /// All values in a partition's log, in order.
    func values(_ topic: String = "orders", _ partition: Int = 0) -> [String] {
        topics[topic]?[partition].log.flatMap(\.values) ?? []
    }

    /// The failures that were told.
    var failures: [ProducerFailure] {
        ends.compactMap { if case .failed(let failure) = $0.result { failure } else { nil } }
    }

    /// Records that were told to be delivered.
    var delivered: Int {
        ends.reduce(0) { if case .delivered = $1.result { $0 + $1.records } else { $0 } }
    }

    /// Records that were told to have failed.
    var failed: Int {
        ends.reduce(0) { if case .failed = $1.result { $0 + $1.records } else { $0 } }
    }
}
