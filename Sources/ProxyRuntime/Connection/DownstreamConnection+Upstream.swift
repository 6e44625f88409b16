import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import NIOPosix
import SluiceConfiguration
import TLS
import Telemetry

/// How the broker's side comes about, and what may pass to it.
extension DownstreamConnection {
    /// Connects to the broker that the client came for; the first whole header of a request calls for it.
    func connectUpstream(attempt: Int = 0) {
        guard !pauses.contains(.connecting) || attempt > 0 else { return }
        setPause(.connecting, true)
        let destination = destination()
        let upstream = UpstreamConnection(shared: shared, downstream: self, label: destination.label)
        let loop = context.eventLoop
        UpstreamBootstrap.connect(
            destination.broker, on: loop, timeout: shared.cluster.connectTimeout, tls: shared.cluster.tls,
            handler: upstream
        )
        .assumeIsolated()
        .whenComplete { [self] result in
            guard !self.isClosed else {
                upstream.close()
                return
            }
            switch result {
            case .success:
                self.signIn(upstream, destination)
            case .failure(let error):
                self.failed(destination, error, attempt: attempt)
            }
        }
    }

    /// A broker to connect to.
    struct Destination {
        let broker: Broker
        /// Its place in the bootstrap servers; nil if it is a broker by ID.
        let bootstrapIndex: Int?
        /// True if the broker that the client came for is not known yet, so that this is another.
        let isStandIn: Bool

        /// For logs and metrics.
        var label: String { bootstrapIndex == nil ? String(broker.id) : "bootstrap" }
    }

    private func destination() -> Destination {
        if case .broker(let id) = target, let broker = shared.cluster.broker(id) {
            return Destination(broker: broker, bootstrapIndex: nil, isStandIn: false)
        }
        let (index, server) = shared.cluster.nextBootstrapServer()
        return Destination(broker: server, bootstrapIndex: index, isStandIn: target != .bootstrap)
    }

    /// Signs in to a broker where its cluster asks for it, before anything of the client's is sent.
    private func signIn(_ upstream: UpstreamConnection, _ destination: Destination) {
        guard let signIn = shared.cluster.signIn else {
            connected(upstream, destination)
            return
        }
        self.upstream = upstream
        upstream.signIn(signIn).assumeIsolated().whenComplete { [self] result in
            guard !self.isClosed else { return }
            switch result {
            case .success: self.connected(upstream, destination)
            case .failure: self.close(reason: "upstream_sign_in_failed")
            }
        }
    }

    private func connected(_ upstream: UpstreamConnection, _ destination: Destination) {
        if let index = destination.bootstrapIndex { shared.cluster.note(bootstrap: index, .reachable) }
        if case .broker(let id) = target, !destination.isStandIn { shared.cluster.note(broker: id, failure: nil) }
        self.upstream = upstream
        isStandIn = destination.isStandIn
        context.asker = upstream
        upstream.setPause(.downstreamFull, channelContext?.channel.isWritable == false)
        setPause(.connecting, false)
    }

    private func failed(_ destination: Destination, _ error: any Error, attempt: Int) {
        let reason = ConnectFailure.reason(error)
        shared.metrics.countConnectFailure(reason)
        shared.logger.notice(
            "broker cannot be reached",
            metadata: [
                "cluster": "\(shared.cluster.name)", "broker": "\(destination.label)",
                "address": "\(destination.broker.host):\(destination.broker.port)", "reason": "\(reason)",
                "error": "\(error)", "hint": "\(TLSHint.forBroker(error) ?? "-")",
            ])
        if let index = destination.bootstrapIndex {
            // One that does not agree on TLS is reached all the same, as the watch of the cluster sees it.
            if !(error is TLSError) { shared.cluster.note(bootstrap: index, .unreachable(reason)) }
            if attempt + 1 < shared.cluster.bootstrapServers.count {
                connectUpstream(attempt: attempt + 1)
                return
            }
        } else {
            shared.cluster.note(broker: destination.broker.id, failure: reason)
        }
        // As that broker would: a port where nobody answers.
        close(reason: "upstream_unreachable")
    }

    // MARK: What may pass

