import DequeModule
import FilterAPI
import KafkaCodec
import KafkaWire
import NIOCore

/// How responses meet the filters, and leave for the client.
extension UpstreamConnection {
    /// Reads a response that is there whole, shows it to the filters, and sends it.
    func answer(_ progress: ResponseInProgress, _ frame: ByteBuffer) {
        showReceived(progress, frame)
        do throws(WireError) {
            let (read, errorCode) = try read(progress, frame)
            finished(progress, errorCode: errorCode)
            try filter(progress, read, errorCode: errorCode)
        } catch {
            broken("response_body", error)
        }
    }

    /// Shows a response as it has come to those who watch it.
    private func showReceived(_ progress: ResponseInProgress, _ frame: ByteBuffer) {
        guard !progress.plan.watchers.isEmpty,
            let watcher = progress.chain?.watcher(of: .response, progress.plan.watchers)
        else { return }
        WatchingSink.show(
            frame, progress.plan.program, bodyOffset: progress.bodyOffset,
            WatchedFrame(
                direction: .response, apiKey: progress.exchange.apiKey, request: downstream.firstSlot,
                record: progress.record),
            to: watcher)
    }

    private func filter(_ progress: ResponseInProgress, _ frame: ByteBuffer, errorCode: Int16) throws(WireError) {
        guard let record = progress.record, let chain = progress.chain,
            progress.plan.depth != nil || !record.partialAnswers.isEmpty
        else {
            send(progress, frame, errorCode: errorCode)
            return
        }
        record.facts.errorCode = ErrorCode(rawValue: errorCode)
        let response = FilteredResponse(
            record: record,
            frame: FilteredFrame(
                frame: frame, apiKey: record.apiKey, apiVersion: record.apiVersion, direction: .response,
                bodyOffset: progress.bodyOffset, opening: record.connection.recordOpening))
        switch chain.run(response, progress.plan.steps, .all) {
        case .forward: try sendFiltered(progress, response, errorCode: errorCode)
        case .close(let reason): downstream.close(reason: reason)
        case .held(let future): wait(for: future, progress, response, errorCode: errorCode)
        }
    }

    private func wait(
        for future: EventLoopFuture<ResponseOutcome>, _ progress: ResponseInProgress, _ response: FilteredResponse,
        errorCode: Int16
    ) {
        downstream.hold(progress.size)
        setPause(.holding, true)
        future.assumeIsolated().whenSuccess { [self] outcome in
            guard !self.isGone else { return }
            self.downstream.unhold(progress.size)
            switch outcome {
            case .close(let reason):
                self.downstream.close(reason: reason)
                return
            case .held(let next):
                self.wait(for: next, progress, response, errorCode: errorCode)
                return
            case .forward:
                do throws(WireError) {
                    try self.sendFiltered(progress, response, errorCode: errorCode)
                } catch {
                    self.broken("filter_encoding", error)
                    return
                }
            }
            self.answerDeferred()
            self.downstream.flush()
            self.downstream.closeIfDone()
        }
    }

    /// The responses that came while another was held, in order; one of them may be held in its turn.
    private func answerDeferred() {
        pauses.remove(.holding)
        while !isGone, !pauses.contains(.holding), let (exchange, frame) = deferred.popFirst() {
            downstream.unhold(frame.readableBytes)
            let slot = downstream.slots.first
            let plans = slot?.plans ?? shared.corePlans
            let plan = plans.response(exchange.apiKey, exchange.apiVersion)
            let progress = ResponseInProgress(
                exchange: exchange, plan: plan, size: frame.readableBytes,
                bodyOffset: frame.bodyOffset(hasTags: plan.headerHasTags), correlationID: slot?.correlationID ?? 0,
                record: slot?.record, chain: slot?.chain)
            answer(progress, frame)
        }
        guard !isGone, !pauses.contains(.holding) else { return }
        pauses.insert(.holding)
        setPause(.holding, false)
    }

    private func sendFiltered(
        _ progress: ResponseInProgress, _ response: FilteredResponse, errorCode: Int16
    ) throws(WireError) {
        guard let changed = try response.frame.encoded(allocator: shared.loop.allocator) else {
            send(progress, response.frame.frame ?? ByteBuffer(), errorCode: errorCode)
            return
        }
        var frame = changed
        frame.moveReaderIndex(forwardBy: 4)
        send(progress, frame, errorCode: errorCode)
    }

    /// Sends a copy of a frame, behind its size and with the client's correlation ID.
    private func send(_ progress: ResponseInProgress, _ frame: ByteBuffer, errorCode: Int16) {
        var bytes = shared.loop.allocator.buffer(capacity: frame.readableBytes + 4)
        bytes.writeInteger(UInt32(clamping: frame.readableBytes))
        bytes.writeImmutableBuffer(frame)
        bytes.setInteger(progress.correlationID, at: bytes.readerIndex + 4)
        slow(progress, &bytes, frameAt: bytes.readerIndex + 4)
        downstream.sendResponse(bytes, errorCode: errorCode)
    }

    /// Tells the client how long it is slowed, where a filter wants more than the broker.
    func slow(_ progress: ResponseInProgress, _ bytes: inout ByteBuffer, frameAt start: Int) {
        guard let throttle = progress.record?.throttle, throttle > .zero else { return }
        ThrottleTime.raise(
            to: throttle, in: &bytes, frameAt: start, bodyOffset: progress.bodyOffset, progress.exchange.apiKey,
            progress.exchange.apiVersion)
    }
}
