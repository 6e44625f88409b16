/// The declaration of a metric family: what it is called, what it means, and which labels its series carry.
public final class MetricFamily: Sendable {
    /// What a family's series are.
    public enum Kind: String, Sendable, Hashable {
        /// Numbers that only grow.
        case counter
        /// Numbers that go up and down.
        case gauge
        /// Counts of observations by size.
        case histogram
    }

    /// The value of a client-chosen label once the family has its cap of values.
    public static let otherLabelValue = "other"

    /// The position in the registry.
    let id: Int
    /// The full name, `sluice_` and the unit included.
    public let name: String
    /// One sentence for people.
    public let help: String
    /// What the series are.
    public let kind: Kind
    /// The names of the labels; values are given in this order.
    public let labelNames: [String]
    /// The labels whose values clients choose; these are capped.
    public let clientChosenLabels: [String]
    /// How many different values (or combinations of values) of the client-chosen labels are kept apart; all others go under `other`.
    public let cap: Int
    /// The upper bounds of a histogram's buckets, ascending, in ``unit``; empty for the other kinds.
    public let upperBounds: [UInt64]
    /// The unit of a histogram's observations.
    public let unit: MetricUnit

    /// The positions of the client-chosen labels in ``labelNames``.
    let clientChosenPositions: [Int]
    /// What decides which client-chosen values are kept apart; `nil` if no label is client-chosen.
    let admission: LabelAdmission?

    init(id: Int, definition: MetricDefinition) {
        self.id = id
        name = definition.name
        help = definition.help
        kind = definition.kind
        labelNames = definition.labelNames
        clientChosenLabels = definition.clientChosenLabels
        cap = definition.cap
        upperBounds = definition.upperBounds
        unit = definition.unit
        clientChosenPositions = definition.labelNames.indices.filter {
            definition.clientChosenLabels.contains(definition.labelNames[$0])
        }
        admission = definition.clientChosenLabels.isEmpty ? nil : LabelAdmission(cap: definition.cap)
    }

    /// The label values under which a series is kept: as given, shortened, or with `other` in the place of what a client chose.
    func admitted(_ labelValues: [String]) -> [String] {
        guard let admission else { return labelValues }
        var values = labelValues
        for position in clientChosenPositions {
            values[position] = LabelAdmission.shortened(values[position])
        }
        guard !admission.admits(clientChosenPositions.map { values[$0] }) else { return values }
        for position in clientChosenPositions {
            values[position] = Self.otherLabelValue
        }
        return values
    }
}

/// A family of counters, to be had from ``MetricsRegistry``.
public struct CounterFamily: Sendable {
    /// The declaration.
    public let family: MetricFamily
}

/// A family of gauges, to be had from ``MetricsRegistry``.
public struct GaugeFamily: Sendable {
    /// The declaration.
    public let family: MetricFamily
}

/// A family of histograms, to be had from ``MetricsRegistry``.
public struct HistogramFamily: Sendable {
    /// The declaration.
    public let family: MetricFamily
}
