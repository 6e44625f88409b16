import COpenSSL
import Glibc
import NIOCore
import Settings

extension TLSHandler {
    /// Makes OpenSSL's connection and begins the handshake.
    func begin(_ context: ChannelHandlerContext) {
        guard phase == .idle else { return }
        phase = .handshaking
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: handshakeTimeout) { [weak self] in
            guard let self, self.phase == .handshaking, let context = self.channelContext else { return }
            self.fail(
                TLSError(.handshakeTimeout, "the handshake is not over after \(self.handshakeTimeout.text)"), context)
        }
        if case .client = side {
            guard start() else {
                fail(.openSSL(.internalError, "OpenSSL gives no connection"), context)
                return
            }
            var nothing = ByteBuffer()
            advance(&nothing, context)
        }
        // Nobody above may want bytes before there are any for them.
        context.read()
    }

    /// Makes OpenSSL's connection. A server's is made with the first record: who only connects costs little.
    private func start() -> Bool {
        switch side {
        case .server(let context): tls = sluice_tls_new(context.main.pointer)
        case .client(let context, let host, let port):
            tls = sluice_tls_new(context.main.pointer)
            guard let tls else { return false }
            let name = context.settings.serverName ?? host
            let isAddress = IPAddress(name) != nil
            let checks = context.settings.verification == .full
            guard sluice_tls_set_host(tls, name, isAddress ? 1 : 0, checks ? 1 : 0) == 1 else { return false }
            if let session = context.sessions?.session(for: Self.key(name, port)) {
                sluice_tls_set_session(tls, session.pointer)
            }
        }
        return tls != nil
    }

    /// What sessions with a server are kept by.
    private static func key(_ host: String, _ port: Int) -> String { "\(host):\(port)" }

    /// Takes bytes from the socket.
    func receive(_ bytes: inout ByteBuffer, _ context: ChannelHandlerContext) {
        switch phase {
        case .handshaking:
            hasReceived = true
            if !hasMet {
                guard meet(bytes, context) else { return }
                hasMet = true
            }
            advance(&bytes, context)
        case .established, .closing: decrypt(&bytes, context)
        case .idle, .failed, .closed: break
        }
    }

    /// Looks at the first record: whether the peer speaks TLS, and whether there is a place for its handshake. A client's
    /// is waited for until it is whole, so that no place goes to who sends less.
    private func meet(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return false }
        let isClient = tls != nil
        // A record of the handshake, or an alert (RFC 8446, 5.1). OpenSSL refuses the greeting of SSL 2 by itself.
        guard first == 22 || first == 21 || (first == 0x80 && !isClient) else {
            fail(TLSError(.plaintext, PlaintextGreeting(bytes).text(isClient: isClient)), context)
            return false
        }
        guard !isClient else { return true }
        guard isWhole(bytes) else {
            held = bytes
            return false
        }
        if let limit {
            place = limit.take(for: address?())
            guard place != nil else {
                fail(
                    TLSError(
                        .tooManyHandshakes,
                        "as many handshakes are under way as may be: \(limit.maximum), and \(limit.perAddress) of one address"
                    ), context)
                return false
            }
        }
        guard start() else {
            fail(.openSSL(.internalError, "OpenSSL gives no connection"), context)
            return false
        }
        return true
    }

    /// True if the first record of a client is there, or is longer than records may be, which is not waited for.
    private func isWhole(_ bytes: ByteBuffer) -> Bool {
        let start = bytes.readerIndex
        if bytes.getInteger(at: start, as: UInt8.self) == 0x80 {
            // The greeting of SSL 2: two bytes of length. OpenSSL looks at five bytes at least.
            guard let length = bytes.getInteger(at: start + 1, as: UInt8.self) else { return false }
            return bytes.readableBytes >= max(5, 2 + Int(length))
        }
        guard let length = bytes.getInteger(at: start + 3, as: UInt16.self) else { return false }
        return length > Self.maxRecordBytes || bytes.readableBytes >= 5 + Int(length)
    }

    /// Goes on with the handshake.
    private func advance(_ bytes: inout ByteBuffer, _ context: ChannelHandlerContext) {
        guard let tls else { return }
        var taken = 0
        let step = bytes.withUnsafeReadableBytes { region in
            sluice_tls_handshake(tls, region.baseAddress?.assumingMemoryBound(to: UInt8.self), region.count, &taken)
        }
        bytes.moveReaderIndex(forwardBy: min(taken, bytes.readableBytes))
        switch step {
        case SLUICE_DONE:
            if let error = refusal(tls) {
                fail(error, context)
                return
            }
            sendOutput(context)
            complete(tls, context)
            if bytes.readableBytes > 0 { takeUp(&bytes, context) }
        case SLUICE_WANTS_BYTES: sendOutput(context)
        default: fail(failure(tls, whileHandshaking: true), context)
        }
    }

    private func complete(_ tls: OpaquePointer, _ context: ChannelHandlerContext) {
        phase = .established
        endHandshake()
        keepSessions(tls)
        let version = TLSVersion(wireValue: UInt16(clamping: sluice_tls_version(tls))) ?? .tls12
        let event = TLSHandshakeCompleted(
            serverName: sluice_tls_server_name(tls).map { String(cString: $0).lowercased() },
            version: version,
            cipher: sluice_tls_cipher(tls).map { String(cString: $0) } ?? "",
            group: sluice_tls_group(tls).map { String(cString: $0) },
            isResumed: sluice_tls_is_resumed(tls) == 1,
            peerCertificate: sluice_tls_peer(tls).map { CertificateDescription(reading: $0) })
        completed = event
        context.fireUserInboundEventTriggered(event)
        guard phase == .established else { return }
        sluice_tls_rest(tls)
        encryptFlushed(context)
    }

    /// Why a connection is refused although OpenSSL would have it: a session is resumed without a look at the
    /// certificate, which may have expired since.
    private func refusal(_ tls: OpaquePointer) -> TLSError? {
        guard sluice_tls_is_resumed(tls) == 1, checksPeer, let certificate = sluice_tls_peer(tls) else { return nil }
        var begin: Int64 = 0
        var end: Int64 = 0
        sluice_certificate_validity(certificate, &begin, &end)
        guard Int64(time(nil)) > end else { return nil }
        return TLSError(
            .certificateExpired, "the certificate of a resumed session has expired",
            certificateSubject: DistinguishedName(reading: certificate, isIssuer: false).text)
    }

    private var checksPeer: Bool {
        switch side {
        case .server(let context): context.settings.clientCertificate != .none
        case .client(let context, _, _): context.settings.verification != .none
        }
    }

    /// Handles what came behind the end of the handshake, which this handler has read for itself.
    private func takeUp(_ bytes: inout ByteBuffer, _ context: ChannelHandlerContext) {
        guard phase == .established || phase == .closing else { return }
        let readsItself = (try? context.channel.syncOptions?.getOption(.autoRead)) ?? true
        if isWanted || readsItself {
            decrypt(&bytes, context)
        } else {
            held = bytes
        }
    }

    /// Gives back what a handshake holds.
    func endHandshake() {
        timer?.cancel()
        timer = nil
        if let place {
            self.place = nil
            limit?.giveBack(place)
        }
    }

    /// Keeps the sessions that the server has given.
    func keepSessions(_ tls: OpaquePointer) {
        guard case .client(let context, let host, let port) = side, let sessions = context.sessions else { return }
        while let session = sluice_tls_take_session(tls) {
            sessions.keep(
                SessionStore.Session(session), for: Self.key(context.settings.serverName ?? host, port))
        }
    }
}

extension TimeAmount {
    /// In seconds, or in milliseconds when it is no whole number of them.
    var text: String {
        nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000) s" : "\(nanoseconds / 1_000_000) ms"
    }
}
