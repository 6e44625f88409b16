package import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Sinks
import Synchronization
import Telemetry

/// Records who did what to which resource, and with what result.
package final class AuditFilter: Filter {
    let configuration: AuditConfiguration
    let name: String
    let metrics: AuditMetrics
    /// The topics that events must name; nil for all events.
    private let topics: [StringMatcher]?
    private let sink: any Sink
    private let isDryRun: Bool

    /// The APIs whose frames stream past: they are not held for an audit that promises nothing.
    private static let streaming: Set<APIKey> = [.produce, .fetch, .shareFetch]

    convenience init(_ configuration: AuditConfiguration, context: FilterContext) throws {
        self.init(
            configuration, context: context,
            sink: try configuration.sink.makeSink(purpose: "audit log", context: context))
    }

    init(_ configuration: AuditConfiguration, context: FilterContext, sink: any Sink) {
        self.configuration = configuration
        name = context.name
        metrics = AuditMetrics(context)
        topics = context.when?.topic
        self.sink = sink
        isDryRun = context.isDryRun
    }

    /// True if a record of the intent is durable before a request goes on.
    var isRequired: Bool { configuration.guarantee == .required }

    /// True if events are recorded that name nothing.
    var concernsAll: Bool { topics == nil }

    /// True if an event is to be recorded. What it names without a name that is known, or beyond what is listed, may be
    /// one of the topics: nobody slips past by naming more.
    func concerns(_ event: AuditEvent) -> Bool {
        guard let topics, event.omittedResources == 0 else { return true }
        return event.resources.contains { resource in
            guard resource.type == "topic" else { return false }
            guard let name = resource.name else { return true }
            return topics.contains { $0.matches(name) }
        }
    }

    package var interests: [Interest] {
        let keys = AuditedAPI.keys(in: configuration.events).subtracting([.saslHandshake, .saslAuthenticate])
        let data = keys.intersection(AuditedAPI.keys(in: [.data]))
        let streaming = isRequired ? [] : keys.intersection(Self.streaming)
        var interests: [Interest] = []
        let read = keys.subtracting(streaming)
        if !read.isEmpty { interests.append(Interest(read, .request, depth: .body)) }
        let answered = keys.subtracting(data)
        if !answered.isEmpty { interests.append(Interest(answered, .response, depth: .fields)) }
        if !data.isEmpty {
            // Of these the first error code is enough, which the proxy knows itself.
            let held = isRequired ? data.subtracting([.fetch, .shareFetch]) : []
            if !held.isEmpty { interests.append(Interest(held, .response, depth: .fields)) }
            interests.append(Interest(data.subtracting(held), .response, depth: .completion))
        }
        if !streaming.isEmpty {
            interests.append(Interest(streaming, .request, depth: .completion, topics: true))
            interests.append(Interest(streaming, .response, depth: .completion, topics: true))
        }
        // Nobody knows what a request asks for that cannot be read: where nothing may be done of which there is no record, it
        // does not pass. That some version is looked into, though there is none such, says that all must be readable.
        if isRequired, !isDryRun {
            interests.append(Interest(nil, versions: Int16.max...Int16.max, .request, depth: .fields))
        }
        return interests
    }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        AuditConnection(self, connection, port: sink.port(on: connection.eventLoop, metrics: connection.metrics))
    }

    package var stream: (any FilterStream)? { sink.stream }

    package func reopenFiles() {
        sink.reopenFiles()
    }

    package func shutDown() async {
        await sink.shutDown()
    }
}

/// Numbers of events: no two of this process are the same, and no two processes have the same beginning.
enum AuditNumber {
    private static let process = String(UInt64.random(in: 0...0xFFFF_FFFF_FFFF), radix: 16)
    private static let last = Atomic<UInt64>(0)

    /// Another one.
    static func next() -> String {
        "\(process)-\(last.add(1, ordering: .relaxed).newValue)"
    }
}
