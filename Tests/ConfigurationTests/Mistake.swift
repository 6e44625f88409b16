import Testing

/// A configuration with something wrong in it, and the lines that must come out: all of them and no others.
struct Mistake: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var yaml: String
    var issues: [String]

    init(_ description: String, _ yaml: String, _ issues: String...) {
        testDescription = description
        self.yaml = yaml
        self.issues = issues
    }
}

/// The minimal configuration behind `lines`.
func minimal(after lines: String) -> String { lines + "\n" + minimal }

/// The minimal configuration whose listener has `lines` behind its own.
func minimal(listener lines: String) -> String {
    minimal.replacingFirst("clusters:", with: lines + "\nclusters:")
}

/// The minimal configuration whose cluster has `lines` behind its own.
func minimal(cluster lines: String) -> String { minimal + "\n" + lines }

/// The minimal configuration with `brokers`.
func minimal(brokers: String) -> String {
    minimal.replacingFirst("{ mode: ports, ports: 9093-9192 }", with: brokers)
}
