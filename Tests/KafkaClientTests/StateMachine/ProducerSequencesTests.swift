import KafkaWire
import NIOCore
import Testing

@testable import KafkaClient

@Suite("A producer's sequences")
struct ProducerSequencesTests {
    private func begun(
        _ count: Int, _ change: (inout ProducerConfiguration) -> Void = { _ in }
    ) -> SimulatedCluster {
        var cluster = SimulatedCluster(change)
        cluster.addTopic("orders")
        for index in 0..<count { cluster.give(["\(index)"]) }
        return cluster
    }

    @Test func `at most five batches of a partition are on their way`() {
        let cluster = begun(8) { $0.maxInFlight = 50 }
        #expect(cluster.asked.count == 5)
    }

    @Test func `order stays when the first of several batches comes back`() {
        var cluster = begun(5)
        cluster.refuse(.notEnoughReplicas)
        // The broker has not seen the first, so that it takes none of the others.
        while !cluster.asked.isEmpty { cluster.serve() }
        #expect(cluster.values() == [])
        cluster.pass(.seconds(2))
        cluster.serveAll()
        #expect(cluster.values() == ["0", "1", "2", "3", "4"])
        #expect(cluster.topics["orders"]?[0].log.map(\.identity.epoch) == [0, 0, 0, 0, 0])
    }

    @Test func `nothing is sent before all that were on their way have come back`() {
        var cluster = begun(3)
        cluster.refuse(.notEnoughReplicas)
        cluster.pass(.seconds(5))
        #expect(cluster.asked.count == 2)
    }

    @Test func `after a batch was given up, nothing is sent before all others have come back`() {
        var cluster = begun(2)
        cluster.refuse(.messageTooLarge)
        cluster.give(["2"])
        #expect(cluster.asked.count == 1)
        cluster.serve()
        cluster.pass(.seconds(1))
        cluster.serveAll()
        #expect(cluster.values() == ["1", "2"])
    }

    @Test func `a batch whose answer was lost is not written twice`() {
        var cluster = begun(3)
        cluster.serve(isLost: true)
        cluster.pass(.seconds(2))
        cluster.serveAll()
        #expect(cluster.values() == ["0", "1", "2"])
        #expect(cluster.delivered == 3)
    }

    @Test(arguments: [.unknownProducerID, .outOfOrderSequenceNumber, .invalidProducerEpoch] as [ErrorCode])
    func `when the broker has lost what it knew, sequences begin anew in a higher epoch`(code: ErrorCode) {
        var cluster = begun(1)
        cluster.serveAll()
        cluster.topics["orders"]?[0].known = [:]
        cluster.give(["1"])
        cluster.refuse(code)
        cluster.pass(.seconds(1))
        cluster.serveAll()
        let log = cluster.topics["orders"]?[0].log ?? []
        #expect(log.map(\.sequence) == [0, 0])
        #expect(log.map(\.identity.epoch) == [0, 1])
    }

    @Test func `a batch that is given up leaves no gap`() {
        var cluster = begun(3)
        cluster.refuse(.messageTooLarge)
        while !cluster.asked.isEmpty { cluster.serve() }
        cluster.pass(.seconds(2))
        cluster.serveAll()
        let log = cluster.topics["orders"]?[0].log ?? []
        #expect(log.flatMap(\.values) == ["1", "2"])
        #expect(log.map(\.sequence) == [0, 1])
        #expect(cluster.failed == 1)
    }

    @Test func `other partitions go on in their epoch until nothing of them is left, then take the new one`() {
        var cluster = SimulatedCluster()
        cluster.addTopic("orders", partitions: 2)
        cluster.give(["a0"], partition: 0)
        cluster.give(["b0"], partition: 1)
        cluster.refuse(.unknownProducerID)
        cluster.pass(.seconds(1))
        cluster.serveAll()
        cluster.give(["b1"], partition: 1)
        cluster.serveAll()
        #expect(cluster.topics["orders"]?[0].log.map(\.identity.epoch) == [1])
        #expect(cluster.topics["orders"]?[1].log.map(\.identity.epoch) == [0, 1])
        #expect(cluster.topics["orders"]?[1].log.map(\.sequence) == [0, 0])
    }

    @Test func `after the last epoch another ID is asked for`() {
        var cluster = begun(1)
        cluster.serveAll()
        cluster.machine.identity.current = ProducerIdentity(id: 1_000, epoch: .max)
        cluster.give(["1"])
        cluster.refuse(.unknownProducerID)
        cluster.pass(.seconds(1))
        cluster.serveAll()
        #expect(cluster.topics["orders"]?[0].log.map(\.identity.id) == [1_000, 1_001])
    }

    @Test func `sequences go on at 0 after the largest`() {
        #expect(ProducerSequence.after(.max, count: 1) == 0)
        #expect(ProducerSequence.after(.max - 2, count: 5) == 2)
    }

    @Test func `without idempotence there are none`() {
        var cluster = begun(1) { $0.acks = .leader }
        cluster.serveAll()
        #expect(cluster.topics["orders"]?[0].log.map(\.sequence) == [-1])
        #expect(cluster.topics["orders"]?[0].log.map(\.identity) == [.none])
    }

    /// Everything that can go wrong, by chance: what arrives is what was given, once and in order.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `order and number are kept whatever happens`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        var cluster = SimulatedCluster(
            {
                $0.retryBackoff = .milliseconds(10)
                $0.maxRetryBackoff = .milliseconds(50)
                $0.deliveryTimeout = .hours(10)
                $0.maxBatchBytes = 300
                $0.maxInFlight = 1 + Int(seed % 6)
            }, seed: seed)
        cluster.addTopic("orders", partitions: 3)
        var given: [[String]] = [[], [], []]
        for step in 0..<300 {
            switch Int.random(in: 0..<12, using: &chance) {
            case 0..<4:
                let partition = Int.random(in: 0..<3, using: &chance)
                let values = (0..<Int.random(in: 1...4, using: &chance)).map { "\(step).\($0)" }
                given[partition] += values
                cluster.give(values, partition: Int32(partition))
            case 4..<8: cluster.serve(someRequest(cluster, &chance))
            case 8: cluster.serve(someRequest(cluster, &chance), isLost: true)
            case 9:
                let codes: [ErrorCode] = [.notEnoughReplicas, .notLeaderOrFollower, .kafkaStorageError]
                cluster.refuse(codes[step % 3], at: someRequest(cluster, &chance))
            case 10:
                let partition = Int.random(in: 0..<3, using: &chance)
                cluster.topics["orders"]?[partition].leader = Int32.random(in: 1...3, using: &chance)
                cluster.topics["orders"]?[partition].epoch += 1
            default: cluster.pass(.milliseconds(Int64.random(in: 1...200, using: &chance)))
            }
        }
        for _ in 0..<500 {
            cluster.pass(.milliseconds(100))
            cluster.serveAll()
        }
        for partition in 0..<3 { #expect(cluster.values("orders", partition) == given[partition]) }
        #expect(cluster.delivered == cluster.given)
        #expect(cluster.machine.bufferedRecords == 0)
    }

    /// A connection answers in the order of its requests: the oldest of some connection.
    private func someRequest(_ cluster: SimulatedCluster, _ chance: inout SplitMix64) -> Int {
        guard let connection = cluster.asked.map(\.connection).randomElement(using: &chance) else { return 0 }
        return cluster.asked.firstIndex { $0.connection == connection } ?? 0
    }
}
