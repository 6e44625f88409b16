/// Decides on connections when they are accepted, or, behind a PROXY header, when the client's address is known.
///
/// Called from all event loops.
public protocol ConnectionGate: Sendable {
    /// A client wants to connect.
    ///
    /// - Parameter address: the client's address without the port.
    /// - Returns: whether it may; nothing is ever read from one that may not.
    func admit(_ address: String) -> ConnectionAdmission

    /// A connection that was admitted has closed. Called exactly once for each.
    ///
    /// - Parameter address: the address that it was admitted with.
    func release(_ address: String)
}

/// Whether a client may connect.
public enum ConnectionAdmission: Sendable, Equatable {
    /// It may.
    case admitted
    /// It may not. The reason appears in logs and metrics: a short word of a small set.
    case refused(reason: String)
}
