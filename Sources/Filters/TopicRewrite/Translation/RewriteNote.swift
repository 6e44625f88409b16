import KafkaWire

/// What is kept of a request until its response has passed.
struct RewriteNote: Sendable {
    /// The view that it was translated with: its response is translated with the same.
    let view: TopicView
    /// The names that differ from the client's.
    var pairs = NamePairs()
    /// FindCoordinator: the type of the keys, 0 group, 1 transactional ID, 2 share partition.
    var coordinatorKeyType: Int64 = 0
    /// JoinGroup and SyncGroup: the protocol type of the group; nil if it is not known.
    var protocolType: String?
    /// JoinGroup: the group, as the client calls it.
    var group = ""
    /// Metadata: the topics that were asked for by ID.
    var askedIDs: Set<KafkaUUID> = []

    init(_ view: TopicView) {
        self.view = view
    }
}
