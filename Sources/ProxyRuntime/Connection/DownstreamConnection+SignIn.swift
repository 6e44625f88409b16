import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import SASL
import Telemetry

/// How clients sign in at Sluice: what is theirs to send, and the answers in the broker's place.
extension DownstreamConnection {
    // MARK: Taking frames in

    /// Takes a request for Sluice, and lets no other pass before its time.
    ///
    /// - Returns: nil if the request goes the way of all requests; else whether to go on.
    func intercepted(_ gate: SignInGate, _ head: RequestHead, size: Int, _ intake: inout Intake) -> Bool? {
        guard head.apiKey.isSASL else {
            guard gate.service != nil else { return nil }
            switch gate.termination.passage(isAPIVersions: head.apiKey == .apiVersions, now: WallClock.milliseconds) {
            case .passes: return nil
            case .signInFirst: refuse(head, "sign_in_required")
            case .expired: refuse(head, "session_expired")
            }
            return false
        }
        let plan = shared.corePlans.request(head.apiKey, head.apiVersion)
        guard plan.isKnown else {
            shared.metrics.countUnknown(head.apiKey, head.apiVersion)
            refuse(head, "unknown_request")
            return false
        }
        let start = intake.chunk.readerIndex
        let counters = clientCounters(head, at: start + 4, in: intake.chunk)
        shared.metrics.countRequest(head.apiKey, head.apiVersion)
        counters.requests.increment()
        counters.requestBytes.increment(by: UInt64(size + 4))
        let progress = RequestInProgress(
            head: head, size: size, plan: plan, plans: shared.corePlans, chain: nil, startedAt: frameStartedAt,
            expectsResponse: true, record: nil)
        progress.isForSluice = true
        guard intake.chunk.readableBytes >= size + 4 else { return gather(progress, &intake) }
        guard let frame = intake.chunk.getSlice(at: start + 4, length: size) else { return false }
        whole(progress, frame: frame, in: &intake)
        return !isClosed
    }

    /// Takes a token without a header. It is small, and waits with what has come until it is whole.
    func takeBareToken(_ gate: SignInGate, size: Int, _ intake: inout Intake) -> Bool {
        guard size <= SASLTermination.maxSize else {
            malformed("sasl_frame_too_large", nil)
            return false
        }
        guard let token = intake.chunk.getBytes(at: intake.chunk.readerIndex + 4, length: size) else { return false }
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        intake.chunk.moveReaderIndex(forwardBy: size + 4)
        intake.restartRun()
        let head = RequestHead(
            apiKey: .saslAuthenticate, apiVersion: -1, correlationID: 0, clientID: nil, length: 0)
        let progress = RequestInProgress(
            head: head, size: size, plan: shared.corePlans.request(.saslAuthenticate, 0), plans: shared.corePlans,
            chain: nil, startedAt: frameStartedAt, expectsResponse: true, record: nil)
        frameStartedAt = shared.loop.now
        takeToken(gate, progress, token, isBare: true)
        return !isClosed
    }

    /// A SaslHandshake or SaslAuthenticate is there whole.
    func takeSignIn(_ progress: RequestInProgress, _ frame: ByteBuffer) {
        current = nil
        frameStartedAt = shared.loop.now
        guard let gate else { return }
        var reader = WireReader(frame)
        do throws(WireError) {
            try reader.skip(progress.head.length)
            if progress.head.apiKey == .saslHandshake {
                let request = try SaslHandshakeRequest.decode(from: &reader, version: progress.head.apiVersion)
                takeHandshake(gate, progress, mechanism: request.mechanism)
            } else {
                let request = try SaslAuthenticateRequest.decode(from: &reader, version: progress.head.apiVersion)
                takeToken(gate, progress, Array(request.authBytes.readableBytesView), isBare: false)
            }
        } catch {
            malformed("sasl_request", error)
        }
    }

