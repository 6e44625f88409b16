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
    /// A filter has answered it.
    case answered(FilterAnswer)
    /// It waits; the outcome comes later.
    case held(EventLoopFuture<RequestOutcome>)
    /// The frame is to be held, and shown whole to the filter of this place in the chain, then to those behind it.
    case inspect(Int)
    /// The connection is to be closed.
    case close(String)
}

/// An answer that a filter gave.
struct FilterAnswer: Sendable {
    let answer: Answer
    /// The filter's name.
    let filter: String
    /// Its place in the chain: the filters before it see the answer as a response.
    let index: Int
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
    /// True once the filters have been told of the end: what they wait for has no meaning any more.
    private var isClosed = false

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
    ///   - inspector: the filter that asked at the header for the whole frame: it and those behind it are served at all
    ///     depths.
    /// - Returns: what the first filter decided that did not forward it, else ``RequestOutcome/forward``.
    func run(
        _ request: FilteredRequest, depths: ClosedRange<Depth>, from first: Int = 0, inspector: Int? = nil
    ) -> RequestOutcome {
        var index = first
        while index < filters.count {
            defer { index += 1 }
            let entry = chain.entries[index]
            let served = index >= inspector ?? .max ? .header ... .records : depths
            guard sees(entry, index, request.record, .request, served) else { continue }
            let before = request.frame
            let throttle = request.record.throttle
            let parts = request.record.partialAnswers
            request.current = index
            let action = filters[index].request(request)
            let isChanged = request.frame.changes != before.changes
            if entry.isDryRun {
                actions.count(entry.name, action, changed: isChanged, dryRun: true)
                request.frame.discardChanges(to: before)
                request.record.throttle = throttle
                request.record.partialAnswers = parts
                continue
            }
            actions.count(entry.name, action, changed: isChanged, dryRun: false)
            if let outcome = outcome(of: action, index, request, depths, inspector) { return outcome }
        }
        return .forward
    }

    private func outcome(
        of action: RequestAction, _ index: Int, _ request: FilteredRequest, _ depths: ClosedRange<Depth>,
        _ inspector: Int?
    ) -> RequestOutcome? {
        switch action {
        case .forward: return nil
        case .inspect: return request.frame.isWhole || depths != .header ... .header ? nil : .inspect(index)
        case .answer(let answer):
            return .answered(FilterAnswer(answer: answer, filter: chain.entries[index].name, index: index))
        case .close(let reason): return .close(reason)
        case .hold(let future):
            let later = future.hop(to: context.eventLoop).assumeIsolated()
            return .held(
                later.map { action -> RequestOutcome in
                    guard !self.isClosed else { return .close("closed") }
                    return self.outcome(of: action, index, request, depths, inspector)
                        ?? self.run(request, depths: depths, from: index + 1, inspector: inspector)
                }.flatMapError { _ in
                    // A filter whose decision fails has decided nothing: that is a denial, not a pass.
                    self.context.eventLoop.makeSucceededFuture(RequestOutcome.close("filter_failed")).assumeIsolated()
                }.nonisolated()
            )
        }
    }

    /// Runs a response through the filters whose depth is in the range, last filter first. What a filter has answered
    /// of the request itself is put into the response behind its turn.
    ///
    /// - Parameters:
    ///   - response: what they see.
    ///   - depths: the depths that are served now.
    ///   - first: where in the chain to begin; nil for its end.
    /// - Returns: what the first filter decided that did not forward it, else ``ResponseOutcome/forward``; also a close
    ///   if parts cannot be merged since the rest cannot be read.
    func run(_ response: FilteredResponse, depths: ClosedRange<Depth>, from first: Int? = nil) -> ResponseOutcome {
        var index = first ?? filters.count - 1
        while index >= 0 {
            if sees(chain.entries[index], index, response.record, .response, depths) {
                switch turn(index, response) {
                case .forward: break
                case .close(let reason): return .close(reason)
                case .hold(let future): return .held(wait(for: future, index, response, depths))
                }
            }
            if let outcome = merge(index, response) { return outcome }
            index -= 1
        }
        return .forward
    }

    private func turn(_ index: Int, _ response: FilteredResponse) -> ResponseAction {
        let entry = chain.entries[index]
        let before = response.frame
        response.current = index
        let action = filters[index].response(response)
        let isChanged = response.frame.changes != before.changes
        actions.count(entry.name, action, changed: isChanged, dryRun: entry.isDryRun)
        guard entry.isDryRun else { return action }
        response.frame.discardChanges(to: before)
        return .forward
    }

    private func wait(
        for future: EventLoopFuture<ResponseAction>, _ index: Int, _ response: FilteredResponse,
        _ depths: ClosedRange<Depth>
    ) -> EventLoopFuture<ResponseOutcome> {
        future.hop(to: context.eventLoop).assumeIsolated().map { action -> ResponseOutcome in
            guard !self.isClosed else { return .close("closed") }
            switch action {
            case .close(let reason): return .close(reason)
            case .hold(let next): return .held(self.wait(for: next, index, response, depths))
            case .forward: return self.merge(index, response) ?? self.run(response, depths: depths, from: index - 1)
            }
        }.flatMapError { _ in
            self.context.eventLoop.makeSucceededFuture(ResponseOutcome.close("filter_failed")).assumeIsolated()
        }.nonisolated()
    }

    private func merge(_ index: Int, _ response: FilteredResponse) -> ResponseOutcome? {
        do throws(WireError) {
            try response.mergeParts(of: index)
            return nil
        } catch {
            return .close("unreadable_part")
        }
    }

    /// True if a filter before a place has a part in a response, or parts of it are still to be merged.
    func isAwaited(_ record: RequestRecord, before index: Int) -> Bool {
        !record.partialAnswers.isEmpty
            || chain.entries[..<index].contains { $0.interests.contains { $0.covers(record.apiKey, record.apiVersion, .response) } }
    }

    /// True if the filter has a part in this; notes that it saw the request.
    private func sees(
        _ entry: FilterChain.Entry, _ index: Int, _ record: RequestRecord, _ direction: Direction,
        _ depths: ClosedRange<Depth>
    ) -> Bool {
        guard entry.interests.contains(where: { depths.contains($0.depth) && $0.covers(record.apiKey, record.apiVersion, direction) })
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
        isClosed = true
        for filter in filters { filter.connectionClosed() }
    }
}
