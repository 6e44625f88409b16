import FilterAPI
import Logging
import NIOCore
import SluiceConfiguration
import TLS
import Telemetry

/// How a client's TLS handshake ends, and what it tells: whom the client wants, and who it is.
extension DownstreamConnection {
    /// The handshake is over.
    func secured(_ completed: TLSHandshakeCompleted) {
        guard !isClosed, let tls = shared.tls else { return }
        awaitsHandshake = false
        shared.metrics.countHandshake(completed, nanoseconds: elapsed(since: openedAt))
        guard setTarget(by: completed.serverName) else { return }
        guard let certificate = completed.peerCertificate else { return }
        guard let principal = tls.configuration.principal.principal(of: certificate) else {
            // Who the client is cannot be said, and rules may depend on it.
            warn(
                "connection closed: no principal comes of the client's certificate; see tls.principal of the listener",
                metadata: [
                    "listener": "\(shared.name)", "client": "\(peerText)",
                    "subject": "\(TLSError.cut(certificate.subject))",
                    "from": "\(tls.configuration.principal.source.rawValue)",
                    "mapping_rules": "\(tls.configuration.principal.rules.text)",
                ])
            close(reason: "no_principal")
            return
        }
        context.principal = principal
    }

    /// Finds out which broker is wanted, where names tell that; false if the name tells nothing.
    private func setTarget(by serverName: String?) -> Bool {
        guard case .unnamed = target, case .names(let names)? = shared.virtual?.addressing else { return true }
        guard let serverName else {
            refuse(serverName, "no_server_name", hint: "the client must connect by a name, and send it (SNI)")
            return false
        }
        switch names.wanted(serverName) {
        case .bootstrap: target = .bootstrap
        case .broker(let id): target = .broker(id)
        case nil:
            refuse(
                serverName, "unknown_server_name",
                hint: "names here are \(names.bootstrapHost) and \(names.brokerHost)")
            return false
        }
        return true
    }

    private func refuse(_ serverName: String?, _ reason: String, hint: String) {
        warn(
            "connection closed: its TLS server name tells no broker",
            metadata: [
                "listener": "\(shared.name)", "client": "\(peerText)", "server_name": "\(serverName ?? "-")",
                "hint": "\(hint)",
            ])
        close(reason: reason)
    }

    /// There is no TLS connection, or no longer one.
    func tlsFailed(_ error: TLSError) {
        guard !isClosed else { return }
        if error.code == .truncated, !awaitsHandshake {
            // Frames say how long they are, so nothing is lost by an end without `close_notify`; many clients end so.
            inputClosed = true
            closeIfDone()
            return
        }
        let isHandshake = awaitsHandshake
        awaitsHandshake = false
        if isHandshake { shared.metrics.countHandshake(error.code.rawValue) }
        // Who only looks whether the port is open leaves in the handshake.
        let isEveryday = error.code == .closedInHandshake || error.code == .truncated
        warn(
            level: isEveryday ? .debug : .warning,
            isHandshake ? "TLS handshake with a client failed" : "TLS connection of a client has ended",
            metadata: [
                "listener": "\(shared.name)", "client": "\(peerText)", "reason": "\(error.code.rawValue)",
                "error": "\(error)", "hint": "\(TLSHint.forClient(error) ?? "-")",
            ])
        close(reason: "tls_\(error.code.rawValue)")
    }

    /// The client has gone; perhaps before the handshake was over.
    func leftInHandshake() {
        guard awaitsHandshake, !isClosed, isOpened else { return }
        tlsFailed(TLSError(.closedInHandshake, "the client has closed the connection in the handshake"))
    }

    /// Tells of a handshake that came to nothing; of many in a second, of some and how many others there were.
    private func warn(
        level: Logger.Level = .warning, _ message: Logger.Message, metadata: @autoclosure () -> Logger.Metadata
    ) {
        guard level >= .warning, let tls = shared.tls else {
            shared.logger.log(level: level, message, metadata: metadata())
            return
        }
        let now = NIODeadline.now()
        switch tls.warnings.note(at: now) {
        case .told: shared.logger.log(level: level, message, metadata: metadata())
        case .suppressed: break
        case .firstSuppressed(let end):
            context.eventLoop.assumeIsolated().scheduleTask(in: end - now) { [shared] in
                shared.logger.warning(
                    "further clients have failed in their TLS handshake, too many to tell one by one",
                    metadata: ["listener": "\(shared.name)", "suppressed": "\(tls.warnings.takeSuppressed())"])
            }
        }
    }

    private var peerText: String { "\(context.clientAddress):\(context.clientPort)" }
}

/// Sees a connection come before its TLS handshake, which filters may spare: it is counted and asked about from then on.
final class ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: DownstreamConnection

    init(connection: DownstreamConnection) {
        self.connection = connection
    }

    func channelActive(context: ChannelHandlerContext) {
        connection.opened()
        if !connection.isClosed { context.fireChannelActive() }
    }
}