    private func takeHandshake(_ gate: SignInGate, _ progress: RequestInProgress, mechanism: String) {
        guard let service = gate.service else {
            // As a broker does on a port where nobody has to sign in.
            send(.handshake(.illegalSASLState, mechanisms: []), progress)
            return
        }
        guard service.admits(context.clientAddress) else {
            shared.metrics.countSignIn(nil, SASLFailure.Reason.tooManyFailures.rawValue)
            tellFilters(.proxy, nil, principal: nil, failure: SASLFailure.Reason.tooManyFailures.rawValue)
            shared.logger.warning(
                "connection closed: too many failed sign-ins from its address", metadata: ["client": "\(clientText)"])
            close(reason: SASLFailure.Reason.tooManyFailures.rawValue)
            return
        }
        carryOut(
            gate.termination.handshake(
                mechanism: mechanism, version: progress.head.apiVersion, authority: service.authority), gate, progress)
    }

    private func takeToken(_ gate: SignInGate, _ progress: RequestInProgress, _ token: [UInt8], isBare: Bool) {
        guard let service = gate.service else {
            send(.token(.illegalSASLState, message: nil, token: [], lifetime: 0), progress)
            return
        }
        carryOut(
            gate.termination.token(
                token, isBare: isBare, now: WallClock.milliseconds, longestSession: service.longestSession), gate,
            progress)
    }

    // MARK: What comes of it

    private func carryOut(_ action: SASLTermination.Action, _ gate: SignInGate, _ progress: RequestInProgress) {
        switch action {
        case .answer(let answer): send(answer, progress)
        case .check(let check): wait(for: check, gate, progress)
        case .signedIn(let identity, let mechanism, let answer):
            signedIn(as: identity.principal, by: mechanism)
            tellFilters(.proxy, mechanism, principal: identity.principal, failure: nil)
            send(answer, progress)
        case .fail(let failure, let mechanism, let answer): failed(failure, mechanism, answer, gate, progress)
        }
    }

    private func wait(for check: SASLCheck, _ gate: SignInGate, _ progress: RequestInProgress) {
        guard let service = gate.service else { return }
        setPause(.holding, true)
        service.perform(check, on: context.eventLoop).assumeIsolated().whenSuccess { [self] verdict in
            guard !self.isClosed else { return }
            self.carryOut(
                gate.termination.resume(
                    verdict, now: WallClock.milliseconds, longestSession: service.longestSession), gate, progress)
            guard !self.isClosed, !self.isFailing else { return }
            self.flush()
            self.setPause(.holding, false)
            self.closeIfDone()
        }
    }

