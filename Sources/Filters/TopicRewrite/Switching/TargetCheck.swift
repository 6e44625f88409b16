import FilterAPI
import KafkaWire

/// Says whether clients may be moved from some targets of a rule to others: these must exist, and have all partitions that
/// the clients know.
enum TargetCheck {
    /// What is known of a target's topic.
    enum Known: Equatable {
        /// So many partitions.
        case partitions(Int)
        /// It does not exist, or the broker does not describe it.
        case missing(ErrorCode)
        /// Nothing.
        case unknown
    }

    /// A target with the part of the clients that it has, from 0 to 1.
    struct Share {
        var target: RuleTargets.Target
        var before: Double
        var after: Double
    }

    /// Why not; nil if nothing speaks against it.
    ///
    /// - Parameters:
    ///   - shares: the targets before and after the switch.
    ///   - isStrict: true if nothing being known of a target speaks against it as well.
    ///   - known: what is known of a topic.
    /// - Returns: a sentence for people.
    static func objection(
        _ shares: [Share], isStrict: Bool, known: (String) -> Known
    ) -> String? {
        let shrinking = shares.filter { $0.after < $0.before }.map(\.target)
        for target in shares.filter({ $0.after > $0.before }).map(\.target) {
            switch known(target.topic) {
            case .unknown:
                guard isStrict else { continue }
                return "nothing is known of the topic \(target.topic) of target \(target.name)"
            case .missing(.unknownTopicOrPartition):
                return "the topic \(target.topic) of target \(target.name) does not exist"
            case .missing(let error):
                return "the topic \(target.topic) of target \(target.name) is not available: \(error)"
            case .partitions(let count):
                for old in shrinking {
                    guard case .partitions(let least) = known(old.topic), count < least else { continue }
                    return """
                        the topic \(target.topic) of target \(target.name) has \(count) partitions, fewer than \
                        \(old.topic) of target \(old.name), which has \(least)
                        """
                }
            }
        }
        return nil
    }
}

extension RuleTargets {
    /// The targets before and after a switch.
    func shares(from before: Choice, to after: Choice) -> [TargetCheck.Share] {
        targets.enumerated().map { index, target in
            TargetCheck.Share(target: target, before: before.share(of: index), after: after.share(of: index))
        }
    }
}
