import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Telemetry

/// What the chain made of a request.
enum RequestOutcome: Sendable {
    /// It goes to the broker.
    case forward
    /// A filter of this name has answered it.
    case answered(Answer, by: String)
    /// It waits; the outcome comes later.
    case held(EventLoopFuture<RequestOutcome>)
    /// The connection is to be closed.
    case close(String)
}

/// What the chain made of a response.
enum ResponseOutcome: Sendable {
    case forward
    case held(EventLoopFuture<ResponseOutcome>)
    case close(String)
}

/// A chain as one connection meets it: each filter with what it keeps for the connection.
///
/// Runs over requests and a context, never over a channel. Belongs to one event loop.
final class ConnectionChain {
    let chain: FilterChain
    let context: ConnectionContext
    /// What the chain reads of each frame; responses are read by the plans of the chain that their request met.
    let plans: PlanTable
    private let filters: [any ConnectionFilter]
    private let actions: FilterActions

    init(chain: FilterChain, context: ConnectionContext, plans: PlanTable, actions: FilterActions) {
        self.chain = chain
        self.plans = plans
        self.context = context
        self.actions = actions
        self.filters = chain.entries.map { $0.filter.makeConnectionFilter(context) }
    }

    /// Runs a request through the filters whose depth is in the range.
    ///
    /// - Parameters:
    ///   - request: what they see.
    ///   - depths: the depths that are served now; a frame that streams is shown twice, at its header and when it has
    ///     passed.
    ///   - first: where in the chain to begin.
    func run(_ request: FilteredRequest, depths: ClosedRange<Depth>, from first: Int = 0) -> RequestOutcome {
        var index = first
        while index < filters.count {
            defer { index += 1 }
            let entry = chain.entries[index]
            guard sees(entry, index, request.record, .request, depths) else { continue }
            let before = request.frame
            let throttle = request.record.throttle
            let parts = request.record.parts.count
            request.current = index
            let action = filters[index].request(request)
            let isChanged = request.frame.changes != before.changes
            if entry.isDryRun {
                actions.count(entry.name, action, changed: isChanged, dryRun: true)
                request.frame.discardChanges(to: before)
                request.record.throttle = throttle
                request.record.parts.removeLast(request.record.parts.count - parts)
                continue
            }
            actions.count(entry.name, action, changed: isChanged, dryRun: false)
            if let outcome = outcome(of: action, index, request, depths) { return outcome }
        }
        return .forward
    }

    private func outcome(
        of action: RequestAction, _ index: Int, _ request: FilteredRequest, _ depths: ClosedRange<Depth>
    ) -> RequestOutcome? {
        switch action {
        case .forward: return nil
        case .answer(let answer): return .answered(answer, by: chain.entries[index].name)
        case .close(let reason): return .close(reason)
        case .hold(let future):
            let later = future.hop(to: context.eventLoop).assumeIsolated()
            return .held(
                later.map { action -> RequestOutcome in
                    self.outcome(of: action, index, request, depths)
                        ?? self.run(request, depths: depths, from: index + 1)
                }.flatMapError { _ in
                    // A filter whose decision fails has decided nothing: that is a denial, not a pass.
                    self.context.eventLoop.makeSucceededFuture(RequestOutcome.close("filter_failed")).assumeIsolated()
                }.nonisolated()
            )
        }
    }

    /// Runs a response through the filters whose depth is in the range, last filter first.
    func run(_ response: FilteredResponse, depths: ClosedRange<Depth>, from first: Int? = nil) -> ResponseOutcome {
        var index = first ?? filters.count - 1
        while index >= 0 {
            defer { index -= 1 }
            let entry = chain.entries[index]
            guard sees(entry, index, response.record, .response, depths) else { continue }
            let before = response.frame
            response.current = index
            let action = filters[index].response(response)
            if entry.isDryRun {
                response.frame.discardChanges(to: before)
                continue
            }
            switch action {
            case .forward: continue
            case .close(let reason): return .close(reason)
            case .hold(let future):
                let later = future.hop(to: context.eventLoop).assumeIsolated()
                return .held(
                    later.map { action -> ResponseOutcome in
                        switch action {
                        case .close(let reason): .close(reason)
                        default: self.run(response, depths: depths, from: index - 1)
                        }
                    }.flatMapError { _ in
                        self.context.eventLoop.makeSucceededFuture(ResponseOutcome.close("filter_failed"))
                            .assumeIsolated()
                    }.nonisolated()
                )
            }
        }
        return .forward
    }

    /// True if the filter has a part in this; notes that it saw the request.
    private func sees(
        _ entry: FilterChain.Entry, _ index: Int, _ record: RequestRecord, _ direction: Direction,
        _ depths: ClosedRange<Depth>
    ) -> Bool {
        guard entry.interests.contains(where: { depths.contains($0.depth) && $0.covers(record.apiKey, direction) })
        else { return false }
        if record.seenBy.contains(index) { return true }
        // A request that was answered before it came here is not this filter's affair, nor is its response.
        guard direction == .request || !record.wasAnswered else { return false }
        if let condition = entry.condition, !condition(record) { return false }
        record.seenBy.append(index)
        return true
    }

    /// Tells every filter that saw the request how it ended.
    func complete(
        _ record: RequestRecord, result: CompletedRequest.Result, responseBytes: Int, duration: Duration,
        upstream: String?
    ) {
        for index in record.seenBy {
            filters[index].completed(
                CompletedRequest(
                    record: record, result: result, responseBytes: responseBytes, duration: duration,
                    upstream: upstream, note: record.notes[index]))
        }
        record.seenBy.removeAll()
    }

    /// Tells every filter that the connection has closed.
    func close() {
        for filter in filters { filter.connectionClosed() }
    }
}
