/// One series of a family that is filled when it is read.
public struct MetricSample: Sendable {
    /// As many as the family has labels, in their order.
    public var labelValues: [String]
    /// The value, in the family's base unit.
    public var value: Double

    /// Makes a sample.
    ///
    /// - Parameters:
    ///   - labelValues: as many as the family has labels, in their order; none unless given.
    ///   - value: the value, in the family's base unit.
    public init(_ labelValues: [String] = [], _ value: Double) {
        self.labelValues = labelValues
        self.value = value
    }
}
