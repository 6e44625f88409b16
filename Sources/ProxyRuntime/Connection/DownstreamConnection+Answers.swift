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
        guard let record = progress.record else {
            return register(
                progress.head, startedAt: progress.startedAt, expectsResponse: progress.expectsResponse,
                watched: progress.plan.isOnlyWatched ? planned : nil)
        }
        if record.throttle > .zero { muteAsAsked(progress) }
        return register(progress.head, expectsResponse: progress.expectsResponse, Slot(progress))
    }

    /// As ``register(_:)``, for a request that filters watch at most.
    ///
    /// - Parameters:
    ///   - head: the header.
    ///   - startedAt: when its first bytes came.
    ///   - expectsResponse: false for `acks=0`.
    ///   - watched: whose filters watch the response; nil if nobody does.
    /// - Returns: Sluice's own correlation ID, to be written over the client's.
    func register(
        _ head: RequestHead, startedAt: NIODeadline, expectsResponse: Bool, watched: PlannedChain? = nil
    ) -> Int32 {
        register(
            head, expectsResponse: expectsResponse,
            Slot(
                apiKey: head.apiKey, apiVersion: head.apiVersion, correlationID: head.correlationID,
                startedAt: startedAt, watched: watched))
    }

    private func register(_ head: RequestHead, expectsResponse: Bool, _ slot: @autoclosure () -> Slot) -> Int32 {
        guard let upstream else { return 0 }
        guard expectsResponse else { return upstream.nextCorrelationID() }
        let number = open(slot())
        if head.apiKey == .saslHandshake { sasl.sent(head) }
        if head.apiKey.isSASL { setPause(.identifying, true) }
        return upstream.open(.slot(number), head.apiKey, head.apiVersion)
    }

    /// The number of the slot that is opened next.
    var nextSlot: UInt64 { firstSlot &+ UInt64(slots.count) }

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
        setPause(.identifying, true)
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
        progress.record?.wasAnswered = true
        do throws(WireError) {
            queue(progress, try encoded(answer, for: progress), by: result)
        } catch {
            malformed("filter_encoding", error)
        }
    }

    /// Answers a request as a filter decided: the filters before it see the answer as a response.
    func answered(_ progress: RequestInProgress, _ answer: FilterAnswer) {
        let result = CompletedRequest.Result.answeredByFilter(answer.filter)
        let steps = progress.plans.response(progress.head.apiKey, progress.head.apiVersion).steps
        guard let record = progress.record, let chain = progress.chain, progress.expectsResponse,
            chain.isAwaited(record, steps, before: answer.index)
        else {
            answered(progress, answer.answer, by: result)
            return
        }
        do throws(WireError) {
            var frame = try encoded(answer.answer, for: progress)
            frame.moveReaderIndex(forwardBy: 4)
            record.facts.errorCode = ErrorCode(
                rawValue: frame.firstErrorCode(record.apiKey, record.apiVersion, hasSize: false))
            let hasTags = HeaderForm.responseHasTags(record.apiKey, record.apiVersion)
            let response = FilteredResponse(
                record: record,
                frame: FilteredFrame(
                    frame: frame, apiKey: record.apiKey, apiVersion: record.apiVersion, direction: .response,
                    bodyOffset: hasTags ? 5 : 4, opening: record.connection.recordOpening))
            answered(
                progress, response, chain.run(response, steps, .all, from: answer.index - 1), by: result)
        } catch {
            malformed("filter_encoding", error)
        }
    }

    private func answered(
        _ progress: RequestInProgress, _ response: FilteredResponse, _ outcome: ResponseOutcome,
        by result: CompletedRequest.Result
    ) {
        switch outcome {
        case .close(let reason):
            answering = progress
            close(reason: reason)
        case .held(let future):
            // Requests behind it wait too, so that its slot is the next one.
            answering = progress
            setPause(.answering, true)
            future.assumeIsolated().whenSuccess { [weak self] outcome in
                guard let self, !self.isClosed else { return }
                self.answering = nil
                self.answered(progress, response, outcome, by: result)
                guard self.answering == nil, !self.isClosed else { return }
                self.flush()
                self.setPause(.answering, false)
                self.closeIfDone()
            }
        case .forward:
            progress.record?.wasAnswered = true
            do throws(WireError) {
                guard let bytes = try response.whole(allocator: shared.loop.allocator) else { return }
                queue(progress, bytes, by: result)
            } catch {
                malformed("filter_encoding", error)
            }
        }
    }

    private func encoded(_ answer: Answer, for progress: RequestInProgress) throws(WireError) -> ByteBuffer {
        try answer.encoded(
            apiKey: progress.head.apiKey, apiVersion: progress.head.apiVersion,
            correlationID: progress.head.correlationID, allocator: shared.loop.allocator)
    }

    /// Gives an answer its slot, and sends it if it is its turn.
    func queue(_ progress: RequestInProgress, _ bytes: ByteBuffer, by result: CompletedRequest.Result) {
        let (apiKey, apiVersion) = (progress.head.apiKey, progress.head.apiVersion)
        muteAsAsked(progress)
        var bytes = bytes
        if let throttle = progress.record?.throttle, throttle > .zero {
            ThrottleTime.raise(
                to: throttle, in: &bytes, frameAt: bytes.readerIndex + 4,
                bodyOffset: HeaderForm.responseHasTags(apiKey, apiVersion) ? 5 : 4, apiKey, apiVersion)
        }
        progress.answer = WaitingAnswer(
            bytes: bytes, result: result, errorCode: bytes.firstErrorCode(apiKey, apiVersion))
        _ = open(Slot(progress))
        if slots.count == 1 { sendAnswered() }
    }

    /// A request without an answer has been handed to the broker.
    func finishWithoutResponse(_ progress: RequestInProgress) {
        muteAsAsked(progress)
        complete(progress, result: .noResponse)
    }

    private func complete(_ progress: RequestInProgress, result: CompletedRequest.Result) {
        guard let record = progress.record else { return }
        progress.chain?.complete(
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

    /// The answer of the first slot has left, in which no filter has a part: the short form of ``responseSent(size:errorCode:by:)``.
    func plainResponseSent(_ slot: Slot, size: Int, errorCode: Int16) {
        slots.removeFirst()
        firstSlot &+= 1
        let metrics = shared.metrics
        metrics.inFlight.decrement()
        clientCounters?.responseBytes.increment(by: UInt64(max(0, size + 4)))
        metrics.countResponse(
            slot.apiKey, errorCode: errorCode, nanoseconds: elapsed(since: slot.startedAt, until: shared.loop.now))
        if pauses.contains(.inFlight), slots.count < shared.limits.requestsInFlight { resumeLater() }
        if slot.apiKey.isSASL { identified() }
        if let met = slot.watched?.chain, met !== chain { closeIfUnused(met) }
        if let next = slots.first, !next.isPlain { sendAnswered() }
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
        if let progress = slot.progress, let record = progress.record {
            record.facts.errorCode = ErrorCode(rawValue: errorCode)
            if let met = progress.chain {
                met.complete(
                    record, result: result, responseBytes: size, duration: .nanoseconds(Int64(clamping: nanoseconds)),
                    upstream: upstream?.label)
                if met !== chain { closeIfUnused(met) }
            }
            if record.throttle > progress.mutedFor { muteAsAsked(progress) }
        } else if let met = slot.watched?.chain, met !== chain {
            closeIfUnused(met)
        }
        if pauses.contains(.inFlight), slots.count < shared.limits.requestsInFlight { resumeLater() }
        if slot.apiKey.isSASL { identified() }
    }

    /// A step of the client's sign-in has been answered. What is behind it is taken once the work at hand is done.
    private func identified() {
        guard pauses.contains(.identifying) else { return }
        context.eventLoop.assumeIsolated().execute { [self] in
            setPause(.identifying, false)
            closeIfDone()
        }
    }

    /// Takes further requests once the work at hand is done.
    private func resumeLater() {
        context.eventLoop.assumeIsolated().execute { [self] in
            setPause(.inFlight, false)
            closeIfDone()
        }
    }

    private func elapsed(since start: NIODeadline, until end: NIODeadline) -> UInt64 {
        UInt64(max(0, (end - start).nanoseconds))
    }

    /// Takes no further request from the client for as long as filters have asked for, as a broker does whose quota was
    /// exceeded. It begins when they ask: requests that the client has sent already wait as well.
    func muteAsAsked(_ progress: RequestInProgress) {
        guard let time = progress.record?.throttle, time > progress.mutedFor, !isClosed else { return }
        progress.mutedFor = time
        let (seconds, attoseconds) = time.components
        let end = context.eventLoop.now + .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        guard end > mutedUntil else { return }
        mutedUntil = end
        setPause(.muted, true)
        unmuting?.cancel()
        unmuting = context.eventLoop.assumeIsolated().scheduleTask(deadline: end) { [self] in
            unmuting = nil
            setPause(.muted, false)
            closeIfDone()
        }
    }
}
