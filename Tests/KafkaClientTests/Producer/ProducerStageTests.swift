import KafkaRecords
import KafkaWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import KafkaClient

@Suite("Giving records to a producer")
struct ProducerStageTests {
    /// Connections never come about.
    private struct NoConnector: BrokerConnector {
        func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<BrokerConnection> {
            loop.makeFailedFuture(ChannelError.connectTimeout(.seconds(1)))
        }
    }

    private func producer(_ change: (inout ProducerConfiguration) -> Void = { _ in }) -> KafkaProducer {
        var configuration = ProducerConfiguration(
            bootstrapServers: [.init(host: "127.0.0.1", port: 1)], clientID: "tests")
        // A busy machine may keep a test waiting for long.
        configuration.deliveryTimeout = .hours(1)
        change(&configuration)
        return KafkaProducer(
            configuration, connector: NoConnector(), eventLoop: MultiThreadedEventLoopGroup.singleton.next())
    }

    private func enqueue(
        _ sizes: [Int], to producer: KafkaProducer, on loop: any EventLoop = MultiThreadedEventLoops.next
    ) async throws -> [EnqueueResult] {
        let topic = try #require(producer.topic("orders"))
        return try await loop.submit {
            let stage = producer.stage(on: loop)
            return sizes.map { size in
                stage.enqueue(topic, key: nil, value: ByteBuffer(repeating: 7, count: size))
            }
        }.get()
    }

    @Test func `a record that is too large is dropped`() async throws {
        let producer = producer { $0.maxRecordBytes = 100 }
        #expect(try await enqueue([100, 101], to: producer) == [.accepted, .dropped(.recordTooLarge)])
        #expect(producer.counts.dropped[.recordTooLarge] == 1)
        try await producer.shutDown(within: .zero).get()
    }

    @Test func `whole batches count as many bytes as they have, and what is none is dropped`() async throws {
        let batch = try WholeBatchTests.batch(["a", "b"])
        let producer = producer { $0.maxBufferedBytes = batch.readableBytes * 2 }
        let topic = try #require(producer.topic("orders"))
        let loop = MultiThreadedEventLoops.next
        let results = try await loop.submit {
            let stage = producer.stage(on: loop)
            return [batch, ByteBuffer(string: "no batch"), batch, batch].map {
                stage.enqueue(topic, batch: $0, partition: 0)
            }
        }.get()
        #expect(results == [.accepted, .dropped(.unusableBatch), .accepted, .dropped(.bufferFull)])
        #expect(producer.counts.accepted == 4)
        #expect(producer.counts.dropped[.unusableBatch] == 1)
        #expect(producer.counts.bufferedBytes == batch.readableBytes * 2)
        try await producer.shutDown(within: .zero).get()
        #expect(producer.counts.failed == 4)
        #expect(producer.counts.bufferedBytes == 0)
    }

    @Test func `the buffer takes as many bytes as it may, and not one more`() async throws {
        let producer = producer { $0.maxBufferedBytes = 1_000 }
        // Each counts 28 bytes more.
        #expect(
            try await enqueue([472, 472, 0], to: producer) == [.accepted, .accepted, .dropped(.bufferFull)])
        #expect(producer.counts.bufferedBytes == 1_000)
        try await producer.shutDown(within: .zero).get()
        #expect(producer.counts.bufferedBytes == 0)
    }

    @Test func `all of the buffer is there again after records have failed`() async throws {
        let producer = producer {
            $0.maxBufferedBytes = 1_000
            $0.deliveryTimeout = .milliseconds(20)
        }
        for _ in 0..<3 {
            #expect(try await enqueue([972], to: producer) == [.accepted])
            try await Waiting.until { producer.counts.bufferedRecords == 0 }
        }
        #expect(producer.counts.failed == 3)
        try await producer.shutDown(within: .zero).get()
    }

    @Test func `records that are flushed on the producer's own loop do not overtake their topic`() async throws {
        let producer = producer()
        let loop = producer.eventLoop
        try await loop.submit {
            let topic = try #require(producer.topic("orders"))
            let stage = producer.stage(on: loop)
            #expect(stage.enqueue(topic, key: nil, value: ByteBuffer(string: "first")) == .accepted)
            stage.flush()
        }.get()
        try await producer.shutDown(within: .zero).get()
        #expect(producer.counts.failed == 1)
    }

    @Test func `a topic is the same each time, and there are no more than allowed`() async throws {
        let producer = producer { $0.maxTopics = 2 }
        #expect(producer.topic("a") == producer.topic("a"))
        #expect(producer.topic("b") != producer.topic("a"))
        #expect(producer.topic("c") == nil)
        try await producer.shutDown(within: .zero).get()
    }

    @Test func `a loop has one stage`() async throws {
        let producer = producer()
        let loop = MultiThreadedEventLoops.next
        #expect(try await loop.submit { producer.stage(on: loop) === producer.stage(on: loop) }.get())
        try await producer.shutDown(within: .zero).get()
    }

    @Test func `each record that was taken is told of once, from many loops and through a shutdown`() async throws {
        let told = Atomic(0)
        var configuration = ProducerConfiguration(
            bootstrapServers: [.init(host: "127.0.0.1", port: 1)], clientID: "tests")
        configuration.maxBufferedBytes = 200_000
        configuration.deliveryTimeout = .milliseconds(5)
        configuration.linger = .zero
        let producer = KafkaProducer(
            configuration, connector: NoConnector(), eventLoop: MultiThreadedEventLoopGroup.singleton.next()
        ) { told.add($0.records, ordering: .relaxed) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
        let accepted = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for loop in group.makeIterator() {
                tasks.addTask {
                    var accepted = 0
                    for _ in 0..<50 {
                        let results = try await enqueue(Array(repeating: 20, count: 100), to: producer, on: loop)
                        accepted += results.count { $0 == .accepted }
                    }
                    return accepted
                }
            }
            tasks.addTask {
                try await Waiting.until { producer.counts.accepted > 5_000 }
                try await producer.shutDown(within: .milliseconds(10)).get()
                return 0
            }
            return try await tasks.reduce(0, +)
        }
        #expect(producer.counts.accepted == accepted)
        #expect(producer.counts.failed == accepted)
        #expect(told.load(ordering: .relaxed) == accepted)
        #expect(producer.counts.bufferedBytes == 0)
        try await group.shutdownGracefully()
    }

    @Test func `headers are written as records have them`() {
        let headers = RecordHeaders.encode([("a", ByteBuffer(string: "xy")), ("b", nil)])
        #expect(Array(headers.readableBytesView) == [4, 2, 97, 4, 120, 121, 2, 98, 1])
        #expect(RecordHeaders.encode([]).readableBytes == 0)
    }
}
