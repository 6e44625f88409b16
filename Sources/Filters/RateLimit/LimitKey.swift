/// What a limit may tell apart: it has a bucket for each combination.
package enum LimitKey: String, Sendable, CaseIterable {
    /// The client ID; empty for none.
    case clientID = "client_id"
    /// Who the client is.
    case principal
    /// The client's address.
    case clientAddress = "client_address"
    /// Each topic that the request names.
    case topic
    /// Each group that the request names.
    case group
    /// Kafka's name of the API.
    case api
    /// The listener.
    case listener

    /// True for what is inside of requests; all else is known at their header.
    var isInside: Bool { self == .topic || self == .group }
}
