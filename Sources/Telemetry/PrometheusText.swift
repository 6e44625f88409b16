/// Writes metrics in Prometheus' text exposition format 0.0.4.
public enum PrometheusText {
    /// The media type of the format.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The metrics as text; every family has HELP and TYPE, also one without series.
    ///
    /// - Parameter snapshot: what to write.
    /// - Returns: the text, ending in a newline unless it is empty.
    public static func render(_ snapshot: MetricsSnapshot) -> String {
        var text = ""
        for family in snapshot.families {
            write(family, to: &text)
        }
        return text
    }

    private static func write(_ family: MetricsSnapshot.Family, to text: inout String) {
        let declaration = family.family
        let name = declaration.name
        text += "# HELP \(name) "
        escape(declaration.help, quotes: false, to: &text)
        text += "\n# TYPE \(name) \(declaration.kind.rawValue)\n"
        for series in family.series {
            var labels = ""
            for (label, value) in zip(declaration.labelNames, series.labelValues) {
                labels += labels.isEmpty ? "\(label)=\"" : ",\(label)=\""
                escape(value, quotes: true, to: &labels)
                labels += "\""
            }
            let braced = labels.isEmpty ? "" : "{\(labels)}"
            switch series.value {
            case .counter(let value):
                text += "\(name)\(braced) \(value)\n"
            case .gauge(let value):
                text += "\(name)\(braced) \(value)\n"
            case .sampled(let value):
                text += "\(name)\(braced) \(number(value))\n"
            case .histogram(let buckets, let sum):
                var total: UInt64 = 0
                let separator = labels.isEmpty ? "" : ","
                for (index, count) in buckets.enumerated() {
                    total &+= count
                    let bounds = declaration.upperBounds
                    let bound = index < bounds.count ? number(declaration.unit.baseValue(bounds[index])) : "+Inf"
                    text += "\(name)_bucket{\(labels)\(separator)le=\"\(bound)\"} \(total)\n"
                }
                text += "\(name)_sum\(braced) \(number(declaration.unit.baseValue(sum)))\n"
                text += "\(name)_count\(braced) \(total)\n"
            }
        }
    }

    /// A number as Prometheus reads it: whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }

    private static func escape(_ value: String, quotes: Bool, to text: inout String) {
        // Scalars, not characters: a carriage return and a newline after it are one character.
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\"" where quotes: text += "\\\""
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
