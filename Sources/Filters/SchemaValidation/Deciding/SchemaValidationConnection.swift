import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Schemas

/// The validation of one connection.
final class SchemaValidationConnection: ConnectionFilter {
    /// The topics of a request, which are all that is read where none has a rule.
    private static let topics = FieldSelection([.topicName, .topicID])

    /// How often a request is checked at most: schemas that are still not there then do not come.
    private static let mostTurns = 3

    private let filter: SchemaValidationFilter
    private let context: ConnectionContext
    private let loop: ValidationLoop
    private let names: TopicNameTable

    init(_ filter: SchemaValidationFilter, _ context: ConnectionContext, _ loop: ValidationLoop) {
        self.filter = filter
        self.context = context
        self.loop = loop
        names = TopicNameTable(context)
    }

    func request(_ request: FilteredRequest) -> RequestAction {
        guard request.frame.isWhole else { return .inspect }
        // What cannot be read cannot be judged: that is a denial.
        guard let topics = try? topics(of: request) else { return .close(reason: "unreadable") }
        let unknown = Set(topics.filter { names.name(of: $0) == nil }.compactMap(\.id))
        guard !unknown.isEmpty else { return judge(request, topics) }
        return .hold(names.learn(unknown).map { [self] in judge(request, topics) }.nonisolated())
    }

    private func topics(of request: FilteredRequest) throws(WireError) -> [TopicReference] {
        try request.frame.fields(Self.topics).compactMap { field in
            if let id = request.frame.uuid(field) { return TopicReference(id: id) }
            return request.frame.string(field).map { TopicReference(name: $0) }
        }
    }

    // MARK: Judging

    private func judge(_ request: FilteredRequest, _ topics: [TopicReference]) -> RequestAction {
        let isConcerned = topics.contains { topic in
            guard let name = names.name(of: topic) else { return true }
            return loop.rules.rule(for: name) != nil
        }
        return isConcerned ? check(request, turn: 1) : .forward
    }

    /// Checks the records of a request; again when schemas have come that it needs.
    private func check(
        _ request: FilteredRequest, turn: Int, failures: [DataReader.Wanted: RegistryFailure] = [:]
    ) -> RequestAction {
        let started = ContinuousClock.now
        let reader = DataReader(
            schemas: loop.schemas, scratch: loop.scratch, isLastTurn: turn == Self.mostTurns,
            asker: ObjectIdentifier(self), failures: failures)
        loop.scratch.steps = StepBudget(perRecord: filter.configuration.maxSteps)
        let judgement: ProduceJudgement
        do throws(WireError) {
            judgement = try judge(request, reader)
        } catch {
            return .close(reason: "unreadable")
        }
        loop.counters.observe(ContinuousClock.now - started)
        guard reader.pending.isEmpty else {
            let wanted = reader.pending.map(\.wanted)
            let all = EventLoopFuture.whenAllSucceed(reader.pending.map(\.failure), on: context.eventLoop)
            return .hold(
                all.assumeIsolated().map { [self] results in
                    loop.schemas.noteCounts()
                    var failures = failures
                    for (wanted, failure) in zip(wanted, results) {
                        // What has lost its place is asked for again.
                        if let failure, failure.reason != .busy { failures[wanted] = failure }
                    }
                    return check(request, turn: turn + 1, failures: failures)
                }.nonisolated())
        }
        judgement.count(loop.counters)
        if !judgement.deadLetters.isEmpty {
            loop.deadLetters.send(judgement, names.name(of:), request.record)
        }
        return refuse(request, judgement)
    }

    private func judge(
        _ request: FilteredRequest, _ reader: DataReader
    ) throws(WireError) -> ProduceJudgement {
        var judgement = ProduceJudgement()
        let now = filter.clock()
        for set in try request.frame.recordSets() {
            guard let name = names.name(of: set.topic) else {
                judgement.add(set, nil, PartitionVerdict(rejection: .unknownTopic))
                continue
            }
            guard let rule = loop.rules.rule(for: name) else { continue }
            var check = PartitionCheck(
                rule: rule, topic: name, now: now, mostErrors: filter.configuration.maxRecordErrors, reader: reader)
            judgement.add(set, rule, check.run(set, in: &request.frame))
        }
        return judgement
    }

    /// Takes what was rejected out of the request, and answers it.
    private func refuse(_ request: FilteredRequest, _ judgement: ProduceJudgement) -> RequestAction {
        guard judgement.isRejected else { return .forward }
        guard let asked = try? request.frame.body(ProduceRequest.self) else { return .close(reason: "unreadable") }
        // A transaction of which a part is missing must not be committed: all of the request is rejected.
        let others = asked.transactionalID == nil ? nil : Rejection.ofTransaction.refusal
        return request.refuse(asked) { part in
            guard case .partition(let topic, let partition) = part else { return nil }
            return judgement.rejection(topic, partition)?.refusal ?? others
        }
    }
}
