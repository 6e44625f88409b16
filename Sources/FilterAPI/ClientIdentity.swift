/// Who a client says it is, and where it comes from: what does not change from request to request.
public struct ClientIdentity: Sendable, Hashable {
    /// The client ID; nil if it gives none.
    public var clientID: String?
    /// Who the client is, in Kafka's form.
    public var principal: String
    /// The client's address without the port.
    public var address: String

    /// An identity.
    public init(clientID: String?, principal: String, address: String) {
        self.clientID = clientID
        self.principal = principal
        self.address = address
    }
}

extension ConnectionContext {
    /// Who the client is at this moment.
    public var identity: ClientIdentity {
        ClientIdentity(clientID: clientID, principal: principal, address: clientAddress)
    }
}
