import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import SASL
import Telemetry

/// How requests are taken in.
///
/// Bytes that go on as they came are not moved: `run` marks where those of the chunk begin that are to be forwarded,
/// and they leave in one piece when something comes between, or the chunk ends.
extension DownstreamConnection {
    /// A chunk that is being used up.
    struct Intake {
        var chunk: ByteBuffer
        /// Where the bytes begin that are to be forwarded, up to the chunk's reader index.
        var run: Int

        /// The bytes from the beginning of the run up to an index, which lies behind the reader index or at it.
        func slice(upTo end: Int) -> ByteBuffer? {
            var bytes = chunk
            bytes.moveReaderIndex(to: run)
            return bytes.readSlice(length: end - run)
        }

        /// Leaves out what lies between the end of the run and the reader index.
        mutating func restartRun() {
            run = chunk.readerIndex
        }
    }

    /// Uses what has come, as far as it may be.
    func pump() {
        guard !isPumping, !isClosed, let chunk = unread else { return }
        isPumping = true
        unread = nil
        var intake = Intake(chunk: chunk, run: chunk.readerIndex)
        while !isClosed, step(&intake) {}
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        isPumping = false
        guard !isClosed else { return }
        if intake.chunk.readableBytes > 0 { unread = intake.chunk }
        upstream?.sendQuestions()
        upstream?.flush()
        flush()
        closeIfDone()
    }

    /// True if what is written to the broker next begins a request.
    var isBetweenRequests: Bool {
        guard !isPumping else { return false }
        switch reading {
        case .header, .gathering, .discarding: return true
        case .passing, .walking: return false
        }
    }

    /// True if no request is under way that a filter, or memory for it, may let go on to the broker at any time.
    var isFree: Bool {
        guard isBetweenRequests, !pauses.contains(.holding), heldAnswer == nil else { return false }
        if case .gathering = reading { return false }
        return true
    }

    /// Sends the run up to a place in the chunk.
    func forwardRun(_ intake: inout Intake, upTo end: Int) {
        guard end > intake.run else { return }
        if let bytes = intake.slice(upTo: end) { upstream?.send(bytes) }
        intake.run = end
    }

    /// One step; false if more bytes, or an event, have to come.
    private func step(_ intake: inout Intake) -> Bool {
        switch reading {
        case .header:
            return pauses.isDisjoint(with: [
                .connecting, .holding, .answering, .inFlight, .muted, .draining, .signingIn, .identifying,
            ])
                && beginFrame(&intake)
        case .passing(let left):
            let count = min(left, intake.chunk.readableBytes)
            intake.chunk.moveReaderIndex(forwardBy: count)
            shared.metrics.cutThroughRequests.increment(by: UInt64(count))
            return advance(to: .passing(left - count), left: left - count)
        case .discarding(let left):
            let count = min(left, intake.chunk.readableBytes)
            intake.chunk.moveReaderIndex(forwardBy: count)
            intake.restartRun()
            return advance(to: .discarding(left - count), left: left - count)
        case .walking:
            return walk(&intake)
        case .gathering(var frame):
            guard !pauses.contains(.holding) else { return false }
            // Moved out while it grows, so that it is not copied.
            reading = .header
            if var bytes = intake.chunk.readSlice(length: min(frame.missing, intake.chunk.readableBytes)) {
                frame.bytes.writeBuffer(&bytes)
            }
            intake.restartRun()
            guard frame.missing == 0 else {
                reading = .gathering(frame)
                return false
            }
            gathered(frame, &intake)
            return true
        }
    }

    private func advance(to next: Reading, left: Int) -> Bool {
        guard left == 0 else {
            reading = next
            return false
        }
        endFrame()
        return true
    }

