import FilterAPI
import KafkaClient
import KafkaMessages
import KafkaWire
import NIOCore

/// The part of a shadow in one connection: it watches what passes, and holds nothing up.
final class ShadowConnection: ConnectionFilter {
    private let output: ShadowOutput?
    private let stage: ProducerStage?
    private let sending: ShadowConfiguration.Sending
    private let counters: ShadowMetrics.Counters
    private var requests: RequestWatch?
    private var answers: AnswerWatch?
    /// What was copied of requests that have not come to their end.
    private var open: [ObjectIdentifier: ShadowNote] = [:]
    /// Topics that copies have gone to.
    private var topics: [String: ProducerTopic] = [:]

    /// How many topics are kept.
    private static let mostTopics = 1_000

    init(_ filter: ShadowFilter, _ connection: ConnectionContext) {
        output = filter.output
        stage = filter.output?.stage(on: connection.eventLoop)
        sending = filter.configuration.sending
        counters = filter.metrics.counters(connection.metrics)
        requests = RequestWatch(filter, connection.cluster, start: .random(in: 0..<1)) { [unowned self] in
            passed($0, $1)
        }
        answers = AnswerWatch(
            isAwaited: { [unowned self] in open[ObjectIdentifier($0)] != nil },
            finished: { [unowned self] record, taken in
                guard let note = open.removeValue(forKey: ObjectIdentifier(record)) else { return }
                end(note) { taken.contains($0) ? .taken : .refused }
            })
    }

    func watcher(of direction: Direction) -> (any FrameWatcher)? {
        switch direction {
        case .request: requests
        case .response: answers
        }
    }

    func completed(_ request: CompletedRequest) {
        // What is left has no answer, or none that could be read.
        guard let note = open.removeValue(forKey: ObjectIdentifier(request.record)) else { return }
        let wasSent = request.result == .noResponse
        end(note) { _ in wasSent ? nil : .unknown }
    }

    func connectionClosed() {
        requests?.discard()
    }

    /// A request that was chosen has passed.
    private func passed(_ record: RequestRecord, _ taken: RequestWatch.Taken) {
        for reason in taken.drops { counters.drop(reason) }
        for _ in 0..<taken.wouldCopy { counters.count(.wouldCopy) }
        guard !taken.copies.isEmpty else { return }
        for copy in taken.copies { counters.copied(bytes: copy.bytes.readableBytes) }
        open[ObjectIdentifier(record)] =
            sending == .atOnce ? .sent(taken.copies.compactMap { sendAtOnce($0) }) : .waiting(taken.copies)
    }

    // MARK: - Sending

    private func sendAtOnce(_ copy: ShadowCopy) -> SentCopy? {
        guard let output else { return nil }
        let pair = output.makePair()
        return send(copy, tag: pair) ? SentCopy(place: copy.place, pair: pair) : nil
    }

    private func send(_ copy: ShadowCopy, tag: UInt64) -> Bool {
        // Only now: what the primary does not know must not use up the topics that there may be.
        guard let topic = topic(copy.target) else {
            drop(copy, .tooManyTopics)
            return false
        }
        let result = stage?.enqueue(topic, batch: copy.bytes, partition: copy.place.partition, tag: tag)
        switch result {
        case .accepted: return true
        case .dropped(.unusableBatch): drop(copy, .unreadable)
        case .dropped, nil: drop(copy, .shutDown)
        }
        return false
    }

    private func topic(_ name: String) -> ProducerTopic? {
        if let known = topics[name] { return known }
        if topics.count >= Self.mostTopics { topics.removeAll() }
        let topic = output?.topic(name)
        topics[name] = topic
        return topic
    }

    private func drop(_ copy: ShadowCopy, _ reason: ShadowDropReason) {
        counters.note(reason)
        end(copy, .dropped)
    }

    private func end(_ copy: ShadowCopy, _ result: ShadowResult) {
        output?.budget.give(copy.cost)
        counters.ended(result, bytes: copy.bytes.readableBytes)
    }

    /// Ends what was kept for a request.
    ///
    /// - Parameters:
    ///   - note: what was kept.
    ///   - primary: what the primary has made of a batch; nil where it was given the batch and does not say.
    private func end(_ note: ShadowNote, _ primary: (BatchPlace) -> ShadowPairs.End?) {
        switch note {
        case .waiting(let copies):
            for copy in copies {
                switch primary(copy.place) {
                case .taken: _ = send(copy, tag: ShadowTag.acknowledged)
                case nil: _ = send(copy, tag: ShadowTag.unknown)
                case .refused: end(copy, .primaryFailed)
                case .unknown: end(copy, .unanswered)
                }
            }
        case .sent(let copies):
            output?.notePrimary(copies.map { ($0.pair, primary($0.place) ?? .unknown) })
        }
    }
}
