import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import KafkaClient

@Suite("What a producer makes of errors")
struct ProducerErrorsTests {
    /// A cluster with one topic of one partition, and one batch on its way.
    private func begun(
        _ values: [String] = ["a"], _ change: (inout ProducerConfiguration) -> Void = { _ in }
    ) -> SimulatedCluster {
        var cluster = SimulatedCluster(change)
        cluster.addTopic("orders")
        for value in values { cluster.give([value]) }
        return cluster
    }

    @Test(
        arguments: [
            .corruptMessage, .unknownTopicOrPartition, .leaderNotAvailable, .notLeaderOrFollower, .requestTimedOut,
            .brokerNotAvailable, .replicaNotAvailable, .networkException, .coordinatorLoadInProgress,
            .coordinatorNotAvailable, .notCoordinator, .notEnoughReplicas, .notEnoughReplicasAfterAppend,
            .concurrentTransactions, .kafkaStorageError, .fencedLeaderEpoch, .unknownLeaderEpoch,
            .throttlingQuotaExceeded, .unknownTopicID, .inconsistentTopicID, .outOfOrderSequenceNumber,
            .unknownProducerID, .invalidProducerEpoch,
        ] as [ErrorCode])
    func `a batch is sent again after`(code: ErrorCode) {
        var cluster = begun()
        cluster.refuse(code)
        #expect(cluster.ends == [])
        cluster.pass(.seconds(2))
        cluster.serveAll()
        #expect(cluster.values() == ["a"])
        #expect(cluster.delivered == 1)
        #expect(cluster.machine.retries == 1)
    }

    @Test(
        arguments: [
            .unknownServerError, .offsetOutOfRange, .messageTooLarge, .invalidTopicException, .recordListTooLarge,
            .invalidRequiredAcks, .topicAuthorizationFailed, .clusterAuthorizationFailed, .invalidTimestamp,
            .unsupportedVersion, .unsupportedForMessageFormat, .policyViolation, .invalidRecord, .producerFenced,
            .unsupportedCompressionType, ErrorCode(rawValue: 9_999),
        ] as [ErrorCode])
    func `a batch fails at once after`(code: ErrorCode) {
        var cluster = begun()
        cluster.refuse(code)
        #expect(cluster.failures == [.refused(code)])
        cluster.give(["next"])
        cluster.serveAll()
        #expect(cluster.values() == ["next"])
        #expect(cluster.delivered == 1)
    }

    @Test func `a duplicate counts as delivered, at an unknown offset`() {
        var cluster = begun()
        cluster.refuse(.duplicateSequenceNumber)
        #expect(cluster.ends.map(\.result) == [.delivered(baseOffset: -1)])
    }

    @Test func `the offset of a delivery is the broker's`() {
        var cluster = begun(["a", "b"])
        cluster.serveAll()
        #expect(cluster.ends.map(\.result) == [.delivered(baseOffset: 0), .delivered(baseOffset: 1)])
    }

    @Test func `a partition that the answer leaves out is sent again`() {
        var cluster = begun()
        let one = cluster.asked.removeFirst()
        cluster.answer(one, .produce(ProduceResponse()))
        cluster.run()
        cluster.pass(.seconds(1))
        cluster.serveAll()
        #expect(cluster.delivered == 1)
    }

    @Test func `an answer that cannot be read ends the connection, and the batch is sent on another`() {
        var cluster = begun()
        let one = cluster.asked.removeFirst()
        cluster.answer(one, .unreadable)
        cluster.run()
        #expect(cluster.connections[one.connection] == nil)
        cluster.pass(.seconds(1))
        cluster.serveAll()
        #expect(cluster.delivered == 1)
    }

    @Test func `without sequences, an error of sequences is final`() {
        var cluster = begun { $0.isIdempotent = false }
        cluster.refuse(.outOfOrderSequenceNumber)
        #expect(cluster.failures == [.refused(.outOfOrderSequenceNumber)])
    }

    @Test func `pauses between tries double, up to their bound`() {
        var cluster = begun {
            $0.retryBackoff = .milliseconds(100)
            $0.maxRetryBackoff = .milliseconds(400)
        }
        var pauses: [Double] = []
        for _ in 0..<5 {
            cluster.refuse(.notEnoughReplicas)
            let before = cluster.now
            while cluster.asked.isEmpty { cluster.pass(.milliseconds(1)) }
            pauses.append(Double((cluster.now - before).nanoseconds) / 1_000_000)
        }
        for (pause, expected) in zip(pauses, [100, 200, 400, 400, 400]) {
            #expect(pause >= Double(expected) * 0.8 && pause <= Double(expected) * 1.2 + 1)
        }
    }

    @Test func `a broker that asks for it is left alone for a while`() {
        var cluster = begun()
        cluster.refuse(.notEnoughReplicas, throttle: 5_000)
        cluster.pass(.seconds(4))
        #expect(cluster.asked.isEmpty)
        cluster.pass(.seconds(2))
        #expect(cluster.asked.count == 1)
    }

    @Test func `a new leader is found by asking`() {
        var cluster = begun()
        cluster.topics["orders"]?[0].leader = 2
        cluster.topics["orders"]?[0].epoch = 2
        cluster.serve()
        cluster.pass(.seconds(1))
        #expect(cluster.asked.map { cluster.connections[$0.connection] } == [2])
        cluster.serveAll()
        #expect(cluster.values() == ["a"])
    }

    @Test func `a new leader in the answer is taken at once, with its address`() {
        var cluster = begun()
        cluster.brokers = [1]
        cluster.topics["orders"]?[0].leader = 9
        cluster.brokers = [1, 9]
        let before = cluster.now
        cluster.refuse(.notLeaderOrFollower, leader: (id: 9, epoch: 2))
        #expect(cluster.now == before)
        #expect(cluster.asked.map { cluster.connections[$0.connection] } == [9])
        cluster.serveAll()
        #expect(cluster.delivered == 1)
    }

    @Test func `a leader of an older epoch in the answer is not taken`() {
        var cluster = begun()
        cluster.refuse(.notLeaderOrFollower, leader: (id: 2, epoch: 1))
        #expect(cluster.asked.isEmpty)
        cluster.pass(.seconds(1))
        #expect(cluster.asked.map { cluster.connections[$0.connection] } == [1])
    }
}