    /// The frame has passed.
    func endFrame() {
        reading = .header
        frameStartedAt = shared.loop.now
        guard let passed = current else { return }
        if let record = passed.record, passed.plan.streams, !passed.headerSeen || passed.plan.depth == .fields {
            showPassed(passed, record)
            // A filter may have closed the connection, which has completed the request.
            if isClosed { return }
            muteAsAsked(passed)
        }
        current = nil
        if !passed.expectsResponse { finishWithoutResponse(passed) }
    }

    // MARK: The beginning of a frame

    private func beginFrame(_ intake: inout Intake) -> Bool {
        guard intake.chunk.readableBytes >= 4, !isClosed else { return false }
        let start = intake.chunk.readerIndex
        guard let size = intake.chunk.getInteger(at: start, as: Int32.self) else { return false }
        guard size > 0, Int(size) <= shared.limits.maxFrame else {
            if size == 0, sasl.expectsToken { return beginToken(&intake, size: 0) }
            if size == 0, let gate, gate.termination.expectsBareToken { return takeBareToken(gate, size: 0, &intake) }
            malformed(ProtocolGuess.of(intake.chunk) ?? (size > 0 ? "frame_too_large" : "invalid_size"), nil)
            return false
        }
        if let gate {
            guard gate.admits(size: Int(size)) else {
                malformed("sasl_frame_too_large", nil)
                return false
            }
            if gate.termination.expectsBareToken { return takeBareToken(gate, size: Int(size), &intake) }
        }
        if sasl.expectsToken, sasl.isToken(intake.chunk, at: start + 4) { return beginToken(&intake, size: Int(size)) }
        if let held = heldAnswer {
            heldAnswer = nil
            return answerEarly(held.progress, held.answer, &intake)
        }
        if current != nil, let pending = current { return resume(pending, &intake) }
        let outcome: RequestHead.Outcome
        do throws(WireError) {
            outcome = try intake.chunk.readHead(at: start + 4, frameSize: Int(size))
        } catch {
            malformed("invalid_header", error)
            return false
        }
        guard case .header(let head) = outcome else {
            if intake.chunk.readableBytes > RequestIntakeLimits.header { malformed("header_too_large", nil) }
            return false
        }
        if let gate, let isDealtWith = intercepted(gate, head, size: Int(size), &intake) { return isDealtWith }
        guard let upstream, upstream.isReady else {
            // Only a whole header shows that this is a Kafka client, which wants a broker.
            connectUpstream()
            return false
        }
        return begin(head, size: Int(size), &intake)
    }

    private func begin(_ head: RequestHead, size: Int, _ intake: inout Intake) -> Bool {
        let start = intake.chunk.readerIndex
        if passage.isOpen, !head.apiKey.isSASL { endSignIn() }
        let counters = clientCounters(head, at: start + 4, in: intake.chunk)
        if chainGeneration != shared.generation {
            adoptChain()
        } else if plannedIdentity != context.identityVersion {
            planForClient()
        }
        let plan = plans.request(head.apiKey, head.apiVersion)
        guard allowed(head, plan, size: size, &intake) else {
            if case .discarding = reading { return true }
            return false
        }
        var expectsResponse = true
        if head.apiKey == .produce {
            switch intake.chunk.readAcks(head, at: start + 4, size: size) {
            case .needsMore:
                if intake.chunk.readableBytes > RequestIntakeLimits.header { malformed("header_too_large", nil) }
                return false
            case .malformed(let error):
                malformed("produce_acks", error)
                return false
            case .acks(let acks): expectsResponse = acks != 0
            }
        }
        shared.metrics.countRequest(head.apiKey, head.apiVersion)
        counters.requests.increment()
        counters.requestBytes.increment(by: UInt64(size + 4))
        if !plan.isFiltered || plan.isOnlyWatched,
            passesHere(head, plan, size: size, expectsResponse: expectsResponse, nil, &intake)
        {
            return !isClosed
        }
        let progress = RequestInProgress(
            head: head, size: size, plan: plan, plans: plans, chain: chain, startedAt: frameStartedAt,
            expectsResponse: expectsResponse, record: nil)
        if plan.isFiltered, !plan.isOnlyWatched {
            progress.record = RequestRecord(
                apiKey: head.apiKey, apiVersion: head.apiVersion, correlationID: head.correlationID,
                clientID: context.clientID, requestBytes: size, connection: context)
            progress.record?.seenBy = plan.observers
        }
        return take(progress, &intake)
    }

