import COpenSSL
package import NIOCore

/// One side of a TLS connection, as a channel handler over OpenSSL: plain bytes above, records below.
///
/// Usage: one ``TLSContextSource`` a listener or cluster is made off the event loops and refreshed there from time to
/// time; each new channel takes a handler with `source.current` and puts it before (below) the handlers that read plain
/// bytes:
///
///     let source = try TLSServerSource(settings)  // Blocks; throws TLSError.
///     try channel.pipeline.syncOperations.addHandler(TLSHandler(server: source.current, limit: limit))
///
/// Events upwards:
/// - user event ``TLSHandshakeCompleted`` once, before the first byte;
/// - `channelRead` of `ByteBuffer`s, one for all that a read from the socket holds (up to 256 KiB each);
/// - user event `ChannelEvent.inputClosed` when the peer has said that nothing more comes (`close_notify`) and the
///   channel has `allowRemoteHalfClosure`; without it the channel is closed;
/// - `errorCaught` with a ``TLSError``, once at most: the handshake has failed, a record was bad, or the connection has
///   ended without `close_notify` (code `truncated`). But for `truncated`, which leaves the closing to the channel and
///   to who is above, the handler sends the alert and closes the channel itself.
///
/// Writes before the handshake is over are kept, and sent then. `close()` sends `close_notify`, waits until it is out
/// (``closeTimeout`` at most) and closes; `close(mode: .output)` sends it and shuts the output.
///
/// All state belongs to the channel's event loop. OpenSSL reads from the buffer that was received and writes to the one
/// that is sent; it keeps buffers of its own only while a record is incomplete.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Where a connection stands.
    enum Phase {
        /// The channel is not active yet.
        case idle
        case handshaking
        case established
        /// `close_notify` is on its way; the channel is closed when it is out.
        case closing
        /// It has failed: what comes is thrown away until the peer has read the alert.
        case failed
        case closed
    }

    /// Which side this is.
    enum Side {
        case server(TLSServerContext)
        case client(TLSClientContext, host: String, port: Int)
    }

    /// How long a handshake may take unless something else is said: 10 seconds.
    package static let defaultHandshakeTimeout: TimeAmount = .seconds(10)
    /// How long `close()` waits for a peer that does not read: 2 seconds.
    package static let closeTimeout: TimeAmount = .seconds(2)
    /// How long the peer has to read why it was refused: 1 second.
    static let alertTimeout: TimeAmount = .seconds(1)
    /// The most bytes that are decrypted into one buffer.
    static let maxPlainBytes = 256 << 10
    /// The most bytes that are encrypted into one buffer: whole records.
    static let maxEncryptedBytes = 32 * maxRecordBytes
    /// The most bytes of data in a record (RFC 8446, 5.1).
    static let maxRecordBytes = 16 << 10

    /// The least bytes that a record has beside its data: header, type and tag.
    static let leastOverhead = 5 + 1 + 16

    let side: Side
    let limit: HandshakeLimit?
    /// Where the client is, once that is known.
    let address: (() -> String)?
    let handshakeTimeout: TimeAmount

    var phase = Phase.idle
    /// OpenSSL's connection.
    ///
    /// Safety: it is used on the event loop only, and freed with the handler.
    var tls: OpaquePointer?
    var channelContext: ChannelHandlerContext?
    /// What was agreed upon; `nil` before the handshake is over.
    package internal(set) var completed: TLSHandshakeCompleted?

    /// What is to be sent, marked up to where it was flushed.
    var pending = MarkedCircularBuffer<PendingWrite>(initialCapacity: 8)
    /// What was received and not taken yet: nobody has asked for it.
    var held: ByteBuffer?
    var timer: Scheduled<Void>?
    var closePromise: EventLoopPromise<Void>?

    var place: HandshakeLimit.Place?
    var hasReceived = false
    /// The first record of the client has been looked at.
    var hasMet = false
    /// Somebody above has asked for bytes and has not got any since.
    var isWanted = false
    /// Something was given upwards since the last read of the socket was over.
    var hasDelivered = false
    var isDelivering = false
    var isEncrypting = false
    var encryptsAgain = false
    /// The peer has said that nothing more comes, or the connection has ended.
    var inputEnded = false
    /// `close_notify` was sent.
    var outputEnded = false
    /// Something was already said of why the connection ends.
    var isExplained = false

    /// Bytes that wait to be encrypted, and who waits for them to be sent.
    struct PendingWrite {
        var bytes: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    /// The server's side.
    ///
    /// - Parameters:
    ///   - context: the certificates; `source.current`.
    ///   - limit: how many handshakes may be under way; over it the connection is closed (`too_many_handshakes`). A place
    ///     is taken with the first whole record that a client sends.
    ///   - address: gives the client's address, which has a share of the places; asked when the place is taken. Without it
    ///     there are no shares.
    ///   - handshakeTimeout: how long the handshake may take, from when the channel is active.
    package init(
        server context: TLSServerContext, limit: HandshakeLimit? = nil, address: (() -> String)? = nil,
        handshakeTimeout: TimeAmount = TLSHandler.defaultHandshakeTimeout
    ) {
        side = .server(context)
        self.limit = limit
        self.address = address
        self.handshakeTimeout = handshakeTimeout
    }

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
        handshakeTimeout: TimeAmount = TLSHandler.defaultHandshakeTimeout
    ) {
        side = .client(context, host: host, port: port)
        limit = nil
        address = nil
        self.handshakeTimeout = handshakeTimeout
    }

    deinit {
        sluice_tls_delete(tls)
        if let place { limit?.giveBack(place) }
    }

    // MARK: - Lifecycle

    package func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
        if context.channel.isActive { begin(context) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        end(with: ChannelError.ioOnClosedChannel)
        channelContext = nil
    }

    package func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        explainEnd(context)
        end(with: ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Who was refused and has hung up is of no more interest.
        guard phase != .failed else { return }
        // The socket's own error says more than that the connection has ended.
        isExplained = true
        context.fireErrorCaught(error)
    }

    // MARK: - Inbound

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard bytes.readableBytes > 0 else { return }
        if var earlier = held {
            held = nil
            earlier.writeBuffer(&bytes)
            bytes = earlier
        }
        receive(&bytes, context)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        switch phase {
        case .handshaking, .failed: context.read()
        case .established, .closing:
            if let tls { sluice_tls_rest(tls) }
            if hasDelivered {
                hasDelivered = false
                isWanted = false
                context.fireChannelReadComplete()
            } else if isWanted {
                context.read()
            }
        case .idle, .closed: context.fireChannelReadComplete()
        }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        switch phase {
        case .failed, .closing: finishClosing(context)
        case .established where inputEnded: break
        case .established:
            explainEnd(context)
            inputEnded = true
            context.fireUserInboundEventTriggered(event)
        case .handshaking:
            explainEnd(context)
            finishClosing(context)
        case .idle, .closed: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: - Outbound

    package func read(context: ChannelHandlerContext) {
        isWanted = true
        if phase == .established, !isDelivering, var bytes = held {
            held = nil
            receive(&bytes, context)
            channelReadComplete(context: context)
        } else {
            context.read()
        }
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch phase {
        case .idle, .handshaking, .established:
            guard !outputEnded else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
            pending.append(PendingWrite(bytes: unwrapOutboundIn(data), promise: promise))
        case .closing, .failed, .closed: promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    package func flush(context: ChannelHandlerContext) {
        pending.mark()
        if phase == .established { encryptFlushed(context) }
        context.flush()
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (mode, phase) {
        case (.input, _): context.close(mode: .input, promise: promise)
        case (.output, .established) where !outputEnded: closeOutput(context, promise)
        case (.output, _): context.close(mode: .output, promise: promise)
        case (.all, .established), (.all, .closing), (.all, .failed): closeAll(context, promise)
        case (.all, _):
            end(with: ChannelError.ioOnClosedChannel)
            context.close(promise: promise)
        }
    }
}
