import Testing

@testable import FilterAPI

@Suite("Facts of a request")
struct RequestFactsTests {
    private func facts(_ shares: [(topic: String, bytes: Int, records: Int)]) -> RequestFacts {
        var facts = RequestFacts()
        for share in shares {
            facts.add(topic: share.topic)
            facts.add(recordBytes: share.bytes)
            facts.add(records: share.records)
        }
        return facts
    }

    private func shares(_ facts: RequestFacts) -> [[Int]] {
        (0...facts.topics.count).map { index in
            let share = facts.share(ofTopic: index)
            return [share.recordBytes, share.records]
        }
    }

    @Test("give all that passed to the only topic")
    func oneTopic() {
        let facts = facts([("a", 10, 1), ("a", 20, 2)])
        #expect(shares(facts) == [[30, 3], [0, 0]])
        #expect(facts.recordBytes == 30 && facts.records == 3)
    }

    @Test("give each topic its share, also where it is named again")
    func topics() {
        let facts = facts([("a", 10, 1), ("b", 20, 2), ("a", 5, 1), ("c", 0, 0), ("b", 1, 1)])
        #expect(shares(facts) == [[15, 2], [21, 3], [0, 0], [0, 0]])
        #expect(facts.recordBytes == 36 && facts.records == 5)
    }

    @Test("give those that are too many to be kept one share together")
    func manyTopics() {
        let facts = facts((0..<RequestFacts.mostTopics + 3).map { ("t\($0)", $0, 1) })
        #expect(facts.hasMoreTopics)
        #expect(facts.topics.count == RequestFacts.mostTopics)
        #expect(facts.share(ofTopic: 99) == RecordShare(recordBytes: 99, records: 1))
        #expect(facts.share(ofTopic: RequestFacts.mostTopics) == RecordShare(recordBytes: 100 + 101 + 102, records: 3))
    }

    @Test("give nothing to a topic without records, and to none")
    func nothing() {
        #expect(shares(facts([])) == [[0, 0]])
        #expect(shares(facts([("a", 0, 0), ("b", 0, 0)])) == [[0, 0], [0, 0], [0, 0]])
    }
}
