import NIOCore

/// What a connection has fetched of switched topics: for which topic at the broker its positions were made.
struct ConnectionFetches {
    private struct Topic {
        /// Where the topic led at the latest full fetch: the fetch session knows no other.
        var sessionTarget: String
        /// By partition, the topic at the broker that the client's position is in.
        var positions: [Int32: String] = [:]
        /// Since when fetches of it are answered empty; nil if none is.
        var waitingSince: NIODeadline?
    }

    private var topics: [String: Topic] = [:]

    /// True if nothing was fetched of switched topics.
    var isEmpty: Bool { topics.isEmpty }

    /// True if a session of the connection holds topics that lead elsewhere by now.
    ///
    /// - Parameter current: the topic at the broker that a name leads to.
    /// - Returns: true if the session has to start anew.
    func hasOutdatedSession(_ current: (String) -> String?) -> Bool {
        topics.contains { $0.value.sessionTarget != current($0.key) }
    }

    /// A full fetch: what it does not name is in no session any more.
    mutating func fullFetch(_ current: (String) -> String?) {
        for (name, topic) in topics {
            guard let target = current(name), target != topic.sessionTarget else { continue }
            topics[name]?.sessionTarget = target
        }
    }

    /// The topic at the broker that the position in a partition was made for; nil if it is fetched for the first time.
    func position(_ topic: String, _ partition: Int32) -> String? {
        topics[topic]?.positions[partition]
    }

    /// The client's position is one in this topic at the broker.
    mutating func settle(_ topic: String, _ partition: Int32, target: String, most: Int) {
        var known = topics[topic] ?? Topic(sessionTarget: target)
        if known.positions.count < most || known.positions[partition] != nil { known.positions[partition] = target }
        topics[topic] = known
    }

    /// The client no longer fetches the partition here.
    mutating func forget(_ topic: String, _ partition: Int32) {
        topics[topic]?.positions[partition] = nil
    }

    /// Fetches of the topic are answered empty.
    ///
    /// - Returns: since when.
    mutating func wait(_ topic: String, _ now: NIODeadline) -> NIODeadline {
        let since = topics[topic]?.waitingSince ?? now
        topics[topic]?.waitingSince = since
        return since
    }

    /// Fetches of the topic are no longer answered empty.
    mutating func endWait(_ topic: String) {
        if topics[topic]?.waitingSince != nil { topics[topic]?.waitingSince = nil }
    }
}
