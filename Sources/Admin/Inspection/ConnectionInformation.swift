/// The connections of clients, up to a limit.
package struct ConnectionList: Sendable, Encodable {
    /// How many there are.
    package var total: Int
    /// Those that are described.
    package var connections: [ConnectionInformation]

    /// Makes a list.
    ///
    /// - Parameters:
    ///   - total: how many there are.
    ///   - connections: those that are described.
    package init(total: Int, connections: [ConnectionInformation]) {
        self.total = total
        self.connections = connections
    }
}

/// One connection of a client.
package struct ConnectionInformation: Sendable, Encodable {
    /// A number of Sluice's own, as in its logs.
    package var id: UInt64
    /// The listener that accepted it.
    package var listener: String
    /// The client's address, as `host:port`.
    package var clientAddress: String
    /// Who the client is.
    package var principal: String
    /// What the client calls itself; `nil` until it has said so.
    package var clientID: String?
    /// The client's library; `nil` if it has not been announced.
    package var softwareName: String?
    /// The version of that library.
    package var softwareVersion: String?
    /// The broker behind it, as `cluster/ID` or `cluster/host:port`; `nil` if there is no upstream connection.
    package var upstream: String?
    /// Requests that wait for their response.
    package var requestsInFlight: Int
    /// Bytes from the client.
    package var bytesReceived: UInt64
    /// Bytes to the client.
    package var bytesSent: UInt64
    /// Since it was accepted, in seconds.
    package var ageSeconds: Double
    /// True if no further request is taken on it: it closes when what is in flight is answered.
    package var draining: Bool

    /// Makes a description.
    ///
    /// - Parameters:
    ///   - id: a number of Sluice's own.
    ///   - listener: the listener that accepted it.
    ///   - clientAddress: the client's address.
    ///   - principal: who the client is.
    ///   - clientID: what the client calls itself.
    ///   - softwareName: the client's library.
    ///   - softwareVersion: the version of that library.
    ///   - upstream: the broker behind it.
    ///   - requestsInFlight: requests that wait for their response.
    ///   - bytesReceived: bytes from the client.
    ///   - bytesSent: bytes to the client.
    ///   - ageSeconds: since it was accepted, in seconds.
    ///   - draining: true if no further request is taken on it.
    package init(
        id: UInt64, listener: String, clientAddress: String, principal: String, clientID: String? = nil,
        softwareName: String? = nil, softwareVersion: String? = nil, upstream: String? = nil,
        requestsInFlight: Int = 0, bytesReceived: UInt64 = 0, bytesSent: UInt64 = 0, ageSeconds: Double = 0,
        draining: Bool = false
    ) {
        self.id = id
        self.listener = listener
        self.clientAddress = clientAddress
        self.principal = principal
        self.clientID = clientID
        self.softwareName = softwareName
        self.softwareVersion = softwareVersion
        self.upstream = upstream
        self.requestsInFlight = requestsInFlight
        self.bytesReceived = bytesReceived
        self.bytesSent = bytesSent
        self.ageSeconds = ageSeconds
        self.draining = draining
    }
}
