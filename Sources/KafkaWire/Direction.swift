/// Which way a frame goes.
public enum Direction: UInt8, Sendable, Hashable, CaseIterable {
    /// From a client to a broker.
    case request
    /// From a broker to a client.
    case response
}

extension Direction: CustomStringConvertible {
    /// `request` or `response`.
    public var description: String {
        switch self {
        case .request: "request"
        case .response: "response"
        }
    }
}
