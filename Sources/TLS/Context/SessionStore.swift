import COpenSSL
import Synchronization

/// Sessions that servers have given, for the next connections to them.
///
/// Connections of several event loops share it. Its lock is held for a look into a table, once or twice a handshake.
final class SessionStore: Sendable {
    /// A session, freed with its last user.
    final class Session: Sendable {
        /// Safety: OpenSSL counts its users atomically, and never changes it once it was given out.
        nonisolated(unsafe) let pointer: OpaquePointer

        init(_ pointer: OpaquePointer) { self.pointer = pointer }

        deinit { sluice_tls_session_free(pointer) }
    }

    /// The most sessions kept for one server.
    private static let maxSessions = 8
    /// The most servers that sessions are kept for.
    private static let maxServers = 1024

    private let sessions = Mutex<[String: [Session]]>([:])

    /// A session with a server. One of TLS 1.3 is handed out once, so that nobody who listens can tell connections of
    /// the same client (RFC 8446, C.4).
    func session(for server: String) -> Session? {
        sessions.withLock { sessions in
            guard let session = sessions[server]?.last else { return nil }
            if sluice_tls_session_is_single(session.pointer) == 1 { sessions[server]?.removeLast() }
            return session
        }
    }

    /// Keeps a session.
    func keep(_ session: Session, for server: String) {
        sessions.withLock { sessions in
            if sessions[server] == nil, sessions.count >= Self.maxServers, let some = sessions.first {
                sessions[some.key] = nil
            }
            let isSingle = sluice_tls_session_is_single(session.pointer) == 1
            var kept = isSingle ? sessions[server] ?? [] : []
            if kept.count >= Self.maxSessions { kept.removeFirst() }
            kept.append(session)
            sessions[server] = kept
        }
    }
}
