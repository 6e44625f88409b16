import FilterAPI

/// By what connections of one client are known to belong together: the protocol has nothing better.
struct ClientKey: Hashable, Sendable {
    /// The client ID, or its beginning; nil if it gives none.
    let clientID: String?
    /// Who it is.
    let principal: String
    /// The client's address.
    let address: String

    /// The most bytes of a client ID that are looked at: what is remembered must not grow with what clients send.
    static let longestClientID = 250

    /// The key of a client.
    init(_ client: ClientIdentity) {
        self.init(clientID: client.clientID, principal: client.principal, address: client.address)
    }

    /// A key.
    init(clientID: String?, principal: String = "User:ANONYMOUS", address: String) {
        let isLong = (clientID?.utf8.count ?? 0) > Self.longestClientID
        self.clientID =
            isLong ? clientID.map { String(decoding: $0.utf8.prefix(Self.longestClientID), as: UTF8.self) } : clientID
        self.principal = principal
        self.address = address
    }
}
