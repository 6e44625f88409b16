import DequeModule
import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Telemetry

/// How answers leave: each in its turn.
extension DownstreamConnection {
    // MARK: Opening slots

    /// Opens a slot and an exchange for a request that goes to the broker.
    ///
    /// - Returns: Sluice's own correlation ID, to be written over the client's.
    func register(_ progress: RequestInProgress) -> Int32 {
        register(
            progress.head, startedAt: progress.startedAt, expectsResponse: progress.expectsResponse,
            record: progress.record)
    }

    /// As ``register(_:)``, by what it takes of the request.
    func register(
        _ head: RequestHead, startedAt: NIODeadline, expectsResponse: Bool, record: RequestRecord?
    ) -> Int32 {
        guard let upstream else { return 0 }
        guard expectsResponse else { return upstream.nextCorrelationID() }
        let number = open(
            Slot(
                apiKey: head.apiKey, apiVersion: head.apiVersion, correlationID: head.correlationID,
                startedAt: startedAt, record: record, chain: record == nil ? nil : chain))
        if head.apiKey == .saslHandshake { sasl.sent(head) }
        return upstream.open(.slot(number), head.apiKey, head.apiVersion)
    }

    private func slot(for progress: RequestInProgress) -> Slot {
        Slot(
            apiKey: progress.head.apiKey, apiVersion: progress.head.apiVersion,
            correlationID: progress.head.correlationID, startedAt: progress.startedAt, record: progress.record,
            chain: progress.record == nil ? nil : chain)
    }

    private func open(_ slot: Slot) -> UInt64 {
        slots.append(slot)
        shared.metrics.inFlight.increment()
        if slots.count >= shared.limits.requestsInFlight { setPause(.inFlight, true) }
        return firstSlot &+ UInt64(slots.count - 1)
    }

    /// Opens the slot of a SASL token that has no header.
    func openTokenSlot() -> UInt64 {
        var slot = Slot(apiKey: .saslAuthenticate, apiVersion: -1, correlationID: 0, startedAt: frameStartedAt)
        slot.isRawToken = true
        return open(slot)
    }

    // MARK: Answers that Sluice gives

    /// Answers a request in the broker's place, in its turn.
    func answered(_ progress: RequestInProgress, _ answer: Answer, by result: CompletedRequest.Result) {
        guard progress.expectsResponse else {
            // There is no way to say no to a client that does not listen, except as a broker does: by closing.
            complete(progress, result: result)
            close(reason: "acks_0_rejected")
            return
        }
        var slot = slot(for: progress)
        progress.record?.wasAnswered = true
        do throws(WireError) {
            let bytes = try answer.encoded(
                apiKey: slot.apiKey, apiVersion: slot.apiVersion, correlationID: slot.correlationID,
                allocator: shared.loop.allocator)
            slot.answer = WaitingAnswer(
                bytes: bytes, result: result, errorCode: bytes.firstErrorCode(slot.apiKey, slot.apiVersion))
        } catch {
            malformed("filter_encoding", error)
            return
        }
        _ = open(slot)
        if slots.count == 1 { sendAnswered() }
    }

    /// A request without an answer has been handed to the broker.
    func finishWithoutResponse(_ progress: RequestInProgress) {
        complete(progress, result: .noResponse)
        if let throttle = progress.record?.throttle, throttle > .zero { mute(for: throttle) }
    }

    private func complete(_ progress: RequestInProgress, result: CompletedRequest.Result) {
        guard let record = progress.record else { return }
        chain?.complete(
            record, result: result, responseBytes: 0, duration: .nanoseconds(Int64(elapsed(since: progress.startedAt))),
            upstream: upstream?.label)
    }

    // MARK: Answers that have come

    /// Gives the client a response whole, with its size prefix, in the turn of its slot, which is the first.
    func sendResponse(_ bytes: ByteBuffer, errorCode: Int16) {
        let size = bytes.readableBytes - 4
        send(bytes)
        responseSent(size: size, errorCode: errorCode, by: .answered)
    }

    /// The first slot's answer has left.
    ///
    /// - Parameters:
    ///   - size: the size of its frame, in bytes.
    ///   - errorCode: the first error code in it that is not 0.
    ///   - result: who gave it.
    func responseSent(size: Int, errorCode: Int16, by result: CompletedRequest.Result) {
        finishFirst(size: size, errorCode: errorCode, by: result)
        sendAnswered()
    }

    /// Sends the answers that have waited for their turn.
    private func sendAnswered() {
        while let answer = slots.first?.answer {
            send(answer.bytes)
            finishFirst(size: answer.bytes.readableBytes - 4, errorCode: answer.errorCode, by: answer.result)
        }
    }

    private func finishFirst(size: Int, errorCode: Int16, by result: CompletedRequest.Result) {
        guard let slot = slots.popFirst() else { return }
        firstSlot &+= 1
        shared.metrics.inFlight.decrement()
        let nanoseconds = elapsed(since: slot.startedAt, until: shared.loop.now)
        clientCounters?.responseBytes.increment(by: UInt64(max(0, size + 4)))
        if !slot.isRawToken {
            shared.metrics.countResponse(slot.apiKey, errorCode: errorCode, nanoseconds: nanoseconds)
        }
        if let record = slot.record {
            record.facts.errorCode = ErrorCode(rawValue: errorCode)
            slot.chain?.complete(
                record, result: result, responseBytes: size, duration: .nanoseconds(Int64(clamping: nanoseconds)),
                upstream: upstream?.label)
            if record.throttle > .zero { mute(for: record.throttle) }
        }
        if pauses.contains(.inFlight), slots.count < shared.limits.requestsInFlight { resumeLater() }
    }

    /// Takes further requests once the work at hand is done.
    private func resumeLater() {
        context.eventLoop.assumeIsolated().execute { [self] in setPause(.inFlight, false) }
    }

    private func elapsed(since start: NIODeadline, until end: NIODeadline) -> UInt64 {
        UInt64(max(0, (end - start).nanoseconds))
    }

    /// Takes nothing from the client for a while, as a broker does whose quota was exceeded.
    private func mute(for time: Duration) {
        setPause(.muted, true)
        let (seconds, attoseconds) = time.components
        let amount = TimeAmount.nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        context.eventLoop.assumeIsolated().scheduleTask(in: amount) { [self] in setPause(.muted, false) }
    }
}
