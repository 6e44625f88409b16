import FilterAPI

/// Where the copies of topics go, as far as one connection has asked.
final class CopyTargets {
    /// Where those of one topic go.
    enum Target {
        /// The name of the topic.
        case topic(String)
        /// Nowhere, and why.
        case none(ShadowDropReason)
    }

    private let filter: ShadowFilter
    /// Nil for topics that are not copied.
    private var known: [String: Target?] = [:]

    /// How many names are kept.
    private static let most = 1_000

    init(_ filter: ShadowFilter) {
        self.filter = filter
    }

    /// Where the copies of a topic go; nil if it is not copied.
    func target(of topic: String) -> Target? {
        if let known = known[topic] { return known }
        if known.count >= Self.most { known.removeAll() }
        let target = filter.target(of: topic).map { name -> Target in
            TopicNameSyntax.isLegal(name) && !TopicNameSyntax.isInternal(name) ? .topic(name) : .none(.illegalName)
        }
        known[topic] = .some(target)
        return target
    }
}
