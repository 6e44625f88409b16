/// The sessions that a connection has begun with the rights that its client has now.
///
/// A request in a session names only what has changed, and is answered with all that the session holds. So a session is gone
/// on with only where everything that was put into it was allowed: on the connection that began it, by the same client.
struct Sessions {
    /// How many sessions are kept; a client has one or two on a connection.
    static let most = 16

    /// A member of a share group, whose session it is.
    struct Member: Hashable {
        let group: ExactName
        let id: ExactName
    }

    private var fetches: [Int32] = []
    private var shares: [Member] = []

    /// A broker has begun a fetch session.
    mutating func begin(fetch id: Int32) {
        guard id != 0, !fetches.contains(id) else { return }
        if fetches.count >= Self.most { fetches.removeFirst() }
        fetches.append(id)
    }

    /// True if the connection has begun the fetch session.
    func has(fetch id: Int32) -> Bool { fetches.contains(id) }

    /// A client begins a share session.
    mutating func begin(share member: Member) {
        guard !shares.contains(member) else { return }
        if shares.count >= Self.most { shares.removeFirst() }
        shares.append(member)
    }

    /// True if the connection has begun the share session.
    func has(share member: Member) -> Bool { shares.contains(member) }
}
