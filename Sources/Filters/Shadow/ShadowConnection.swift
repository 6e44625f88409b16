import FilterAPI
import KafkaClient
import KafkaMessages
import KafkaWire
import NIOCore
import Settings

/// The part of a shadow in one connection.
final class ShadowConnection: ConnectionFilter {
    private let filter: ShadowFilter
    private let output: ShadowOutput?
    private let stage: ProducerStage?
    private let cluster: any ClusterView
    private let counters: ShadowMetrics.Counters
    /// Requests that are larger are not held, in bytes.
    private let largest: Int
    private var sampler: RequestSampler
    /// Where the copies of topics go, as far as they were asked for; nil for those that are not copied.
    private var targets: [String: Target?] = [:]
    /// Topics that copies have gone to.
    private var topics: [String: ProducerTopic] = [:]

    private enum Target {
        case topic(String)
        case none(ShadowDropReason)
    }

    /// How many names are kept.
    private static let mostTargets = 1_000

    init(_ filter: ShadowFilter, _ connection: ConnectionContext) {
        self.filter = filter
        output = filter.output
        stage = filter.output?.stage(on: connection.eventLoop)
        cluster = connection.cluster
        counters = filter.metrics.counters(connection.metrics)
        let configuration = filter.configuration
        largest = min(configuration.maxBuffered.bytes, connection.largestHeldFrame)
        sampler = RequestSampler(
            share: configuration.stickyBy == nil ? configuration.percentage.fraction : 1,
            start: .random(in: 0..<1))
    }

    func request(_ request: FilteredRequest) -> RequestAction {
        let isChosen = if case .chosen = request.note as? ShadowNote { true } else { sampler.takes() }
        guard isChosen else { return .forward }
        guard request.frame.isWhole else {
            // A frame that could not be copied is not held for it.
            guard request.record.requestBytes <= largest else {
                counters.drop(.tooLarge)
                return .forward
            }
            request.note = ShadowNote.chosen
            return .inspect
        }
        request.note = nil
        guard let asked = try? request.frame.body(ProduceRequest.self) else {
            counters.drop(.unreadable)
            return .forward
        }
        let copies = copies(of: asked, byID: request.record.apiVersion >= Self.firstWithTopicIDs)
        guard !copies.isEmpty else { return .forward }
        if filter.configuration.sending == .atOnce {
            request.note = ShadowNote.sent(copies.compactMap { sendAtOnce($0) })
        } else {
            request.note = ShadowNote.waiting(copies)
        }
        if asked.acks != 0 { request.inspectResponse() }
        return .forward
    }

    /// The first Produce that names topics by their IDs.
    private static let firstWithTopicIDs: Int16 = 13

    func response(_ response: FilteredResponse) -> ResponseAction {
        guard let note = response.note as? ShadowNote,
            let answer = try? response.frame.body(ProduceResponse.self)
        else { return .forward }
        response.note = nil
        var taken: Set<BatchPlace> = []
        for topic in answer.responses {
            for part in topic.partitionResponses where Self.isTaken(part.errorCode) {
                taken.insert(BatchPlace(topicName: topic.name, topicID: topic.topicID, partition: part.index))
            }
        }
        end(note) { taken.contains($0) ? .taken : .refused }
        return .forward
    }

    func completed(_ request: CompletedRequest) {
        // What is left has no answer that could be read.
        guard let note = request.note as? ShadowNote else { return }
        let wasSent = request.result == .noResponse
        end(note) { _ in wasSent ? nil : .unknown }
    }

    /// Whether the primary has the batch: a duplicate is one that it has already.
    private static func isTaken(_ code: ErrorCode) -> Bool {
        code == .none || code == .duplicateSequenceNumber
    }

    // MARK: - Copying

    private func copies(of asked: ProduceRequest, byID: Bool) -> [ShadowCopy] {
        var copies: [ShadowCopy] = []
        for topic in asked.topicData {
            let name = byID ? cluster.topicName(topic.topicID) : topic.name
            let target: Target
            if let name {
                guard let known = self.target(of: name) else { continue }
                target = known
            } else {
                target = .none(.unknownTopic)
            }
            for part in topic.partitionData {
                guard let records = part.records, isChosen(part.index, of: name) else { continue }
                let place = BatchPlace(topicName: topic.name, topicID: topic.topicID, partition: part.index)
                BatchCopies.forEach(in: records) { found in
                    if let copy = copy(found, to: target, place) { copies.append(copy) }
                }
            }
        }
        return copies
    }

    private func copy(_ found: BatchCopies.Found, to target: Target, _ place: BatchPlace) -> ShadowCopy? {
        switch (target, found) {
        case (.none(let reason), _), (_, .unusable(let reason)):
            counters.drop(reason)
            return nil
        case (.topic(let topic), .batch(let slice)):
            guard let output else {
                counters.count(.wouldCopy)
                return nil
            }
            guard output.budget.take(slice.readableBytes) else {
                counters.drop(.bufferFull)
                return nil
            }
            // A slice would keep the whole request in memory.
            var bytes = ByteBufferAllocator().buffer(capacity: slice.readableBytes)
            bytes.writeImmutableBuffer(slice)
            counters.copied(bytes: bytes.readableBytes)
            return ShadowCopy(place: place, target: topic, bytes: bytes)
        }
    }

    private func isChosen(_ partition: Int32, of topic: String?) -> Bool {
        guard filter.configuration.stickyBy == .partition, let topic else { return true }
        return StickyShare.contains(
            StickyShare.key(topic: topic, partition: partition), share: filter.configuration.percentage.fraction)
    }

    private func target(of topic: String) -> Target? {
        if let known = targets[topic] { return known }
        if targets.count >= Self.mostTargets { targets.removeAll() }
        let target = findTarget(of: topic)
        targets[topic] = .some(target)
        return target
    }

    private func findTarget(of topic: String) -> Target? {
        guard let name = filter.target(of: topic) else { return nil }
        guard TopicNameSyntax.isLegal(name), !TopicNameSyntax.isInternal(name) else { return .none(.illegalName) }
        return .topic(name)
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
        if topics.count >= Self.mostTargets { topics.removeAll() }
        let topic = output?.topic(name)
        topics[name] = topic
        return topic
    }

    private func drop(_ copy: ShadowCopy, _ reason: ShadowDropReason) {
        counters.note(reason)
        end(copy, .dropped)
    }

    private func end(_ copy: ShadowCopy, _ result: ShadowResult) {
        output?.budget.give(copy.bytes.readableBytes)
        counters.ended(result, bytes: copy.bytes.readableBytes)
    }

    /// Ends what was kept for a request.
    ///
    /// - Parameters:
    ///   - note: what was kept.
    ///   - primary: what the primary has made of a batch; nil where it was given the batch and does not say.
    private func end(_ note: ShadowNote, _ primary: (BatchPlace) -> ShadowPairs.End?) {
        switch note {
        case .chosen: break
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
