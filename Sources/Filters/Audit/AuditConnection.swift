import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Sinks
import Telemetry

/// The part of an audit in one connection.
final class AuditConnection: ConnectionFilter {
    private let filter: AuditFilter
    private let context: ConnectionContext
    private let port: any SinkPort
    private let counters: AuditMetrics.Counters
    private let timeout: TimeAmount

    init(_ filter: AuditFilter, _ context: ConnectionContext, port: any SinkPort) {
        self.filter = filter
        self.context = context
        self.port = port
        counters = filter.metrics.counters(context.metrics)
        timeout = TimeAmount(filter.configuration.timeout)
    }

    func request(_ request: FilteredRequest) -> RequestAction {
        var event = AuditEvent(request.record)
        event.takeRequest(request)
        let isWanted = filter.configuration.events.contains(.data) || !event.isRoutine
        guard isWanted, filter.concerns(event) else {
            event.isLeftOut = true
            request.note = event
            return .forward
        }
        request.note = event
        // To learn which versions there are is no deed, and without it no client could learn anything.
        guard filter.isRequired, request.record.apiKey != .apiVersions else { return .forward }
        let written = write(durably: event, .intent, nil, request.record)
        return .hold(
            written.assumeIsolated().map { RequestAction.forward }.flatMapErrorThrowing { _ in
                self.refuse(request)
            }.nonisolated())
    }

    private func refuse(_ request: FilteredRequest) -> RequestAction {
        counters.refused.increment()
        if var event = request.note as? AuditEvent {
            event.isRefused = true
            request.note = event
        }
        let refusal = AuditRefusal.refusal(of: request.record.apiKey)
        return (try? request.refuseAll(refusal)) ?? .close(reason: "audit_unavailable")
    }

    func response(_ response: FilteredResponse) -> ResponseAction {
        guard var event = response.note as? AuditEvent, !event.isLeftOut else { return .forward }
        event.takeResponse(&response.frame, response.record)
        guard filter.isRequired, response.record.apiKey != .apiVersions, response.frame.isWhole else {
            response.note = event
            return .forward
        }
        event.isRecorded = true
        response.note = event
        let outcome = AuditOutcome(
            result: "answered", answeredBy: response.record.wasAnswered ? "proxy" : "broker", closeReason: nil,
            duration: .nanoseconds((NIODeadline.now() - event.startedAt).nanoseconds), upstream: nil)
        let written = write(durably: event, .outcome, outcome, response.record)
        return .hold(
            written.assumeIsolated().map { ResponseAction.forward }.flatMapErrorThrowing { _ in
                self.counters.unrecorded.increment()
                return .forward
            }.nonisolated())
    }

    func completed(_ request: CompletedRequest) {
        let event = request.note as? AuditEvent ?? AuditEvent(passed: request.record)
        guard !event.isRecorded, !event.isLeftOut, filter.concerns(event) else { return }
        write(event, .outcome, AuditOutcome(request, refusedBy: event.isRefused ? filter.name : nil), request.record)
    }

    func authenticated(_ result: AuthenticationResult) {
        guard filter.configuration.events.contains(.authentication), filter.concernsAll else { return }
        counters.countEvent(.authentication)
        guard port.isOpen else { return port.skip() }
        let document = AuditDocument.signIn(result, context, filter: filter.name)
        _ = port.offer(SinkRecord(key: key, value: document))
    }

    // MARK: - Writing

    private var key: ByteBuffer { ByteBuffer(string: context.principal) }

    private func write(
        _ event: AuditEvent, _ kind: AuditDocument.Kind, _ outcome: AuditOutcome?, _ record: RequestRecord
    ) {
        if kind == .outcome { counters.countEvent(event.api.auditClass) }
        guard port.isOpen else { return port.skip() }
        let document = AuditDocument.document(event, kind, outcome, record, filter: filter.name)
        _ = port.offer(SinkRecord(key: key, value: document))
    }

    private func write(
        durably event: AuditEvent, _ kind: AuditDocument.Kind, _ outcome: AuditOutcome?, _ record: RequestRecord
    ) -> EventLoopFuture<Void> {
        if kind == .outcome { counters.countEvent(event.api.auditClass) }
        let document = AuditDocument.document(event, kind, outcome, record, filter: filter.name)
        return port.offerDurably(SinkRecord(key: key, value: document), within: timeout)
    }
}