    /// Decides whether a request may pass at all, before anybody looks into it; false if it is dealt with, or the
    /// connection was closed.
    func allowed(_ head: RequestHead, _ plan: RequestPlan, size: Int, _ intake: inout Intake) -> Bool {
        if isStandIn, !StandIn.passes(head.apiKey) {
            setPause(.holding, true)
            upstream?.learnBrokers()
            return false
        }
        guard !plan.isKnown else { return true }
        shared.metrics.countUnknown(head.apiKey, head.apiVersion)
        if head.apiKey == .apiVersions {
            refuseVersion(head, size: size, &intake)
            return false
        }
        guard plan.mustBeRead || shared.onUnknown == .close else { return true }
        shared.logger.warning(
            "connection closed: a request of an API or version that is not known",
            metadata: [
                "api_key": "\(head.apiKey.rawValue)", "api_version": "\(head.apiVersion)", "listener": "\(shared.name)",
                "client": "\(context.clientAddress):\(context.clientPort)",
                "why": plan.mustBeRead ? "it has to be read" : "on_unknown: close",
            ])
        close(reason: "unknown_request")
        return false
    }

    /// Tells a client of a future version of ApiVersions which versions there are, as a broker does.
    private func refuseVersion(_ head: RequestHead, size: Int, _ intake: inout Intake) {
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        let plan = shared.corePlans.request(.apiVersions, 0)
        let asVersion0 = RequestHead(
            apiKey: .apiVersions, apiVersion: 0, correlationID: head.correlationID, clientID: nil, length: head.length)
        let progress = RequestInProgress(
            head: asVersion0, size: size, plan: plan, plans: shared.corePlans, chain: nil, startedAt: frameStartedAt,
            expectsResponse: true, record: nil)
        answered(progress, Answer(APIVersionRanges.unsupported), by: .answeredByProxy)
        intake.chunk.moveReaderIndex(forwardBy: 4)
        intake.restartRun()
        reading = .discarding(size)
    }

    // MARK: Who the client is

    /// Finds out which client a request is from, and gives its counters.
    func clientCounters(_ head: RequestHead, at start: Int, in chunk: ByteBuffer) -> ClientCounters {
        let isSame = chunk.withUnsafeReadableBytes { bytes -> Bool in
            guard let range = head.clientID else { return clientIDBytes.isEmpty }
            let offset = start - chunk.readerIndex
            let name = UnsafeRawBufferPointer(
                rebasing: bytes[offset + range.lowerBound..<offset + range.upperBound])
            return name.count == clientIDBytes.count && clientIDBytes.withUnsafeBytes { $0.isEqual(to: name) }
        }
        if isSame, let clientCounters { return clientCounters }
        if !isSame || context.clientID == nil {
            if let range = head.clientID {
                clientIDBytes = chunk.getBytes(at: start + range.lowerBound, length: range.count) ?? []
                context.clientID = String(decoding: clientIDBytes, as: UTF8.self)
            } else {
                clientIDBytes = []
                context.clientID = nil
            }
        }
        let counters = shared.counters(
            ClientCounters.Key(
                clientID: context.clientID ?? "", softwareName: context.softwareName ?? "",
                softwareVersion: context.softwareVersion ?? ""))
        clientCounters = counters
        return counters
    }
}

/// What passes on a connection to another broker than the one that the client came for.
enum StandIn {
    /// True for what a client needs to sign in, after which Sluice can ask for the brokers with its rights.
    static func passes(_ key: APIKey) -> Bool {
        key == .apiVersions || key == .saslHandshake || key == .saslAuthenticate
    }
}

/// Words for the reasons why a connection did not come about.
enum ConnectFailure {
    /// One of a small set of words, for metrics.
    static func reason(_ error: any Error) -> String {
        if let error = error as? TLSError { return "tls_\(error.code.rawValue)" }
        if let error = error as? ChannelError, case .connectTimeout = error { return "timeout" }
        if let error = error as? NIOConnectionError {
            if error.dnsAError != nil, error.connectionErrors.isEmpty { return "dns" }
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "other"
        }
        if let error = error as? IOError {
            switch error.errnoCode {
            case ECONNREFUSED: return "refused"
            case ETIMEDOUT: return "timeout"
            case EHOSTUNREACH, ENETUNREACH: return "no_route"
            case EMFILE, ENFILE: return "no_descriptors"
            default: return "socket_error"
            }
        }
        return "other"
    }
}
