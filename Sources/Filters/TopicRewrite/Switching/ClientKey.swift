import FilterAPI

/// By what connections of one client are known to belong together: the protocol has nothing better.
struct ClientKey: Hashable, Sendable {
    /// The client ID; nil if it gives none.
    var clientID: String?
    /// The client's address.
    var address: String

    /// The key of a client.
    init(_ client: ClientIdentity) {
        clientID = client.clientID
        address = client.address
    }

    /// A key.
    init(clientID: String?, address: String) {
        self.clientID = clientID
        self.address = address
    }
}
