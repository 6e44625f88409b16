import COpenSSL
import NIOCore

extension TLSHandler {
    /// Sends `close_notify`, and shuts the output when it is out.
    func closeOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        encryptFlushed(context)
        encryptBeforeEnd(context)
        guard phase == .established, !outputEnded, let tls else {
            context.close(mode: .output, promise: promise)
            return
        }
        outputEnded = true
        failPending(ChannelError.outputClosed)
        sluice_tls_close(tls)
        let output = takeOutput(context) ?? ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(output)).assumeIsolated().whenComplete { [weak self] _ in
            guard let self, let context = self.channelContext else {
                promise?.fail(ChannelError.ioOnClosedChannel)
                return
            }
            context.close(mode: .output, promise: promise)
        }
    }

    /// Sends `close_notify` if there is anything to be said yet, and closes when it is out.
    func closeAll(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        join(promise)
        encryptBeforeEnd(context)
        guard phase == .established, let tls else { return }
        phase = .closing
        endHandshake()
        failPending(ChannelError.ioOnClosedChannel)
        guard !outputEnded else {
            finishClosing(context)
            return
        }
        outputEnded = true
        sluice_tls_close(tls)
        // A peer that does not read is not waited for.
        let waits = context.channel.isWritable
        let output = takeOutput(context) ?? ByteBuffer()
        let sent = context.writeAndFlush(wrapOutboundOut(output))
        guard waits else {
            finishClosing(context)
            return
        }
        finishClosing(after: Self.closeTimeout, context)
        sent.assumeIsolated().whenComplete { [weak self] _ in
            guard let self, let context = self.channelContext else { return }
            self.finishClosing(context)
        }
    }

    /// Says upwards what is wrong, sends the alert that OpenSSL has for the peer, and closes.
    func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        guard phase != .failed, phase != .closed else { return }
        let isClosing = phase == .closing
        phase = .failed
        endHandshake()
        failPending(error)
        let alert = takeOutput(context)
        if !isExplained, !isClosing {
            isExplained = true
            context.fireErrorCaught(error)
        }
        guard phase == .failed else { return }
        guard let alert, context.channel.isActive else {
            finishClosing(context)
            return
        }
        // A socket that is closed with bytes unread resets the connection, and the alert is lost on the way: so the
        // output is shut first, and what the peer has sent meanwhile is read and thrown away.
        finishClosing(after: Self.alertTimeout, context)
        context.writeAndFlush(wrapOutboundOut(alert)).assumeIsolated().whenComplete { [weak self] result in
            guard let self, let context = self.channelContext, self.phase == .failed else { return }
            if case .failure = result {
                self.finishClosing(context)
                return
            }
            context.close(mode: .output, promise: nil)
            context.read()
        }
    }

    /// Says that the connection has ended where it should not have.
    func explainEnd(_ context: ChannelHandlerContext) {
        guard !isExplained, !inputEnded else { return }
        switch phase {
        case .handshaking:
            isExplained = true
            let hint: String
            if case .client = side, !hasReceived {
                hint = "the server has closed the connection instead of a handshake: does this port speak plain text?"
            } else if hasReceived {
                hint = "the peer has closed the connection in the middle of the handshake"
            } else {
                hint = "the client has closed the connection without a word"
            }
            failPending(ChannelError.ioOnClosedChannel)
            context.fireErrorCaught(TLSError(.closedInHandshake, hint))
        case .established:
            isExplained = true
            context.fireErrorCaught(
                TLSError(.truncated, "the connection has ended without close_notify: what came may not be all"))
        case .idle, .closing, .failed, .closed: break
        }
    }

    /// Closes the channel.
    func finishClosing(_ context: ChannelHandlerContext) {
        guard phase != .closed else { return }
        let promise = closePromise
        closePromise = nil
        end(with: ChannelError.ioOnClosedChannel)
        context.close(promise: promise)
    }

    private func finishClosing(after time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            guard let self, let context = self.channelContext else { return }
            self.finishClosing(context)
        }
    }

    private func join(_ promise: EventLoopPromise<Void>?) {
        guard let promise else { return }
        if let closePromise {
            closePromise.futureResult.cascade(to: promise)
        } else {
            closePromise = promise
        }
    }

    /// Lets go of everything.
    func end(with error: any Error) {
        guard phase != .closed else { return }
        phase = .closed
        endHandshake()
        held = nil
        failPending(error)
        closePromise?.succeed(())
        closePromise = nil
    }

    private func failPending(_ error: any Error) {
        while let write = pending.popFirst() { write.promise?.fail(error) }
    }

    /// What OpenSSL says of a failure.
    func failure(_ tls: OpaquePointer, whileHandshaking: Bool) -> TLSError {
        let reasons = OpenSSLReasons.take()
        switch sluice_tls_offence_of(tls) {
        case SLUICE_RENEGOTIATION:
            return TLSError(.renegotiation, "the peer asks for a new handshake on a connection that has one")
        case SLUICE_FLOOD:
            return TLSError(.flood, "the peer sends one message after the other that carries no data")
        default: break
        }
        var text: UnsafePointer<CChar>?
        var certificate: OpaquePointer?
        let problem = sluice_tls_verification(tls, &text, &certificate)
        let peer =
            switch side {
            case .server: "client"
            case .client(_, let host, let port): "server \(host):\(port)"
            }
        if problem != 0, whileHandshaking, !reasons.isAlert {
            let code = sluice_tls_verification_code(problem).map { String(cString: $0) }
            return TLSError(
                code.map { TLSError.Code(rawValue: $0) } ?? .badCertificate,
                "the certificate of the \(peer) is not accepted", reasons: reasons.texts,
                verification: text.map { String(cString: $0) },
                certificateSubject: certificate.map { DistinguishedName(reading: $0, isIssuer: false).text })
        }
        let message =
            if reasons.isAlert {
                "the \(peer) has refused the connection"
            } else if whileHandshaking {
                "the handshake with the \(peer) has failed"
            } else {
                "the \(peer) has sent what cannot be read"
            }
        return TLSError(reasons.code ?? .protocolError, message, reasons: reasons.texts)
    }
}
