import KafkaMessages
import NIOCore
import Synchronization

/// Carries out what a producer's state machine says: connections, requests, the clock. Lives on one event loop.
final class ProducerDriver {
    let loop: any EventLoop
    private var machine: ProducerStateMachine
    private let clientID: String
    private let connector: any BrokerConnector
    private let budget: ProducerBudget
    private let ends: EndCounts
    private let outcome: @Sendable (ProducerOutcome) -> Void

    private static let flushGrace = TimeAmount.seconds(1)

    private var connections: [ConnectionID: BrokerConnection] = [:]
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?
    private var isAdvancing = false
    private var hasNews = false
    private let ended: EventLoopPromise<Void>
    private var hasEnded = false

    init(
        _ configuration: ProducerConfiguration, connector: any BrokerConnector, loop: any EventLoop,
        budget: ProducerBudget, ends: EndCounts, outcome: @escaping @Sendable (ProducerOutcome) -> Void
    ) {
        machine = ProducerStateMachine(configuration, seed: .random(in: 0 ... .max))
        clientID = configuration.clientID
        self.connector = connector
        self.loop = loop
        self.budget = budget
        self.ends = ends
        self.outcome = outcome
        ended = loop.makePromise()
    }

    deinit {
        if !hasEnded { ended.succeed() }
    }

    /// How many topics it has heard of.
    var topicCount: Int { machine.topics.count }

    func addTopic(_ name: String) {
        machine.addTopic(name)
    }

    func receive(_ staged: StagedRecords) {
        machine.append(staged)
        advance()
    }

    func receive(_ batches: [StagedBatch]) {
        for batch in batches { machine.append(batch) }
        advance()
    }

    /// Ends when nothing is left, or at the deadline.
    ///
    /// - Parameters:
    ///   - deadline: after which what is left fails.
    ///   - flushed: the stages' last records have come. A loop that is gone says nothing: it is not waited for longer
    ///     than a second after the deadline.
    /// - Returns: when all has come to its end.
    func drain(deadline: NIODeadline, after flushed: [EventLoopFuture<Void>]) -> EventLoopFuture<Void> {
        let whenFlushed = EventLoopFuture.andAllComplete(flushed, on: loop)
        let late = loop.assumeIsolated().scheduleTask(deadline: deadline + Self.flushGrace) {
            self.startDraining(deadline)
        }
        whenFlushed.assumeIsolated().whenComplete { _ in
            late.cancel()
            self.startDraining(deadline)
        }
        return ended.futureResult
    }

    private func startDraining(_ deadline: NIODeadline) {
        machine.drain(deadline: deadline)
        advance()
    }

    /// Lets the machine go on, and does what it says until it says no more.
    private func advance() {
        guard !isAdvancing else {
            // Something that was carried out ended at once.
            hasNews = true
            return
        }
        isAdvancing = true
        repeat {
            hasNews = false
            for action in machine.advance(now: .now()) { carryOut(action) }
        } while hasNews
        isAdvancing = false
        ends.retries.store(machine.retries, ordering: .relaxed)
        plan()
    }

    private func carryOut(_ action: ProducerAction) {
        switch action {
        case .connect(let id, let host, let port): connect(id, host: host, port: port)
        case .close(let id): connections.removeValue(forKey: id)?.close()
        case .send(let id, let request, let message, let version): send(message, version, request, on: id)
        case .report(let end): report(end)
        case .drained:
            alarm?.task.cancel()
            alarm = nil
            hasEnded = true
            ended.succeed()
        }
    }

    private func report(_ end: ProducerOutcome) {
        switch end.result {
        case .delivered: ends.delivered.add(end.records, ordering: .releasing)
        case .failed: ends.failed.add(end.records, ordering: .releasing)
        }
        ends.bytes.add(end.bytes, ordering: .releasing)
        budget.give(end.bytes)
        outcome(end)
    }

    private func connect(_ id: ConnectionID, host: String, port: Int) {
        connector.connect(host: host, port: port, on: loop).hop(to: loop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let connection):
                self.connections[id] = connection
                connection.closeFuture.hop(to: self.loop).assumeIsolated().whenComplete { _ in self.lost(id) }
                self.machine.connected(id, now: .now())
                self.advance()
            case .failure: self.lost(id)
            }
        }
    }

    private func lost(_ id: ConnectionID) {
        connections[id] = nil
        machine.closed(id, now: .now())
        advance()
    }

    private func send(_ message: ProducerRequest, _ version: Int16, _ request: UInt64, on id: ConnectionID) {
        guard let connection = connections[id] else { return }
        switch message {
        case .apiVersions(let body): ask(body, version, connection, request, id) { .apiVersions($0) }
        case .metadata(let body): ask(body, version, connection, request, id) { .metadata($0) }
        case .initProducerID(let body): ask(body, version, connection, request, id) { .initProducerID($0) }
        case .createTopics(let body): ask(body, version, connection, request, id) { .createTopics($0) }
        case .produce(let body) where body.acks == 0:
            take(connection.tell(body, version: version, clientID: clientID), request, connection, id) { .sent }
        case .produce(let body): ask(body, version, connection, request, id) { .produce($0) }
        }
    }

    private func ask<Request: RequestMessage>(
        _ body: Request, _ version: Int16, _ connection: BrokerConnection, _ request: UInt64, _ id: ConnectionID,
        _ answer: @escaping (Request.Response) -> ProducerAnswer
    ) {
        take(
            connection.ask(body, version: version, clientID: clientID, timeout: nil), request, connection, id, answer)
    }

    private func take<Value>(
        _ future: EventLoopFuture<Value>, _ request: UInt64, _ connection: BrokerConnection, _ id: ConnectionID,
        _ answer: @escaping (Value) -> ProducerAnswer
    ) {
        future.assumeIsolated().whenComplete { result in
            let now = NIODeadline.now()
            switch result {
            case .success(let value): self.machine.answered(answer(value), to: request, on: id, now: now)
            case .failure(is BrokerConnection.Failure), .failure(is IOError), .failure(is ChannelError):
                // The connection is at its end, which is told of by its closing.
                connection.close()
            case .failure: self.machine.answered(.unreadable, to: request, on: id, now: now)
            }
            self.advance()
        }
    }

    /// Sees to it that the machine goes on when it wants to.
    private func plan() {
        let wakeAt = machine.wakeAt
        if let alarm {
            // An alarm that comes too early does no harm, and saves making a new one for each request.
            if alarm.at <= wakeAt { return }
            alarm.task.cancel()
            self.alarm = nil
        }
        guard wakeAt < .distantFuture, !hasEnded else { return }
        let task = loop.assumeIsolated().scheduleTask(deadline: wakeAt) {
            self.alarm = nil
            self.advance()
        }
        alarm = (wakeAt, task)
    }
}
