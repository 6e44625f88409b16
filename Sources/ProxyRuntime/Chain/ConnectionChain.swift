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
    private let filters: [any ConnectionFilter]
    private let actions: FilterActions
    /// What the latest request was shown in.
    private var spare: FilteredRequest?
    private var requestWatchers = FrameWatchers()
    private var responseWatchers = FrameWatchers()
    /// Filters that go on in the chain that took this one's place.
    private var handedOn = FilterSet()
    /// True once the filters have been told of the end: what they wait for has no meaning any more.
    private var isClosed = false

    /// The chain of a connection.
    ///
    /// - Parameters:
    ///   - chain: the filters.
    ///   - context: the client.
    ///   - actions: where it is counted what filters do.
    ///   - former: the chain whose place it takes; nil if there was none.
    init(chain: FilterChain, context: ConnectionContext, actions: FilterActions, replacing former: ConnectionChain?) {
        self.chain = chain
        self.context = context
        self.actions = actions
        filters = chain.entries.map { entry in
            guard let former, let index = former.chain.entries.firstIndex(where: { $0.replaces(entry) }) else {
                return entry.filter.makeConnectionFilter(context)
            }
            guard former.chain.entries[index].instance == entry.instance else {
                return entry.filter.makeConnectionFilter(context, replacing: former.filters[index])
            }
            former.handedOn.insert(index)
            return former.filters[index]
        }
    }

    /// A request as filters see it at its header. The object is used again for the next one, unless a filter keeps it.
    func header(_ record: RequestRecord) -> FilteredRequest {
        if isKnownUniquelyReferenced(&spare), let spare {
            spare.begin(record)
            return spare
        }
        let request = FilteredRequest(
            record: record,
            frame: FilteredFrame(
                frame: nil, apiKey: record.apiKey, apiVersion: record.apiVersion, direction: .request, bodyOffset: 0,
                opening: record.connection.recordOpening))
        spare = request
        return request
    }

    /// Runs a request through filters.
    ///
    /// - Parameters:
    ///   - request: what they see.
    ///   - steps: those that have a part in it.
    ///   - depths: the depths that are served now; a frame that streams is shown twice, at its header and when it has
    ///     passed.
    ///   - first: where in the chain to begin.
    ///   - inspector: the filter that asked at the header for the whole frame: it and those behind it are served at all
    ///     depths.
    /// - Returns: what the first filter decided that did not forward it, else ``RequestOutcome/forward``.
    func run(
        _ request: FilteredRequest, _ steps: [FilterStep], _ depths: Depths, from first: Int = 0,
        inspector: Int? = nil
    ) -> RequestOutcome {
        for step in steps where step.index >= first {
            let index = step.index
            let served = index >= inspector ?? .max ? .all : depths
            guard !step.depths.isDisjoint(with: served) else { continue }
            request.record.seenBy.insert(index)
            request.current = index
            if chain.entries[index].isDryRun {
                // It has to see what it would have seen.
                if tryOut(index, request), !request.frame.isWhole, depths == .atHeader { return .inspect(index) }
                continue
            }
            let changes = request.frame.changes
            let action = filters[index].request(request)
            if case .forward = action, request.frame.changes == changes { continue }
            actions.count(chain.entries[index].name, action, changed: true, dryRun: false)
            if let outcome = outcome(of: action, index, request, steps, depths, inspector) { return outcome }
        }
        return .forward
    }

    /// Lets a filter do all but act; true if it has to see the whole frame.
    private func tryOut(_ index: Int, _ request: FilteredRequest) -> Bool {
        let before = request.frame
        let record = request.record
        let (throttle, parts) = (record.throttle, record.partialAnswers)
        // A request of its own, so that what the filter changes when it is done waiting is not taken either.
        let own = FilteredRequest(record: record, frame: before.forked())
        own.current = index
        let action = filters[index].request(own)
        actions.count(chain.entries[index].name, action, changed: own.frame.changes != before.changes, dryRun: true)
        if Self.isOver(action), own.frame.changes == before.changes { request.frame = own.frame }
        record.throttle = throttle
        record.partialAnswers = parts
        if case .inspect = action { return true }
        return false
    }

    /// True if a filter that only tries is done with the frame, so that what it has opened can be open for the others.
    private static func isOver(_ action: RequestAction) -> Bool {
        if case .hold = action { return false }
        return true
    }

    private func outcome(
        of action: RequestAction, _ index: Int, _ request: FilteredRequest, _ steps: [FilterStep], _ depths: Depths,
        _ inspector: Int?
    ) -> RequestOutcome? {
        switch action {
        case .forward: return nil
        case .inspect: return request.frame.isWhole || depths != .atHeader ? nil : .inspect(index)
        case .answer(let answer):
            // Filters behind never see what this one has ended.
            request.record.seenBy.remove(behind: index)
            return .answered(FilterAnswer(answer: answer, filter: chain.entries[index].name, index: index))
        case .close(let reason):
            request.record.seenBy.remove(behind: index)
            return .close(reason)
        case .hold(let future):
            let later = future.hop(to: context.eventLoop).assumeIsolated()
            return .held(
                later.map { action -> RequestOutcome in
                    guard !self.isClosed else { return .close("closed") }
                    return self.outcome(of: action, index, request, steps, depths, inspector)
                        ?? self.run(request, steps, depths, from: index + 1, inspector: inspector)
                }.flatMapError { _ in
                    // A filter whose decision fails has decided nothing: that is a denial, not a pass.
                    self.context.eventLoop.makeSucceededFuture(RequestOutcome.close("filter_failed")).assumeIsolated()
                }.nonisolated()
            )
        }
    }

    /// Runs a response through filters, last filter first. What a filter has answered of the request itself is put into
    /// the response behind its turn.
    ///
    /// - Parameters:
    ///   - response: what they see.
    ///   - steps: those that have a part in it.
    ///   - depths: the depths that are served now.
    ///   - last: where in the chain to begin; nil for its end.
    /// - Returns: what the first filter decided that did not forward it, else ``ResponseOutcome/forward``; also a close
    ///   if parts cannot be merged since the rest cannot be read.
    func run(
        _ response: FilteredResponse, _ steps: [FilterStep], _ depths: Depths, from last: Int = .max
    ) -> ResponseOutcome {
        for step in steps.reversed() where step.index <= last {
            // Parts of filters that do not look at the response themselves, and of those behind this one.
            if let outcome = merge(downTo: step.index + 1, response) { return outcome }
            if sees(step, response.record, depths) {
                switch turn(step.index, response) {
                case .forward: break
                case .close(let reason): return .close(reason)
                case .hold(let future): return .held(wait(for: future, step.index, response, steps, depths))
                }
            }
            if let outcome = merge(downTo: step.index, response) { return outcome }
        }
        return merge(downTo: 0, response) ?? .forward
    }

    private func turn(_ index: Int, _ response: FilteredResponse) -> ResponseAction {
        let entry = chain.entries[index]
        let before = response.frame.changes
        guard !entry.isDryRun else {
            let own = FilteredResponse(record: response.record, frame: response.frame.forked())
            own.current = index
            let action = filters[index].response(own)
            actions.count(entry.name, action, changed: own.frame.changes != before, dryRun: true)
            if case .hold = action { return .forward }
            if own.frame.changes == before { response.frame = own.frame }
            return .forward
        }
        response.current = index
        let action = filters[index].response(response)
        actions.count(entry.name, action, changed: response.frame.changes != before, dryRun: false)
        return action
    }

    private func wait(
        for future: EventLoopFuture<ResponseAction>, _ index: Int, _ response: FilteredResponse,
        _ steps: [FilterStep], _ depths: Depths
    ) -> EventLoopFuture<ResponseOutcome> {
        future.hop(to: context.eventLoop).assumeIsolated().map { action -> ResponseOutcome in
            guard !self.isClosed else { return .close("closed") }
            switch action {
            case .close(let reason): return .close(reason)
            case .hold(let next): return .held(self.wait(for: next, index, response, steps, depths))
            case .forward:
                return self.merge(downTo: index, response) ?? self.run(response, steps, depths, from: index - 1)
            }
        }.flatMapError { _ in
            self.context.eventLoop.makeSucceededFuture(ResponseOutcome.close("filter_failed")).assumeIsolated()
        }.nonisolated()
    }

    private func merge(downTo index: Int, _ response: FilteredResponse) -> ResponseOutcome? {
        do throws(WireError) {
            while let filter = response.record.partialAnswers.last?.filter, filter >= index {
                try response.mergeLastPart()
            }
            return nil
        } catch {
            return .close("unreadable_part")
        }
    }

    /// True if a filter before a place has a part in a response, or parts of it are still to be merged.
    func isAwaited(_ record: RequestRecord, _ steps: [FilterStep], before index: Int) -> Bool {
        !record.partialAnswers.isEmpty || steps.contains { $0.index < index }
    }

    /// True if the filter has a part in this response; notes that it has seen something of the request.
    private func sees(_ step: FilterStep, _ record: RequestRecord, _ depths: Depths) -> Bool {
        guard !step.depths.isDisjoint(with: depths) else { return false }
        if record.seenBy.contains(step.index) { return true }
        // A request that was answered before it came here is not this filter's affair, nor is its response.
        guard !record.wasAnswered else { return false }
        record.seenBy.insert(step.index)
        return true
    }

    /// Tells every filter that saw the request how it ended.
    func complete(
        _ record: RequestRecord, result: CompletedRequest.Result, responseBytes: Int, duration: Duration,
        upstream: String?
    ) {
        var seenBy = record.seenBy
        record.seenBy = FilterSet()
        while let index = seenBy.popFirst() {
            filters[index].completed(
                CompletedRequest(
                    record: record, result: result, responseBytes: responseBytes, duration: duration,
                    upstream: upstream,
                    note: record.notes.isEmpty ? nil : record.notes[index]))
        }
    }

    /// Who watches a frame.
    ///
    /// - Parameters:
    ///   - direction: of the frame.
    ///   - places: the filters that watch it.
    /// - Returns: nil if nobody does.
    func watcher(of direction: Direction, _ places: FilterSet) -> (any FrameWatcher)? {
        direction == .request
            ? requestWatchers.watcher(of: direction, places, filters)
            : responseWatchers.watcher(of: direction, places, filters)
    }

    /// Tells every filter that concerns the client how it has signed in, or failed to.
    func authenticated(_ result: AuthenticationResult) {
        for index in filters.indices where chain.entries[index].concerns(context.identity) {
            filters[index].authenticated(result)
        }
    }

    /// Tells every filter that the connection has closed, or that it has no part in it any more.
    func close() {
        isClosed = true
        for index in filters.indices where !handedOn.contains(index) { filters[index].connectionClosed() }
    }
}

extension FilterChain.Entry {
    /// True if an entry of another chain takes the place of this one.
    func replaces(_ other: FilterChain.Entry) -> Bool {
        instance == other.instance || (name == other.name && type == other.type)
    }
}
