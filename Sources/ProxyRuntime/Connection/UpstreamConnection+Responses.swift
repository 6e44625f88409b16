import DequeModule
import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Telemetry

/// How responses are taken in: like requests, with the runs going to the client.
extension UpstreamConnection {
    /// Gives the client the run up to a place in the chunk.
    func forwardRun(_ intake: inout DownstreamConnection.Intake, upTo end: Int) {
        guard end > intake.run else { return }
        if let bytes = intake.slice(upTo: end) { downstream.send(bytes) }
        intake.run = end
    }

    /// One step; false if more bytes, or an event, have to come.
    func step(_ intake: inout DownstreamConnection.Intake) -> Bool {
        switch reading {
        case .header:
            return beginFrame(&intake)
        case .passing(let left):
            let count = min(left, intake.chunk.readableBytes)
            intake.chunk.moveReaderIndex(forwardBy: count)
            shared.metrics.cutThroughResponses.increment(by: UInt64(count))
            guard count == left else {
                reading = .passing(left - count)
                return false
            }
            forwardRunIfAnswersWait(&intake)
            endFrame()
            return true
        case .discarding(let left):
            let count = min(left, intake.chunk.readableBytes)
            intake.chunk.moveReaderIndex(forwardBy: count)
            intake.restartRun()
            reading = count == left ? .header : .discarding(left - count)
            return count == left
        case .walking:
            return walk(&intake)
        case .gathering(var frame):
            guard !pauses.contains(.budget) else { return false }
            reading = .header
            if var bytes = intake.chunk.readSlice(length: min(frame.missing, intake.chunk.readableBytes)) {
                frame.bytes.writeBuffer(&bytes)
            }
            intake.restartRun()
            guard frame.missing == 0 else {
                reading = .gathering(frame)
                return false
            }
            guard let current else { return true }
            self.current = nil
            var bytes = frame.bytes
            bytes.moveReaderIndex(forwardBy: 4)
            whole(current, frame: bytes)
            downstream.unhold(current.size)
            return true
        }
    }

    // MARK: The beginning of a frame

    private func beginFrame(_ intake: inout DownstreamConnection.Intake) -> Bool {
        let isHeld = pauses.contains(.holding)
        if isHeld, !hasQuestions { return false }
        let start = intake.chunk.readerIndex
        guard let size = intake.chunk.getInteger(at: start, as: Int32.self) else { return false }
        let first = exchanges.first
        if let first, case .token(let slot) = first.owner {
            return beginToken(&intake, first, slot, size: Int(size))
        }
        guard size >= 4, Int(size) <= shared.limits.maxFrame else {
            broken(ProtocolGuess.of(intake.chunk).map { "upstream_\($0)" } ?? "invalid_response_size")
            return false
        }
        guard let id = intake.chunk.getInteger(at: start + 4, as: Int32.self) else { return false }
        guard let exchange = first, id == exchange.correlationID else {
            guard isForUnanswered(id, before: first) else {
                broken(first == nil ? "unexpected_response" : "correlation_mismatch")
                return false
            }
            forwardRun(&intake, upTo: start)
            intake.chunk.moveReaderIndex(forwardBy: 4)
            intake.restartRun()
            lastAnsweredID = id
            reading = .discarding(Int(size))
            return true
        }
        lastAnsweredID = id
        // Looked at once, since it is found anew each time.
        let slot = downstream.slots.first
        let plan =
            if let watched = slot?.watched {
                watched.plans.response(exchange.apiKey, exchange.apiVersion)
            } else {
                (slot?.progress?.plans ?? shared.corePlans).response(exchange.apiKey, exchange.apiVersion)
            }
        var bodyOffset = 4
        if plan.headerHasTags {
            switch intake.chunk.skipTags(at: start + 8, end: start + 4 + Int(size)) {
            case .needsMore: return false
            case .malformed:
                broken("invalid_response_header")
                return false
            case .end(let end): bodyOffset = end - start - 4
            }
        }
        exchanges.removeFirst()
        return begin(exchange, slot, plan, size: Int(size), bodyOffset: bodyOffset, &intake)
    }

    /// True if the correlation ID is that of a request with `acks=0`, which has no answer: librdkafka's mock cluster gives one,
    /// and clients pass over it.
    private func isForUnanswered(_ id: Int32, before first: Exchange?) -> Bool {
        id > lastAnsweredID && id <= (first.map { $0.correlationID - 1 } ?? lastCorrelationID)
    }

