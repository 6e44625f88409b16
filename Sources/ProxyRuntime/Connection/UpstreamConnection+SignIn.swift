import FilterAPI
import KafkaClient
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import SASL

/// Sluice's own session on a connection to a broker.
struct UpstreamSession {
    let signIn: ClusterSignIn
    /// True while nothing but SASL may be sent.
    var isSigningIn = false
    /// True once it is time to sign in anew.
    var isDue = false
    /// What makes it so.
    var renewal: Scheduled<Void>?
}

/// How Sluice signs in to a broker, and does so anew before its session ends (KIP-368).
extension UpstreamConnection: SignInAsking {
    var eventLoop: any EventLoop { downstream.context.eventLoop }

    /// Signs in; nothing of the client's was sent yet. The connection is to be closed where it fails.
    func signIn(_ signIn: ClusterSignIn) -> EventLoopFuture<Void> {
        session = UpstreamSession(signIn: signIn)
        return run(signIn)
    }

    /// Signs in anew if it is time, and the broker is in the middle of nothing. Requests wait meanwhile: a broker takes
    /// nothing else between SaslHandshake and the end of the exchange.
    func renewSignInIfDue() {
        guard let session, session.isDue, !session.isSigningIn, isReady, downstream.isFree else { return }
        run(session.signIn).assumeIsolated().whenComplete { [self] result in
            guard !self.isGone else { return }
            switch result {
            case .success:
                self.downstream.setPause(.signingIn, false)
                self.sendQuestions()
                self.downstream.closeIfDone()
            case .failure: self.downstream.close(reason: "upstream_sign_in_failed")
            }
        }
    }

    private func run(_ signIn: ClusterSignIn) -> EventLoopFuture<Void> {
        session?.isSigningIn = true
        session?.isDue = false
        let alarm = eventLoop.assumeIsolated().scheduleTask(in: shared.cluster.connectTimeout) { [weak self] in
            guard let self, !self.isGone else { return }
            self.failQuestions(with: BrokerConnection.Failure.timedOut)
        }
        return BrokerSignIn.run(signIn, self).assumeIsolated().map { [self] lifetime in
            alarm.cancel()
            ended(signIn, nil)
            session?.isSigningIn = false
            if let lifetime, !isGone { scheduleRenewal(lifetime) }
        }.flatMapErrorThrowing { [self] error in
            alarm.cancel()
            ended(signIn, error)
            throw error
        }.nonisolated()
    }

    private func scheduleRenewal(_ lifetime: Int64) {
        session?.renewal = eventLoop.assumeIsolated().scheduleTask(in: SessionRenewal.delay(lifetime: lifetime)) {
            [weak self] in
            guard let self, !self.isGone else { return }
            self.session?.isDue = true
            self.downstream.setPause(.signingIn, true)
            self.renewSignInIfDue()
        }
    }

    private func ended(_ signIn: ClusterSignIn, _ error: (any Error)?) {
        guard let error else {
            shared.metrics.countUpstreamSignIn(signIn.mechanism, "accepted")
            return
        }
        // Where the client went away first, nothing has failed.
        guard !isGone else { return }
        let failure = error as? SASLFailure
        shared.metrics.countUpstreamSignIn(signIn.mechanism, failure?.reason.rawValue ?? "connection")
        shared.logger.error(
            "cannot sign in to a broker",
            metadata: [
                "cluster": "\(shared.cluster.name)", "broker": "\(label)", "mechanism": "\(signIn.mechanism.rawValue)",
                "error": "\(failure?.message ?? "\(error)")",
            ])
    }

    /// Asks the broker at once, whatever else waits.
    func answer<Request: RequestMessage>(_ request: Request, version: Int16) -> EventLoopFuture<Request.Response> {
        let promise = eventLoop.makePromise(of: ByteBuffer.self)
        guard isReady else {
            promise.fail(AskError.closed)
            return promise.futureResult.flatMapThrowing { _ in throw AskError.closed }
        }
        do throws(WireError) {
            let id = nextCorrelationID()
            let question = Question(message: request, version: version, promise: promise)
            send(try question.encoded(correlationID: id, allocator: shared.loop.allocator))
            exchanges.append(
                Exchange(correlationID: id, apiKey: Request.apiKey, apiVersion: version, owner: .own(promise)))
        } catch {
            promise.fail(AskError.unwritable(error))
        }
        flush()
        readAgain()
        return promise.futureResult.flatMapThrowing { body in
            var reader = WireReader(body)
            return try Request.Response.decode(from: &reader, version: version)
        }
    }

    // MARK: Watching what passes

    /// Reads the answer to a SaslHandshake or a SaslAuthenticate that a client has sent to the broker.
    ///
    /// - Returns: its error code; 0 if it cannot be read, for the client is the one to whom it matters.
    func readSignIn(_ progress: ResponseInProgress, _ frame: ByteBuffer) -> Int16 {
        var reader = WireReader(frame)
        let version = progress.exchange.apiVersion
        do throws(WireError) {
            try reader.skip(progress.bodyOffset)
            guard progress.exchange.apiKey == .saslAuthenticate else {
                let response = try SaslHandshakeResponse.decode(from: &reader, version: version)
                downstream.passage.handshakeAnswered(errorCode: response.errorCode.rawValue)
                return response.errorCode.rawValue
            }
            let response = try SaslAuthenticateResponse.decode(from: &reader, version: version)
            downstream.signInAnswered(
                errorCode: response.errorCode.rawValue, token: Array(response.authBytes.readableBytesView))
            return response.errorCode.rawValue
        } catch {
            shared.metrics.countDecodeError("sasl_response")
            return 0
        }
    }
}