    /// Passes a frame on that is there whole and that filters look at no deeper than its header: what most requests are,
    /// so it takes the short way.
    ///
    /// - Parameters:
    ///   - head: the header.
    ///   - plan: how it is taken in.
    ///   - size: the size of the frame without its prefix, in bytes.
    ///   - expectsResponse: false for `acks=0`.
    ///   - progress: the request, where a filter has a part in it; those that look at the header have forwarded it.
    ///   - intake: what has come.
    /// - Returns: false if the frame is none of those.
    private func passesHere(
        _ head: RequestHead, _ plan: RequestPlan, size: Int, expectsResponse: Bool, _ progress: RequestInProgress?,
        _ intake: inout Intake
    ) -> Bool {
        guard intake.chunk.readableBytes >= size + 4, !resetsFetchSession else { return false }
        let start = intake.chunk.readerIndex
        switch plan.mode {
        case .whole: return false
        case .cutThrough:
            shared.metrics.cutThroughRequests.increment(by: UInt64(size - head.length))
        case .walk(let program):
            sink.begin(record: progress?.record, countsTopics: plan.streams)
            if !plan.watchers.isEmpty {
                sink.show(
                    to: (progress?.chain ?? chain)?.watcher(of: .request, plan.watchers), head.apiKey,
                    request: nextSlot,
                    expectsResponse: expectsResponse)
            }
            do throws(WireError) {
                guard
                    try intake.chunk.walkWhole(
                        program, &walker, at: start + 4, bodyOffset: head.length, size: size, &sink)
                else {
                    current = progress
                    malformed("request_body", nil)
                    return true
                }
            } catch {
                current = progress
                malformed("request_body", error)
                return true
            }
            sink.endWatch()
            if let id = sink.unknownTopic { upstream?.askName(of: id) }
        }
        let correlationID =
            progress.map { register($0) }
            ?? register(
                head, startedAt: frameStartedAt, expectsResponse: expectsResponse,
                watched: plan.isOnlyWatched ? planned : nil)
        intake.chunk.patch(correlationID, at: start + 4 + RequestHead.correlationIDOffset)
        intake.chunk.moveReaderIndex(forwardBy: size + 4)
        frameStartedAt = shared.loop.now
        if let progress, !expectsResponse { finishWithoutResponse(progress) }
        return true
    }

    /// Goes on with a frame whose filters have decided at its header.
    private func resume(_ pending: RequestInProgress, _ intake: inout Intake) -> Bool {
        current = nil
        return take(pending, &intake)
    }

    private func take(_ progress: RequestInProgress, _ intake: inout Intake) -> Bool {
        let start = intake.chunk.readerIndex
        let isHere = intake.chunk.readableBytes >= progress.size + 4
        let isReadWhole = progress.inspector != nil || (resetsFetchSession && progress.head.apiKey == .fetch)
        let wantsWhole: Bool
        switch progress.plan.mode {
        case .whole: wantsWhole = true
        case .cutThrough, .walk: wantsWhole = isReadWhole || (isHere && (progress.plan.depth ?? .header) >= .fields)
        }
        if wantsWhole {
            guard isHere else { return gather(progress, &intake) }
            guard let frame = intake.chunk.getSlice(at: start + 4, length: progress.size) else { return false }
            whole(progress, frame: frame, in: &intake)
            return true
        }
        if let record = progress.record, !progress.headerSeen {
            progress.headerSeen = true
            switch showHeader(progress, record) {
            case .forward: break
            case .answered(let answer):
                return answerEarly(progress, answer, &intake)
            case .inspect(let index):
                progress.inspector = index
                return take(progress, &intake)
            case .close(let reason):
                // So that it is completed.
                current = progress
                close(reason: reason)
                return false
            case .held(let future):
                current = progress
                wait(for: future, progress)
                // The filter may have known its decision already.
                return !pauses.contains(.holding) && !isClosed
            }
        }
        if (progress.plan.depth ?? .header) == .header,
            passesHere(
                progress.head, progress.plan, size: progress.size, expectsResponse: progress.expectsResponse,
                progress, &intake)
        {
            return !isClosed
        }
        return stream(progress, &intake)
    }

