package import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
package import Schemas
import Settings
import Sinks
import Synchronization
import Telemetry

/// Lets records into topics only if they are what rules and schemas say.
package final class SchemaValidationFilter: Filter {
    let configuration: SchemaValidationConfiguration
    let book: RuleBook
    let isDryRun: Bool
    /// Milliseconds since 1970.
    let clock: @Sendable () -> Int64
    private let registries: Registries
    /// Where dead letters go, by their rules.
    private let deadLetters: [Int: any Sink]
    private let families: ValidationFamilies
    private let labels: [String]
    /// What belongs to each event loop, by the loop.
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<ValidationLoop>]>([:])

    /// Makes a filter.
    ///
    /// - Parameters:
    ///   - configuration: the settings.
    ///   - context: the filter's name and its metrics.
    ///   - transport: what asks a registry of these settings; nil for HTTP.
    ///   - clock: milliseconds since 1970.
    /// - Throws: an error that names the rule whose schema cannot be used, or the registry that cannot be asked.
    package init(
        _ configuration: SchemaValidationConfiguration, context: FilterContext,
        transport: ((RegistryConfiguration) -> any RegistryTransport)? = nil,
        clock: @escaping @Sendable () -> Int64 = { WallClock.milliseconds() }
    ) throws {
        registries = try Registries(configuration.registries, context: context) { registry, counts in
            try transport?(registry) ?? RegistryClient(registry, counts: counts)
        }
        self.configuration = configuration
        self.clock = clock
        book = try RuleBook(configuration, filterTopics: context.when?.topic)
        var sinks: [Int: any Sink] = [:]
        for (index, rule) in configuration.rules.enumerated() {
            guard case .deadLetter(let topic) = rule.onFailure else { continue }
            sinks[index] = try SinkConfiguration.topic(topic).makeSink(purpose: "dead letters", context: context)
        }
        deadLetters = sinks
        isDryRun = context.isDryRun
        families = ValidationFamilies(context.metrics)
        labels = [context.listener, context.name]
    }

    /// The frame is held, as what was rejected must not have gone on; records are opened for topics with rules only.
    package var interests: [Interest] { [Interest([.produce], .request, depth: .records)] }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        SchemaValidationConnection(self, connection, onLoop(of: connection))
    }

    /// Waits for dead letters to be written.
    package func shutDown() async {
        for sink in deadLetters.values { await sink.shutDown() }
    }

    private func onLoop(of connection: ConnectionContext) -> ValidationLoop {
        let key = ObjectIdentifier(connection.eventLoop)
        return loops.withLock { loops in
            if let known = loops[key] { return known }
            let made = NIOLoopBound(
                ValidationLoop(
                    book, LoopSchemas(registries, on: connection.eventLoop),
                    DeadLetterPorts(deadLetters, on: connection.eventLoop, metrics: connection.metrics),
                    ValidationCounters(
                        families, labels: labels, rules: book.rules.map(\.name), shard: connection.metrics)),
                eventLoop: connection.eventLoop)
            loops[key] = made
            return made
        }.value
    }
}

/// What the connections of one event loop share.
final class ValidationLoop {
    let rules: RuleTable
    let counters: ValidationCounters
    let schemas: LoopSchemas
    let deadLetters: DeadLetterPorts
    let scratch = ValidationScratch()

    init(
        _ book: RuleBook, _ schemas: LoopSchemas, _ deadLetters: DeadLetterPorts, _ counters: ValidationCounters
    ) {
        self.deadLetters = deadLetters
        self.schemas = schemas
        rules = RuleTable(book)
        self.counters = counters
    }
}
