package import NIOCore

/// One side of a TLS connection, as a channel handler over OpenSSL: plain bytes above, records below.
///
/// Usage: one ``TLSContextSource`` a listener or cluster is made off the event loops and refreshed there from time to
/// time; each new channel takes a handler with `source.current` and puts it before (below) the handlers that read plain bytes:
///
///     let source = try TLSServerSource(settings)                      // blocks; throws TLSError
///     try channel.pipeline.syncOperations.addHandler(TLSHandler(server: source.current, limit: limit))
///
/// Events upwards:
/// - user event ``TLSHandshakeCompleted`` once, before the first byte;
/// - `channelRead` of `ByteBuffer`s, one for all that a read from the socket holds (up to 256 KiB each);
/// - user event `ChannelEvent.inputClosed` when the peer has said that nothing more comes (`close_notify`) and the channel
///   has `allowRemoteHalfClosure`; without it the channel is closed;
/// - `errorCaught` with a ``TLSError``, once at most: the handshake has failed, a record was bad, or the connection has
///   ended without `close_notify` (code `truncated`). But for `truncated`, which leaves the closing to the channel and
///   to who is above, the handler sends the alert and closes the channel itself.
///
/// Writes before the handshake is over are kept, and sent then. `close()` sends `close_notify`, waits until it is out
/// (``closeTimeout`` at most) and closes; `close(mode: .output)` sends it and shuts the output.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// How long a handshake may take unless something else is said: 10 seconds.
    package static let defaultHandshakeTimeout: TimeAmount = .seconds(10)

    /// The server's side.
    ///
    /// - Parameters:
    ///   - context: the certificates; `source.current`.
    ///   - limit: how many handshakes may be under way; over it the connection is closed (`too_many_handshakes`).
    ///   - handshakeTimeout: how long the handshake may take.
    package init(
        server context: TLSServerContext, limit: HandshakeLimit? = nil,
        handshakeTimeout: TimeAmount = TLSHandler.defaultHandshakeTimeout)

    /// The client's side. The handshake begins when the channel is active.
    ///
    /// - Parameters:
    ///   - context: what is trusted and shown; `source.current`.
    ///   - host: the name or IP address that was connected to: it is asked for (SNI, names only) and looked for in the
    ///     certificate, unless the settings name another.
    ///   - port: the port, which tells sessions apart.
    ///   - handshakeTimeout: how long the handshake may take.
    package init(
        client context: TLSClientContext, host: String, port: Int,
        handshakeTimeout: TimeAmount = TLSHandler.defaultHandshakeTimeout)

    /// What was agreed upon; `nil` before the handshake is over.
    package private(set) var completed: TLSHandshakeCompleted?
}