    /// Shows the filters the header of a request.
    private func showHeader(_ progress: RequestInProgress, _ record: RequestRecord) -> RequestOutcome {
        guard progress.plan.depth != nil, let chain else { return .forward }
        return chain.run(chain.header(record), progress.plan.steps, .atHeader)
    }

    /// Forwards a frame as its bytes come.
    private func stream(_ progress: RequestInProgress, _ intake: inout Intake) -> Bool {
        let start = intake.chunk.readerIndex
        let number = nextSlot
        let correlationID = register(progress)
        intake.chunk.patch(correlationID, at: start + 4 + RequestHead.correlationIDOffset)
        current = progress
        guard case .walk(let program) = progress.plan.mode else {
            intake.chunk.moveReaderIndex(forwardBy: 4 + progress.head.length)
            reading = .passing(progress.size - progress.head.length)
            return true
        }
        intake.chunk.moveReaderIndex(forwardBy: 4 + progress.head.length)
        sink.begin(record: progress.record, countsTopics: progress.plan.streams)
        if !progress.plan.watchers.isEmpty {
            sink.show(
                to: progress.chain?.watcher(of: .request, progress.plan.watchers), progress.head.apiKey,
                request: number,
                expectsResponse: progress.expectsResponse)
        }
        walker.begin(program, position: progress.head.length, end: progress.size)
        reading = .walking
        return true
    }

    private func walk(_ intake: inout Intake) -> Bool {
        guard let size = current?.size else {
            reading = .header
            return true
        }
        do throws(WireError) {
            let progress = try intake.chunk.walk(&walker, end: size, &sink)
            guard progress == .finished else { return false }
        } catch {
            malformed("request_body", error)
            return false
        }
        sink.endWatch()
        if let id = sink.unknownTopic { upstream?.askName(of: id) }
        let left = size - walker.position
        reading = .passing(left)
        if left == 0 { endFrame() }
        return true
    }

    // MARK: Requests that are answered before they are whole

    private func answerEarly(
        _ progress: RequestInProgress, _ answer: FilterAnswer, _ intake: inout Intake
    ) -> Bool {
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        intake.chunk.moveReaderIndex(forwardBy: 4)
        intake.restartRun()
        reading = .discarding(progress.size)
        current = nil
        answered(progress, answer)
        return true
    }

    // MARK: Tokens of SASL without a header

    private func beginToken(_ intake: inout Intake, size: Int) -> Bool {
        guard size <= SASLObserver.largestToken else {
            malformed("sasl_token_too_large", nil)
            return false
        }
        // To know who signs in, it is read as a whole; it is small.
        guard let token = intake.chunk.getBytes(at: intake.chunk.readerIndex + 4, length: size) else { return false }
        passage.sent(token)
        upstream?.expectToken(slot: openTokenSlot())
        intake.chunk.moveReaderIndex(forwardBy: 4)
        reading = .passing(size)
        return true
    }
}

/// Bounds of the intake that are not settings, since no client comes near them.
enum RequestIntakeLimits {
    /// The largest header with its size prefix, in bytes: a client ID of 32,767 bytes and as much of tagged fields.
    static let header = 1 << 17
    /// How much is allocated for a held frame before its bytes come; it grows with them.
    static let firstCapacity = 1 << 16
}
