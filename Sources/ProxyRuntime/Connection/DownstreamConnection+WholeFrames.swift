import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import SASL

/// How requests are handled that are there whole, or held until they are.
extension DownstreamConnection {
    /// Begins to hold a frame, once there is memory for it; false if that has to come first, or the connection was
    /// closed.
    func gather(_ progress: RequestInProgress, _ intake: inout Intake) -> Bool {
        guard progress.size <= shared.limits.maxHeldFrame else {
            malformed("held_frame_too_large", nil)
            return false
        }
        guard !progress.head.apiKey.isSASL || progress.size <= SASLTermination.maxSize else {
            malformed("sasl_frame_too_large", nil)
            return false
        }
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        current = progress
        let capacity = min(progress.size + 4, RequestIntakeLimits.firstCapacity)
        reading = .gathering(
            GatheredFrame(size: progress.size, bytes: shared.loop.allocator.buffer(capacity: capacity)))
        guard let wait = shared.budget.reserve(progress.size, on: context.eventLoop) else {
            heldBytes += progress.size
            return true
        }
        setPause(.holding, true)
        let size = progress.size
        let budget = shared.budget
        wait.assumeIsolated().whenSuccess { [self] in
            guard !self.isClosed else {
                budget.release(size)
                return
            }
            self.heldBytes += size
            self.setPause(.holding, false)
        }
        return false
    }

    /// A frame that was held is whole.
    func gathered(_ frame: GatheredFrame, _ intake: inout Intake) {
        guard let progress = current else { return }
        var bytes = frame.bytes
        bytes.moveReaderIndex(forwardBy: 4)
        let body = bytes
        whole(progress, frame: body, in: &intake, isGathered: true)
    }

    /// The whole of a frame is there: in the chunk, at its reader index, or gathered.
    func whole(
        _ progress: RequestInProgress, frame: ByteBuffer, in intake: inout Intake, isGathered: Bool = false
    ) {
        // Until it has a slot, or was handed on: so that it is completed if the connection is closed.
        current = progress
        if progress.isForSluice {
            dropFrame(progress.size, &intake, isGathered: isGathered)
            takeSignIn(progress, frame)
            return
        }
        if !observeWhole(progress, frame) { return }
        let size = progress.size
        if resetsFetchSession, progress.head.apiKey == .fetch {
            let next = FetchSessions.next(progress.head, frame)
            if case .none = next {} else { resetsFetchSession = false }
            if case .refused(let answer) = next {
                current = nil
                dropFrame(size, &intake, isGathered: isGathered)
                answered(progress, answer, by: .answeredByProxy)
                frameStartedAt = shared.loop.now
                return
            }
        }
        var changed: ByteBuffer?
        if let record = progress.record, progress.plan.depth != nil {
            let request = FilteredRequest(
                record: record,
                frame: FilteredFrame(
                    frame: frame, apiKey: record.apiKey, apiVersion: record.apiVersion, direction: .request,
                    bodyOffset: progress.head.length, opening: record.connection.recordOpening))
            let depths: Depths = progress.headerSeen ? .beyondHeader : .all
            let steps = progress.plan.steps
            switch chain?.run(request, steps, depths, inspector: progress.inspector) ?? .forward {
            case .forward, .inspect:
                do throws(WireError) {
                    changed = try request.frame.encoded(allocator: shared.loop.allocator)
                } catch {
                    malformed("filter_encoding", error)
                    return
                }
            case .answered(let answer):
                dropFrame(size, &intake, isGathered: isGathered)
                current = nil
                answered(progress, answer)
                frameStartedAt = shared.loop.now
                return
            case .close(let reason):
                close(reason: reason)
                return
            case .held(let future):
                dropFrame(size, &intake, isGathered: isGathered, keepsBudget: true)
                if !isGathered { hold(size) }
                wait(for: future, progress, request)
                return
            }
        }
        forwardWhole(progress, frame: frame, changed: changed, in: &intake, isGathered: isGathered)
        frameStartedAt = shared.loop.now
    }

    private func forwardWhole(
        _ progress: RequestInProgress, frame: ByteBuffer, changed: ByteBuffer?, in intake: inout Intake,
        isGathered: Bool
    ) {
        current = nil
        showSent(progress, changed?.withoutSize ?? frame)
        let correlationID = register(progress)
        if changed == nil, !isGathered {
            intake.chunk.patch(correlationID, at: intake.chunk.readerIndex + 4 + RequestHead.correlationIDOffset)
            intake.chunk.moveReaderIndex(forwardBy: progress.size + 4)
        } else {
            dropFrame(progress.size, &intake, isGathered: isGathered)
            sendWhole(frame, changed, correlationID)
        }
        if !progress.expectsResponse { finishWithoutResponse(progress) }
    }

    /// Sends a frame that does not lie in the chunk: its changed form if there is one.
    func sendWhole(_ frame: ByteBuffer, _ changed: ByteBuffer?, _ correlationID: Int32) {
        if var changed {
            changed.setInteger(correlationID, at: changed.readerIndex + 4 + RequestHead.correlationIDOffset)
            upstream?.send(changed)
            return
        }
        var bytes = frame
        bytes.moveReaderIndex(to: frame.readerIndex - 4)
        bytes.setInteger(Int32(clamping: frame.readableBytes), at: bytes.readerIndex)
        bytes.setInteger(correlationID, at: frame.readerIndex + RequestHead.correlationIDOffset)
        upstream?.send(bytes)
    }

    /// Shows a request as it leaves to those who watch it; called before its slot is opened.
    func showSent(_ progress: RequestInProgress, _ frame: ByteBuffer) {
        guard !progress.plan.watchers.isEmpty,
            let watcher = progress.chain?.watcher(of: .request, progress.plan.watchers)
        else { return }
        WatchingSink.show(
            frame, progress.plan.program, bodyOffset: progress.head.length,
            WatchedFrame(
                direction: .request, apiKey: progress.head.apiKey, request: nextSlot,
                expectsResponse: progress.expectsResponse,
                record: progress.record),
            to: watcher)
    }

    /// Takes a frame out of what is forwarded.
    private func dropFrame(_ size: Int, _ intake: inout Intake, isGathered: Bool, keepsBudget: Bool = false) {
        if isGathered {
            if !keepsBudget { unhold(size) }
            return
        }
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        intake.chunk.moveReaderIndex(forwardBy: size + 4)
        intake.restartRun()
    }
}
