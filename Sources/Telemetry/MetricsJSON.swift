/// Writes metrics as JSON: `{"metrics":[{"name","type","help","series":[{"labels":{},"value":1}]}]}`.
///
/// A histogram's series has `count`, `sum` and `buckets` (cumulative, each with its bound `le`; the last one's is `"+Inf"`) in place of `value`.
public enum MetricsJSON {
    /// The metrics as one JSON object.
    ///
    /// - Parameter snapshot: what to write.
    /// - Returns: the text.
    public static func render(_ snapshot: MetricsSnapshot) -> String {
        var text = "{\"metrics\":["
        for (index, family) in snapshot.families.enumerated() {
            text += index == 0 ? "\n" : ",\n"
            write(family, to: &text)
        }
        text += "\n]}\n"
        return text
    }

    private static func write(_ family: MetricsSnapshot.Family, to text: inout String) {
        let declaration = family.family
        text += "{\"name\":\"\(declaration.name)\",\"type\":\"\(declaration.kind.rawValue)\",\"help\":"
        JSONText.append(declaration.help, to: &text)
        text += ",\"series\":["
        for (index, series) in family.series.enumerated() {
            if index > 0 { text += "," }
            text += "{\"labels\":{"
            for (position, (label, value)) in zip(declaration.labelNames, series.labelValues).enumerated() {
                text += position == 0 ? "\"\(label)\":" : ",\"\(label)\":"
                JSONText.append(value, to: &text)
            }
            text += "},"
            switch series.value {
            case .counter(let value): text += "\"value\":\(value)}"
            case .gauge(let value): text += "\"value\":\(value)}"
            case .sampled(let value): text += "\"value\":\(JSONText.number(value))}"
            case .histogram(let buckets, let sum):
                write(buckets: buckets, sum: sum, of: declaration, to: &text)
            }
        }
        text += "]}"
    }

    private static func write(buckets: [UInt64], sum: UInt64, of family: MetricFamily, to text: inout String) {
        let total = buckets.reduce(0, &+)
        text += "\"count\":\(total),\"sum\":\(JSONText.number(family.unit.baseValue(sum))),\"buckets\":["
        var cumulative: UInt64 = 0
        for (index, count) in buckets.enumerated() {
            cumulative &+= count
            if index > 0 { text += "," }
            let isLast = index >= family.upperBounds.count
            let bound = isLast ? "\"+Inf\"" : JSONText.number(family.unit.baseValue(family.upperBounds[index]))
            text += "{\"le\":\(bound),\"count\":\(cumulative)}"
        }
        text += "]}"
    }
}