    private func begin(
        _ exchange: Exchange, _ slot: Slot?, _ plan: ResponsePlan, size: Int, bodyOffset: Int,
        _ intake: inout DownstreamConnection.Intake
    ) -> Bool {
        let isOwn = if case .own = exchange.owner { true } else { false }
        if !isOwn, let slot, passesHere(exchange.apiKey, slot, plan, size: size, bodyOffset: bodyOffset, &intake) {
            return !isGone
        }
        let progress = ResponseInProgress(
            exchange: exchange, plan: plan, size: size, bodyOffset: bodyOffset, correlationID: slot?.correlationID ?? 0,
            record: isOwn ? nil : slot?.record,
            chain: isOwn ? nil : slot?.chain)
        let start = intake.chunk.readerIndex
        let isHere = intake.chunk.readableBytes >= size + 4
        guard isOwn || pauses.contains(.holding) || wantsWhole(progress, isHere: isHere) else {
            return stream(progress, &intake)
        }
        guard isHere else { return gather(progress, &intake) }
        guard let frame = intake.chunk.getSlice(at: start + 4, length: size) else { return false }
        forwardRun(&intake, upTo: start)
        intake.chunk.moveReaderIndex(forwardBy: size + 4)
        intake.restartRun()
        whole(progress, frame: frame)
        return true
    }

    private func wantsWhole(_ progress: ResponseInProgress, isHere: Bool) -> Bool {
        if let record = progress.record, record.inspectsResponse || !record.partialAnswers.isEmpty { return true }
        switch progress.plan.mode {
        case .whole: return true
        case .cutThrough: return false
        case .walk:
            return isHere && ((progress.plan.depth ?? .header) >= .fields || progress.plan.rewritesAddresses)
        }
    }

    /// Passes a response on that is there whole, that no filter is shown, and that needs no change: what most responses
    /// are, so it takes the short way.
    ///
    /// - Returns: false if the response is none of those.
    private func passesHere(
        _ apiKey: APIKey, _ slot: Slot, _ plan: ResponsePlan, size: Int, bodyOffset: Int,
        _ intake: inout DownstreamConnection.Intake
    ) -> Bool {
        let start = intake.chunk.readerIndex
        guard intake.chunk.readableBytes >= size + 4, !pauses.contains(.holding), plan.steps.isEmpty,
            slot.passesResponses
        else { return false }
        sink.begin(record: slot.record, countsTopics: plan.streams)
        switch plan.mode {
        case .cutThrough:
            shared.metrics.cutThroughResponses.increment(by: UInt64(size - bodyOffset))
        case .walk(let program), .whole(let program?):
            // Endpoints are rare, so look before anything is copied; other addresses are always there.
            guard !plan.rewritesAddresses || plan.endpointsAreTagged, !CoreRoles.teachesTopology(apiKey) else {
                return false
            }
            sink.hidesEndpoints = plan.rewritesAddresses
            if !plan.watchers.isEmpty {
                sink.show(
                    to: slot.chain?.watcher(of: .response, plan.watchers), apiKey, request: downstream.firstSlot)
            }
            let isRead = try? intake.chunk.walkWhole(
                program, &walker, at: start + 4, bodyOffset: bodyOffset, size: size, &sink)
            guard isRead == true, sink.hiddenTag == nil else {
                sink.hiddenTag = nil
                isObserved = true
                sink.endWatch(isRead: false)
                return false
            }
            sink.endWatch()
            noteTopic()
        case .whole(nil):
            return false
        }
        intake.chunk.patch(slot.correlationID, at: start + 4)
        intake.chunk.moveReaderIndex(forwardBy: size + 4)
        if apiKey == .saslHandshake {
            downstream.sasl.handshakeAnswered(version: slot.apiVersion, errorCode: sink.errorCode)
        }
        forwardRunIfAnswersWait(&intake)
        if slot.isPlain {
            downstream.plainResponseSent(slot, size: size, errorCode: sink.errorCode)
        } else {
            downstream.responseSent(size: size, errorCode: sink.errorCode, by: .answered)
        }
        return true
    }

    /// Bytes that have passed leave before an answer that waits behind them.
    private func forwardRunIfAnswersWait(_ intake: inout DownstreamConnection.Intake) {
        guard downstream.slots.count > 1, downstream.slots[1].answer != nil else { return }
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
    }

    /// Forwards a frame as its bytes come.
    private func stream(_ progress: ResponseInProgress, _ intake: inout DownstreamConnection.Intake) -> Bool {
        let start = intake.chunk.readerIndex
        intake.chunk.patch(progress.correlationID, at: start + 4)
        slow(progress, &intake.chunk, frameAt: start + 4)
        current = progress
        isObserved = false
        intake.chunk.moveReaderIndex(forwardBy: 4 + progress.bodyOffset)
        guard case .walk(let program) = progress.plan.mode else {
            sink.begin(record: progress.record, countsTopics: false)
            reading = .passing(progress.size - progress.bodyOffset)
            return true
        }
        sink.begin(record: progress.record, countsTopics: progress.plan.streams)
        sink.hidesEndpoints = progress.plan.rewritesAddresses
        if !progress.plan.watchers.isEmpty {
            sink.show(
                to: progress.chain?.watcher(of: .response, progress.plan.watchers), progress.exchange.apiKey,
                request: downstream.firstSlot)
        }
        walker.begin(program, position: progress.bodyOffset, end: progress.size)
        reading = .walking
        return true
    }

