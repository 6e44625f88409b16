import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import Testing

@testable import KafkaClient

@Suite("Batches that other producers have made")
struct WholeBatchTests {
    private func begun(
        partitions: Int? = 1, _ change: (inout ProducerConfiguration) -> Void = { _ in }
    ) -> SimulatedCluster {
        var cluster = SimulatedCluster(change)
        cluster.addTopic("orders", partitions: partitions)
        return cluster
    }

    /// A batch of a transaction of somebody else's, as a broker or a proxy sees it.
    static func batch(
        _ values: [String], codec: CompressionCodec = .none, producer: Int64 = 77, isControl: Bool = false
    ) throws -> ByteBuffer {
        var header = RecordBatchHeader()
        header.baseOffset = 500
        header.partitionLeaderEpoch = 9
        header.attributes.isTransactional = producer >= 0
        header.attributes.isControl = isControl
        header.producerID = producer
        header.producerEpoch = producer < 0 ? -1 : 3
        header.baseSequence = producer < 0 ? -1 : 40
        var builder = RecordBatchBuilder(header: header, codec: codec)
        for (index, value) in values.enumerated() {
            try builder.append(
                key: ByteBuffer(string: "k"), value: ByteBuffer(string: value), headers: [RecordHeader("h", "x")],
                timestamp: 1_000 + Int64(index))
        }
        return try builder.finish(with: CompressionContexts())
    }

