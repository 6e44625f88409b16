/// What a family is declared with; two declarations of one name must be equal.
struct MetricDefinition: Hashable {
    var name: String
    var help: String
    var kind: MetricFamily.Kind
    var labelNames: [String] = []
    var clientChosenLabels: [String] = []
    var cap = MetricsRegistry.defaultCap
    var upperBounds: [UInt64] = []
    var unit = MetricUnit.bytes

    /// Traps on a declaration that no scraper would take: a mistake of ours, found by the first test that declares it.
    func check() {
        precondition(Self.isName(name, colons: true), "\(name) is no metric name")
        precondition(!help.isEmpty, "\(name) has no help")
        precondition((kind == .counter) == name.hasSuffix("_total"), "\(name): counters, and only they, end in _total")
        precondition(Set(labelNames).count == labelNames.count, "\(name) has a label twice")
        for label in labelNames {
            precondition(Self.isName(label, colons: false) && label != "le", "\(name): \(label) is no label name")
        }
        for label in clientChosenLabels {
            precondition(labelNames.contains(label), "\(name): \(label) is not among its labels")
        }
        precondition(cap > 0, "\(name) has no room for labels")
        guard kind == .histogram else { return }
        precondition(!upperBounds.isEmpty, "\(name) has no bounds")
        precondition(
            zip(upperBounds, upperBounds.dropFirst()).allSatisfy { $0 < $1 }, "\(name): the bounds do not ascend")
    }

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            case UInt8(ascii: ":"): colons
            default: false
            }
        }
    }
}