    private func walk(_ intake: inout DownstreamConnection.Intake) -> Bool {
        guard let progress = current else {
            reading = .header
            return true
        }
        let frameStart = intake.chunk.readerIndex - walker.position
        let outcome: FieldWalker.Progress
        do throws(WireError) {
            outcome = try intake.chunk.walk(&walker, end: progress.size, &sink)
        } catch {
            guard !progress.plan.rewritesAddresses else {
                broken("response_body", error)
                return false
            }
            // Nothing depends on it but the counts: what cannot be read passes.
            shared.metrics.countDecodeError("response_body")
            sink.endWatch(isRead: false)
            outcome = .finished
        }
        if let tag = sink.hiddenTag {
            // An unknown tag, of the same length: the client passes it, and uses the address that it knows.
            intake.chunk.patchBehind(byte: HiddenEndpoints.unknownTag, at: frameStart + tag)
            sink.hiddenTag = nil
        }
        guard outcome == .finished else { return false }
        sink.endWatch()
        noteTopic()
        let left = progress.size - walker.position
        reading = .passing(left)
        return true
    }

    private func noteTopic() {
        guard let id = sink.unknownTopic else { return }
        askName(of: id)
    }

    /// The frame has passed.
    private func endFrame() {
        reading = .header
        guard let progress = current else { return }
        current = nil
        if let record = progress.record, progress.plan.depth != nil {
            let response = FilteredResponse(
                record: record,
                frame: FilteredFrame(
                    frame: nil, apiKey: record.apiKey, apiVersion: record.apiVersion, direction: .response,
                    bodyOffset: 0, opening: record.connection.recordOpening))
            if case .close(let reason) = progress.chain?.run(response, progress.plan.steps, .untilPassed) ?? .forward {
                downstream.close(reason: reason)
                return
            }
        }
        finished(progress, errorCode: sink.errorCode)
        downstream.responseSent(size: progress.size, errorCode: sink.errorCode, by: .answered)
    }

    /// What the proxy itself does when a response has been read.
    func finished(_ progress: ResponseInProgress, errorCode: Int16) {
        if progress.exchange.apiKey == .saslHandshake {
            downstream.sasl.handshakeAnswered(version: progress.exchange.apiVersion, errorCode: errorCode)
        }
    }

    // MARK: Frames that are there whole

    private func gather(_ progress: ResponseInProgress, _ intake: inout DownstreamConnection.Intake) -> Bool {
        guard progress.size <= shared.limits.maxHeldFrame else {
            broken("held_response_too_large")
            return false
        }
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        current = progress
        reading = .gathering(
            GatheredFrame(
                size: progress.size,
                bytes: shared.loop.allocator.buffer(
                    capacity: min(progress.size + 4, RequestIntakeLimits.firstCapacity))))
        guard let wait = shared.budget.reserve(progress.size, on: downstream.context.eventLoop) else {
            downstream.heldBytes += progress.size
            return true
        }
        setPause(.budget, true)
        let size = progress.size
        let budget = shared.budget
        wait.assumeIsolated().whenSuccess { [self] in
            guard !self.isGone else {
                budget.release(size)
                return
            }
            self.downstream.heldBytes += size
            self.setPause(.budget, false)
        }
        return false
    }

    private func whole(_ progress: ResponseInProgress, frame: ByteBuffer) {
        if case .own(let promise) = progress.exchange.owner {
            var body = frame
            body.moveReaderIndex(forwardBy: min(progress.bodyOffset, body.readableBytes))
            promise.succeed(ByteBuffer(buffer: body))
            return
        }
        if pauses.contains(.holding) {
            downstream.hold(frame.readableBytes)
            deferred.append((progress.exchange, ByteBuffer(buffer: frame)))
            return
        }
        answer(progress, frame)
    }

    // MARK: Tokens of SASL without a header

    private func beginToken(
        _ intake: inout DownstreamConnection.Intake, _ exchange: Exchange, _ slot: UInt64, size: Int
    ) -> Bool {
        guard size >= 0, size <= SASLObserver.largestToken else {
            broken("sasl_token_size")
            return false
        }
        guard let token = intake.chunk.getBytes(at: intake.chunk.readerIndex + 4, length: size) else { return false }
        downstream.signInAnswered(errorCode: 0, token: token)
        exchanges.removeFirst()
        current = ResponseInProgress(
            exchange: exchange, plan: shared.corePlans.response(APIKey(rawValue: -1), -1), size: size, bodyOffset: 0,
            correlationID: 0, record: nil, chain: nil)
        sink.begin(record: nil, countsTopics: false)
        intake.chunk.moveReaderIndex(forwardBy: 4)
        reading = .passing(size)
        return true
    }
}

/// How endpoints are kept from clients in frames that are on their way already.
enum HiddenEndpoints {
    /// A tag that no Kafka release uses at the top level of a Fetch response, of one byte. Only there endpoints stream
    /// past: all other responses with addresses are whole when they are read.
    static let unknownTag: UInt8 = 126
}