    /// The batch that waits for its answer.
    private func sent(_ cluster: SimulatedCluster, _ place: Int = 0) throws -> ByteBuffer {
        guard case .produce(let request) = try #require(cluster.asked[place...].first).request else {
            throw WireError(.truncated, at: 0, expected: 1, actual: 0)
        }
        return try #require(request.topicData.first?.partitionData.first?.records)
    }

    private func header(_ bytes: ByteBuffer) throws -> RecordBatchHeader {
        var batches = RecordBatches(bytes)
        return try #require(try batches.next()).header
    }

    @Test(arguments: CompressionCodec.allCases)
    func `a batch is sent as it is but for its producer`(codec: CompressionCodec) throws {
        var cluster = begun()
        let original = try Self.batch(["a", "b"], codec: codec)
        try cluster.give(batch: original)
        let bytes = try sent(cluster)
        var batches = RecordBatches(bytes)
        let batch = try #require(try batches.next())
        try batch.verifyChecksum()
        var expected = try header(original)
        expected.baseOffset = 0
        expected.partitionLeaderEpoch = -1
        expected.attributes.isTransactional = false
        expected.producerID = 1_000
        expected.producerEpoch = 0
        expected.baseSequence = 0
        expected.checksum = batch.header.checksum
        #expect(batch.header == expected)
        let size = RecordBatchLayout.headerSize
        #expect(
            bytes.getSlice(at: size, length: bytes.readableBytes - size)
                == original.getSlice(at: size, length: original.readableBytes - size))
    }

    @Test func `without idempotence a batch has no producer`() throws {
        var cluster = begun { $0.isIdempotent = false }
        try cluster.give(batch: Self.batch(["a"]))
        let header = try header(try sent(cluster))
        #expect(header.producerID == -1 && header.producerEpoch == -1 && header.baseSequence == -1)
        #expect(!header.attributes.isTransactional)
    }

    @Test func `sequences count the records of batches, and of what was given one by one`() throws {
        var cluster = begun { $0.maxInFlight = 1 }
        try cluster.give(batch: Self.batch(["a", "b", "c"]))
        cluster.give(["d"])
        try cluster.give(batch: Self.batch(["e"]))
        var sequences: [Int32] = []
        while !cluster.asked.isEmpty {
            sequences.append(try header(try sent(cluster)).baseSequence)
            cluster.accept()
        }
        #expect(sequences == [0, 3, 4])
        #expect(cluster.delivered == 5)
    }

    @Test func `the outcome gives back the tag, the records, the bytes and the time`() throws {
        var cluster = begun()
        let batch = try Self.batch(["a", "b"])
        let since = cluster.now
        try cluster.give(batch: batch, tag: 42)
        cluster.pass(.milliseconds(30))
        cluster.accept(baseOffset: 7)
        #expect(
            cluster.ends == [
                ProducerOutcome(
                    topic: "orders", partition: 0, records: 2, bytes: batch.readableBytes,
                    result: .delivered(baseOffset: 7), tag: 42, since: since)
            ])
        #expect(cluster.machine.bufferedRecords == 0)
    }

    @Test(arguments: [(0, 4, 0), (3, 4, 3), (3, 2, 1), (7, 3, 1), (5, 1, 0)] as [(Int32, Int, Int32)])
    func `a topic with fewer partitions has the batch in that of the remainder`(
        partition: Int32, count: Int, expected: Int32
    ) throws {
        var cluster = begun(partitions: count)
        try cluster.give(batch: Self.batch(["a"]), partition: partition)
        cluster.accept()
        #expect(cluster.ends.map(\.partition) == [expected])
    }

    @Test func `a batch does not wait for others, and is never put together with them`() throws {
        var cluster = begun {
            $0.linger = .hours(1)
            $0.maxInFlight = 1
        }
        try cluster.give(batch: Self.batch(["a"]))
        try cluster.give(batch: Self.batch(["b"]))
        #expect(cluster.asked.count == 1)
        cluster.accept()
        #expect(cluster.asked.count == 1)
        cluster.accept()
        #expect(cluster.ends.map(\.records) == [1, 1])
    }

    @Test func `a batch that comes back is sent again under the same sequence`() throws {
        var cluster = begun()
        try cluster.give(batch: Self.batch(["a"]))
        let first = try sent(cluster)
        cluster.refuse(.notEnoughReplicas)
        cluster.pass(.seconds(1))
        #expect(try sent(cluster) == first)
        cluster.accept()
        #expect(cluster.delivered == 1)
    }

    @Test func `batches wait for their topic, in their order`() throws {
        var cluster = begun(partitions: nil)
        for tag in 1...3 as ClosedRange<UInt64> { try cluster.give(batch: Self.batch(["a"]), tag: tag) }
        #expect(cluster.asked.isEmpty)
        cluster.addTopic("orders", partitions: 1)
        cluster.pass(.seconds(2))
        while !cluster.asked.isEmpty { cluster.accept() }
        #expect(cluster.ends.map(\.tag) == [1, 2, 3])
    }

    @Test func `batches fail when their topic does not come`() throws {
        var cluster = begun(partitions: nil) { $0.unknownTopicTimeout = .seconds(5) }
        try cluster.give(batch: Self.batch(["a", "b"]), tag: 9)
        cluster.pass(.seconds(6))
        #expect(cluster.failures == [.topicUnavailable(.unknownTopicOrPartition)])
        #expect(cluster.ends.map(\.tag) == [9])
        #expect(cluster.failed == 2)
        #expect(cluster.machine.bufferedRecords == 0)
    }

    @Test func `a topic is made for a batch`() throws {
        var cluster = begun(partitions: nil) {
            $0.topicCreation = .create(partitions: 2, replication: 1, configs: [:])
        }
        try cluster.give(batch: Self.batch(["a"]), partition: 1)
        cluster.pass(.seconds(2))
        #expect(cluster.createdTopics.map(\.name) == ["orders"])
        cluster.accept()
        #expect(cluster.delivered == 1)
    }

    @Test func `batches fail when their time is over`() throws {
        var cluster = begun { $0.deliveryTimeout = .seconds(10) }
        cluster.refusesConnections = true
        try cluster.give(batch: Self.batch(["a"]))
        cluster.pass(.seconds(10))
        #expect(cluster.failures == [.deliveryTimeout(last: nil)])
    }

    @Test func `what is left fails when the producer ends`() throws {
        var cluster = begun(partitions: nil)
        try cluster.give(batch: Self.batch(["a"]))
        cluster.machine.drain(deadline: cluster.now)
        cluster.run()
        try cluster.give(batch: Self.batch(["b"]))
        #expect(cluster.isDrained)
        #expect(cluster.failures == [.shutDown, .shutDown])
        #expect(cluster.machine.bufferedRecords == 0)
    }

    @Test func `a batch that its maker did not write like that is not given a right checksum`() throws {
        var cluster = begun()
        var batch = try Self.batch(["a"])
        batch.setInteger(UInt8(ascii: "z"), at: batch.writerIndex - 1)
        try cluster.give(batch: batch)
        #expect(cluster.failures == [.corruptBatch])
        #expect(cluster.asked.isEmpty)
    }

    @Test func `only batches that can be sent as they are have a count`() throws {
        let batch = try Self.batch(["a", "b"])
        #expect(StagedBatch.recordCount(of: batch) == 2)
        #expect(StagedBatch.recordCount(of: try Self.batch(["a"], isControl: true)) == nil)
        #expect(StagedBatch.recordCount(of: try Self.batch([])) == nil)
        var two = batch
        two.writeImmutableBuffer(batch)
        #expect(StagedBatch.recordCount(of: two) == nil)
        for length in 0..<batch.readableBytes {
            #expect(StagedBatch.recordCount(of: batch.getSlice(at: 0, length: length) ?? ByteBuffer()) == nil)
        }
        var old = batch
        old.setInteger(1 as Int8, at: RecordBatchLayout.magicOffset)
        #expect(StagedBatch.recordCount(of: old) == nil)
    }
}

extension SimulatedCluster {
    /// Gives a whole batch, and lets the producer go on.
    mutating func give(
        batch: ByteBuffer, to topic: String = "orders", partition: Int32 = 0, tag: UInt64 = 0
    ) throws {
        let count = try #require(StagedBatch.recordCount(of: batch))
        given += count
        machine.append(
            StagedBatch(
                topic: topicPlaces[topic] ?? 0, partition: partition, bytes: batch, count: count, tag: tag,
                stagedAt: now))
        run()
    }

    /// Answers the oldest Produce with success for all of its partitions, without looking at what is in it.
    mutating func accept(baseOffset: Int64 = 0) {
        guard let one = asked.first, case .produce(let request) = one.request else { return }
        asked.removeFirst()
        var response = ProduceResponse()
        for topic in request.topicData {
            var results = ProduceResponse.TopicProduceResponse()
            results.name = topic.name
            results.topicID = topic.topicID
            for part in topic.partitionData {
                var result = ProduceResponse.PartitionProduceResponse()
                result.index = part.index
                result.baseOffset = baseOffset
                results.partitionResponses.append(result)
            }
            response.responses.append(results)
        }
        answer(one, .produce(response))
        run()
    }
}
