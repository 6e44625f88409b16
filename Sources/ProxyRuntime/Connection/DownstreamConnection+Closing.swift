import DequeModule
import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import Telemetry

/// How a connection begins and ends.
extension DownstreamConnection {
    /// The channel is there.
    func opened() {
        guard !isOpened else { return }
        isOpened = true
        shared.loop.connections[ObjectIdentifier(self)] = self
        shared.metrics.connections.increment()
        shared.metrics.connectionsTotal.increment()
        if !awaitsProxyHeader { admit() }
        if shared.isDraining { drain() }
    }

    /// Asks the filters that decide on connections. The client's address is known by now.
    func admit() {
        let address = context.clientAddress
        for entry in shared.chain.entries {
            guard let gate = entry.filter.gate, entry.when?.coversAddress(address) ?? true else { continue }
            switch gate.admit(address) {
            case .admitted: admissions.append((entry, gate, address))
            case .refused(let reason):
                shared.logger.debug(
                    "connection refused",
                    metadata: [
                        "filter": "\(entry.name)", "reason": "\(reason)", "listener": "\(shared.name)",
                        "client": "\(address)",
                    ])
                close(reason: reason)
                return
            }
        }
    }

    /// The bytes are not what they should be: only this connection ends.
    func malformed(_ reason: String, _ error: WireError?) {
        shared.metrics.countDecodeError(reason)
        shared.logger.warning(
            "connection closed: bytes that are not a valid request",
            metadata: [
                "reason": "\(reason)", "listener": "\(shared.name)",
                "client": "\(context.clientAddress):\(context.clientPort)",
                "error": "\(error.map { "\($0)" } ?? "-")",
                "hint": "\(reason == ProtocolGuess.tls ? TLSHint.tlsOnPlainPort : "-")",
                "api": "\(current?.head.apiKey.description ?? "-")", "version": "\(current?.head.apiVersion ?? -1)",
            ])
        close(reason: reason)
    }

    /// Closes the connection, what is upstream of it included, once.
    ///
    /// - Parameter reason: a word of a small set, for metrics.
    func close(reason: String) {
        guard !isClosed else { return }
        isClosed = true
        shared.loop.connections[ObjectIdentifier(self)] = nil
        shared.metrics.connections.decrement()
        shared.metrics.countClosed(reason)
        for admission in admissions { admission.gate.release(admission.address) }
        admissions = []
        unmuting?.cancel()
        unmuting = nil
        unread = nil
        reading = .header
        if heldBytes > 0 { shared.budget.release(heldBytes) }
        heldBytes = 0
        endSlots(reason: reason)
        upstream?.close()
        upstream = nil
        context.asker = nil
        // What was given to the channel before leaves first, if the client takes it.
        channelContext?.flush()
        channelContext?.close(promise: nil)
    }

    private func endSlots(reason: String) {
        if let progress = current ?? heldAnswer?.progress ?? answering, let record = progress.record,
            !progress.expectsResponse || isUnregistered(progress)
        {
            chain?.complete(
                record, result: .closed(reason), responseBytes: 0,
                duration: .nanoseconds(Int64(clamping: elapsed(since: progress.startedAt))), upstream: upstream?.label)
        }
        current = nil
        heldAnswer = nil
        answering = nil
        for slot in slots {
            guard let record = slot.record else { continue }
            slot.chain?.complete(
                record, result: .closed(reason), responseBytes: 0,
                duration: .nanoseconds(Int64(clamping: elapsed(since: slot.startedAt))), upstream: upstream?.label)
        }
        shared.metrics.inFlight.decrement(by: Int64(slots.count))
        var chains = slots.compactMap(\.chain)
        slots.removeAll()
        if let chain { chains.append(chain) }
        var seen: Set<ObjectIdentifier> = []
        for chain in chains where seen.insert(ObjectIdentifier(chain)).inserted { chain.close() }
        chain = nil
        planned = nil
        formerlyPlanned.removeAll()
    }

    /// A request that is being read has no slot yet while filters look at it.
    private func isUnregistered(_ progress: RequestInProgress) -> Bool {
        !slots.contains { $0.record === progress.record }
    }

    /// The upstream connection has ended: the client's ends too, as that broker's would, once it has taken what came.
    func upstreamClosed(reason: String) {
        guard !isClosed, let channelContext else { return }
        upstream = nil
        context.asker = nil
        setPause(.draining, true)
        let promise = channelContext.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in close(reason: reason) }
        channelContext.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    /// Closes where nothing is left to be done.
    func closeIfDone() {
        guard slots.isEmpty, !isClosed else { return }
        guard case .header = reading else {
            if inputClosed { closeOnceTaken(reason: "client") }
            return
        }
        if inputClosed, current == nil, heldAnswer == nil, answering == nil,
            pauses.isDisjoint(with: [.connecting, .holding, .muted, .identifying, .inFlight, .signingIn])
        {
            closeOnceTaken(reason: "client")
        } else if shared.isDraining, current == nil, heldAnswer == nil, answering == nil {
            closeOnceTaken(reason: "drain")
        }
    }

    /// Closes the connection when the client has taken the answers that were given to the channel: with the socket, those
    /// that still wait would go.
    private func closeOnceTaken(reason: String) {
        guard !isLeaving, let channelContext else { return }
        isLeaving = true
        needsFlush = false
        let promise = channelContext.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in close(reason: reason) }
        channelContext.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    /// Takes no further request; what is in flight is answered.
    func drain() {
        setPause(.draining, true)
        closeIfDone()
    }

    /// Looks at what has taken too long. Called about once a second.
    func sweep(now: NIODeadline) {
        if current != nil || unread != nil, now - frameStartedAt > shared.limits.frameTimeout, isTakingIn {
            malformed("frame_timeout", nil)
            return
        }
        if slots.isEmpty, now - lastActivity > shared.limits.idleTimeout {
            close(reason: "idle")
        }
    }

    /// True while the client owes the rest of a frame that is held, or of a header.
    private var isTakingIn: Bool {
        guard pauses.isEmpty else { return false }
        switch reading {
        case .gathering: return true
        case .header: return unread != nil
        default: return false
        }
    }
}
