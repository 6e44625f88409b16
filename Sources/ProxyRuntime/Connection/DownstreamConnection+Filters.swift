import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// How requests meet the filters.
extension DownstreamConnection {
    /// Takes up the listener's chain, between two frames; called where it is another than before.
    func adoptChain() {
        // The first chain of a connection takes the place of none, that of an empty one does.
        resetsFetchSession = chainGeneration != Self.noGeneration
        chainGeneration = shared.generation
        let old = chain
        chain =
            shared.chain.entries.isEmpty
            ? nil
            : ConnectionChain(chain: shared.chain, context: context, actions: shared.actions, replacing: old)
        planForClient()
        if let old { closeIfUnused(old) }
    }

    /// Takes up the listener's chain if no request is under way; one that has taken up none yet does so at its first.
    func adoptChainIfIdle() {
        guard chainGeneration != Self.noGeneration, chainGeneration != shared.generation, slots.isEmpty, !isClosed,
            current == nil, heldAnswer == nil, answering == nil, case .header = reading
        else { return }
        adoptChain()
    }

    /// Takes up the plans for the filters that this client concerns.
    func planForClient() {
        plannedIdentity = context.identityVersion
        plans = chain == nil ? shared.plans : shared.plans(for: shared.chain.concerned(context.identity))
        keepPlanned()
        planned = chain.map { PlannedChain(chain: $0, plans: plans) }
    }

    /// Keeps what slots refer to of what is about to be exchanged, and lets go of what none does.
    private func keepPlanned() {
        guard !slots.isEmpty else {
            formerlyPlanned.removeAll()
            return
        }
        if let planned { formerlyPlanned.append(planned) }
        // A client may change who it is with each request.
        guard formerlyPlanned.count > 2 * shared.limits.requestsInFlight else { return }
        let referred = Set(slots.lazy.compactMap(\.watched).map { ObjectIdentifier($0) })
        formerlyPlanned.removeAll { !referred.contains(ObjectIdentifier($0)) }
    }

    /// Closes a chain that was exchanged, once the last request that met it has ended.
    func closeIfUnused(_ old: ConnectionChain) {
        guard old !== chain, !slots.contains(where: { $0.chain === old }) else { return }
        // Its filters are shut down once nobody has it any more.
        formerlyPlanned.removeAll { $0.chain === old }
        old.close()
    }

    /// Reads what the proxy itself wants to know of a frame that is there whole; false if the connection was closed.
    func observeWhole(_ progress: RequestInProgress, _ frame: ByteBuffer) -> Bool {
        if progress.head.apiKey == .apiVersions { noteSoftware(progress.head, frame) }
        if progress.head.apiKey.isSASL { noteSignIn(progress.head, frame) }
        let program: WalkProgram
        switch progress.plan.mode {
        case .walk(let used): program = used
        case .whole(let used?): program = used
        case .whole(nil), .cutThrough: return true
        }
        sink.begin(record: progress.record, countsTopics: progress.plan.streams)
        do throws(WireError) {
            guard
                try frame.walkWhole(
                    program, &walker, at: frame.readerIndex, bodyOffset: progress.head.length, size: progress.size,
                    &sink)
            else {
                malformed("request_body", nil)
                return false
            }
        } catch {
            malformed("request_body", error)
            return false
        }
        if let id = sink.unknownTopic { upstream?.askName(of: id) }
        return true
    }

    /// The client's library, which it says in ApiVersions from version 3 on.
    private func noteSoftware(_ head: RequestHead, _ frame: ByteBuffer) {
        guard head.apiVersion >= 3,
            let body = frame.getSlice(at: frame.readerIndex + head.length, length: frame.readableBytes - head.length)
        else { return }
        var reader = WireReader(body)
        guard let request = try? ApiVersionsRequest.decode(from: &reader, version: head.apiVersion) else { return }
        context.softwareName = request.clientSoftwareName
        context.softwareVersion = request.clientSoftwareVersion
        clientCounters = nil
    }

    /// Waits for filters that hold a request at its header.
    func wait(for future: EventLoopFuture<RequestOutcome>, _ progress: RequestInProgress) {
        setPause(.holding, true)
        future.assumeIsolated().whenSuccess { [self] outcome in
            guard !self.isClosed else { return }
            progress.headerSeen = true
            switch outcome {
            case .forward: self.current = progress
            case .inspect(let index):
                progress.inspector = index
                self.current = progress
            case .answered(let answer):
                self.current = nil
                self.heldAnswer = HeldAnswer(progress: progress, answer: answer)
            case .close(let reason):
                self.close(reason: reason)
                return
            case .held(let next):
                self.wait(for: next, progress)
                return
            }
            self.setPause(.holding, false)
            self.closeIfDone()
        }
    }

    /// Waits for filters that hold a whole request.
    func wait(for future: EventLoopFuture<RequestOutcome>, _ progress: RequestInProgress, _ request: FilteredRequest) {
        setPause(.holding, true)
        future.assumeIsolated().whenSuccess { [self] outcome in
            guard !self.isClosed else { return }
            switch outcome {
            case .forward, .inspect: self.forwardHeld(progress, request)
            case .answered(let answer):
                self.current = nil
                self.answered(progress, answer)
            case .close(let reason): self.close(reason: reason)
            case .held(let next):
                self.wait(for: next, progress, request)
                return
            }
            guard !self.isClosed else { return }
            self.unhold(progress.size)
            self.frameStartedAt = self.shared.loop.now
            self.upstream?.flush()
            self.flush()
            self.setPause(.holding, false)
            self.closeIfDone()
        }
    }

    private func forwardHeld(_ progress: RequestInProgress, _ request: FilteredRequest) {
        let changed: ByteBuffer?
        do throws(WireError) {
            changed = try request.frame.encoded(allocator: shared.loop.allocator)
        } catch {
            malformed("filter_encoding", error)
            return
        }
        guard let frame = request.frame.frame else { return }
        var bytes = shared.loop.allocator.buffer(capacity: frame.readableBytes + 4)
        bytes.writeInteger(Int32(clamping: frame.readableBytes))
        bytes.writeImmutableBuffer(frame)
        bytes.moveReaderIndex(forwardBy: 4)
        current = nil
        showSent(progress, changed?.withoutSize ?? frame)
        sendWhole(bytes, changed, register(progress))
        if !progress.expectsResponse { finishWithoutResponse(progress) }
    }

    /// Shows a request that has streamed past to the filters that look into its fields.
    func showPassed(_ progress: RequestInProgress, _ record: RequestRecord) {
        guard progress.plan.depth == .fields else { return }
        let request = FilteredRequest(
            record: record,
            frame: FilteredFrame(
                frame: nil, apiKey: record.apiKey, apiVersion: record.apiVersion, direction: .request, bodyOffset: 0,
                opening: record.connection.recordOpening))
        if case .close(let reason) = chain?.run(request, progress.plan.steps, .passed) ?? .forward {
            close(reason: reason)
        }
    }

    /// Counts memory of a frame that waits.
    func hold(_ bytes: Int) {
        shared.budget.take(bytes)
        heldBytes += bytes
    }

    /// Gives memory of a frame back.
    func unhold(_ bytes: Int) {
        let released = min(bytes, heldBytes)
        guard released > 0 else { return }
        heldBytes -= released
        shared.budget.release(released)
    }
}
