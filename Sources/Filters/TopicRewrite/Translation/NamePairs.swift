/// The names that a request was sent with instead of the client's own: what its response may speak of.
struct NamePairs: Sendable {
    /// The most pairs that are kept; a request may name thousands of topics.
    static let most = 1000

    /// A name at the broker, and the client's for it.
    struct Pair: Sendable {
        var broker: [UInt8]
        var client: [UInt8]
    }

    /// The pairs whose names differ.
    private(set) var pairs: [Pair] = []

    mutating func note(_ client: some Collection<UInt8>, at broker: some Collection<UInt8>) {
        guard pairs.count < Self.most else { return }
        if let last = pairs.last, last.broker.elementsEqual(broker) { return }
        pairs.append(Pair(broker: Array(broker), client: Array(client)))
    }
}