    private func failed(
        _ failure: SASLFailure, _ mechanism: SASLMechanism?, _ answer: SASLTermination.Answer, _ gate: SignInGate,
        _ progress: RequestInProgress
    ) {
        shared.metrics.countSignIn(mechanism, failure.reason.rawValue)
        tellFilters(.proxy, mechanism, principal: nil, failure: failure.reason.rawValue)
        shared.logger.warning(
            "sign-in failed",
            metadata: [
                "listener": "\(shared.name)", "client": "\(clientText)", "mechanism": "\(mechanism?.rawValue ?? "-")",
                "reason": "\(failure.reason.rawValue)", "error": "\(failure.message)",
            ])
        guard let delay = gate.service?.failed(context.clientAddress) else { return }
        // Held back, as brokers do, so that guesses take their time.
        isFailing = true
        setPause(.holding, true)
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            guard !self.isClosed else { return }
            self.send(answer, progress)
            self.close(reason: "sign_in_failed")
        }
    }

    /// The client is known from now on.
    func signedIn(as principal: String, by mechanism: SASLMechanism?) {
        shared.metrics.countSignIn(mechanism, "accepted")
        shared.logger.debug(
            "signed in",
            metadata: [
                "listener": "\(shared.name)", "client": "\(clientText)", "mechanism": "\(mechanism?.rawValue ?? "-")",
                "principal": "\(principal)",
            ])
        context.principal = principal
    }

    private func refuse(_ head: RequestHead, _ reason: String) {
        shared.logger.warning(
            "connection closed: a request that may not pass",
            metadata: [
                "listener": "\(shared.name)", "client": "\(clientText)", "api": "\(head.apiKey)",
                "version": "\(head.apiVersion)", "reason": "\(reason)",
            ])
        close(reason: reason)
    }

    private var clientText: String { "\(context.clientAddress):\(context.clientPort)" }

    // MARK: Answers

    private func send(_ answer: SASLTermination.Answer, _ progress: RequestInProgress) {
        switch answer {
        case .handshake(let code, let mechanisms):
            var response = SaslHandshakeResponse()
            response.errorCode = code
            response.mechanisms = mechanisms
            answered(progress, Answer(response), by: .answeredByProxy)
        case .token(let code, let message, let token, let lifetime):
            guard progress.head.apiVersion >= 0 else {
                sendBare(code, token, progress)
                return
            }
            var response = SaslAuthenticateResponse()
            response.errorCode = code
            response.errorMessage = message
            response.authBytes = ByteBuffer(bytes: token)
            if progress.head.apiVersion >= 1 { response.sessionLifetimeMs = lifetime }
            answered(progress, Answer(response), by: .answeredByProxy)
        }
    }

    /// To a token without a header: the mechanism's bytes behind their size. There are no words for a failure: the
    /// connection is closed.
    private func sendBare(_ code: ErrorCode, _ token: [UInt8], _ progress: RequestInProgress) {
        guard code == .none else { return }
        var bytes = shared.loop.allocator.buffer(capacity: token.count + 4)
        bytes.writeInteger(UInt32(clamping: token.count))
        bytes.writeBytes(token)
        queue(progress, bytes, by: .answeredByProxy)
    }

    // MARK: Watching what passes

    /// A SaslHandshake or SaslAuthenticate passes to the broker.
    func noteSignIn(_ head: RequestHead, _ frame: ByteBuffer) {
        var reader = WireReader(frame)
        guard (try? reader.skip(head.length)) != nil else { return }
        if head.apiKey == .saslHandshake {
            guard let request = try? SaslHandshakeRequest.decode(from: &reader, version: head.apiVersion) else {
                return
            }
            passage.handshake(mechanism: request.mechanism)
        } else {
            guard let request = try? SaslAuthenticateRequest.decode(from: &reader, version: head.apiVersion) else {
                return
            }
            passage.sent(Array(request.authBytes.readableBytesView))
        }
    }

    /// The broker's answer to a token passes to the client.
    func signInAnswered(errorCode: Int16, token: [UInt8]) {
        take(passage.answered(errorCode: errorCode, token: token))
    }

    /// A request other than those of a sign-in is about to be looked at: what is open of a sign-in is over.
    func endSignIn() {
        take(passage.requested())
    }

    private func take(_ outcome: SASLPassage.Outcome) {
        switch outcome {
        case .pending: break
        case .accepted(let name?, let mechanism):
            signedIn(as: "User:\(name)", by: mechanism)
            tellFilters(.broker, mechanism, principal: context.principal, failure: nil)
        case .accepted(nil, let mechanism):
            // To the broker it is somebody of whom only the broker knows: no longer the owner of a certificate.
            if context.principal != ConnectionContext.anonymous { context.principal = ConnectionContext.anonymous }
            shared.metrics.countSignIn(mechanism, "accepted")
            tellFilters(.broker, mechanism, principal: nil, failure: nil)
        case .refused(let mechanism):
            shared.metrics.countSignIn(mechanism, SASLFailure.Reason.rejected.rawValue)
            tellFilters(.broker, mechanism, principal: nil, failure: SASLFailure.Reason.rejected.rawValue)
        }
    }

    // MARK: Telling of it

    /// Tells the filters. A connection that has no chain yet takes it up for that, as it would at its first request.
    private func tellFilters(
        _ authority: AuthenticationResult.Authority, _ mechanism: SASLMechanism?, principal: String?, failure: String?
    ) {
        guard !isClosed, !shared.chain.entries.isEmpty else { return }
        if chainGeneration == Self.noGeneration { adoptChain() }
        chain?.authenticated(
            AuthenticationResult(
                authority: authority, mechanism: mechanism?.rawValue, principal: principal, failure: failure))
    }
}
