import FilterAPI

/// What came of checking a Produce request.
struct ProduceJudgement {
    private struct Place: Hashable {
        let topic: TopicReference
        let partition: Int32
    }

    private var rejections: [Place: Rejection] = [:]
    private var verdicts: [(rule: Int?, verdict: PartitionVerdict)] = []

    /// Copies of bad records, by their partitions.
    private(set) var deadLetters: [(set: RecordSet, rule: Rule, letters: [DeadLetter])] = []

    /// True if something was rejected.
    var isRejected: Bool { !rejections.isEmpty }

    /// Notes a verdict. A partition that stands in the request twice is rejected if one of both is.
    mutating func add(_ set: RecordSet, _ rule: Rule?, _ verdict: PartitionVerdict) {
        verdicts.append((rule?.index, verdict))
        if let rule, !verdict.deadLetters.isEmpty { deadLetters.append((set, rule, verdict.deadLetters)) }
        let place = Place(topic: set.topic, partition: set.partition)
        if let rejection = verdict.rejection, rejections[place] == nil { rejections[place] = rejection }
    }

    /// Why a partition is rejected; nil if it is not.
    func rejection(_ topic: TopicReference, _ partition: Int32) -> Rejection? {
        rejections[Place(topic: topic, partition: partition)]
    }

    /// Counts what was found.
    func count(_ counters: ValidationCounters) {
        for (rule, verdict) in verdicts {
            if let rule {
                let valid = verdict.records - verdict.invalid - verdict.unchecked
                counters.count(
                    rule: rule, valid: valid, invalid: verdict.invalid, unchecked: verdict.unchecked)
            }
            if let rejection = verdict.rejection { counters.countRejection(rule: rule, rejection.reason) }
        }
    }
}
