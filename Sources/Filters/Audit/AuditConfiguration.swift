package import Settings
package import Sinks

/// The settings of an audit.
package struct AuditConfiguration: Sendable, Hashable {
    /// What is promised of records.
    package enum Guarantee: String, Sendable, Hashable, CaseIterable {
        /// One record for each event, when it is over; those that cannot be written are dropped and counted.
        case bestEffort = "best_effort"
        /// Nothing is done of which no record is durable: one before a request is forwarded, and one of its outcome.
        case required
    }

    /// Which events are recorded.
    package var events: Set<AuditClass>
    /// What is promised of them.
    package var guarantee: Guarantee
    /// How long a request, and again its response, waits for its record with ``Guarantee/required``.
    package var timeout: Duration
    /// Where records go.
    package var sink: SinkConfiguration

    /// Makes settings.
    package init(
        events: Set<AuditClass> = Set(AuditClass.usual), guarantee: Guarantee = .bestEffort,
        timeout: Duration = .seconds(2), sink: SinkConfiguration
    ) {
        self.events = events
        self.guarantee = guarantee
        self.timeout = timeout
        self.sink = sink
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> AuditConfiguration? {
        let events = reader.value(
            "events", .list(of: .choice(), count: 1...AuditClass.allCases.count), default: AuditClass.usual,
            "Which events are recorded. 'data' (produce, fetch, offsets, metadata) is many.")
        let guarantee = reader.value(
            "guarantee", .choice(), default: Guarantee.bestEffort,
            "'best_effort': records that cannot be written are dropped and counted. 'required': a request goes on only "
                + "when a record of it is durable, else it is refused.")
        let timeout = reader.value(
            "timeout", .duration(.milliseconds(10)...(.seconds(60))), default: .seconds(2),
            "With 'required': how long a request waits for its record before it is refused, and its response for the "
                + "record of the outcome before it leaves all the same.")
        let sink = reader.required("sink", SinkConfiguration.settingType, "Where records go.")
        guard let sink else { return nil }
        if guarantee == .required, !sink.canBeDurable {
            reader.report(
                "cannot be had with this sink: it takes a file, standard output, or a topic with 'acks: all'",
                at: "guarantee")
            return nil
        }
        return AuditConfiguration(events: Set(events), guarantee: guarantee, timeout: timeout, sink: sink)
    }
}
