package import Settings

/// How brokers are given names (`mode: sni`): clients tell which broker they want by the server name in their TLS
/// handshake (RFC 6066 §3).
package struct BrokerNamesConfiguration: Sendable, Hashable {
    /// Whom a client wants.
    package enum Wanted: Sendable, Hashable {
        /// Any broker.
        case bootstrap
        case broker(Int32)
    }

    /// The name that clients begin with, in lower case.
    package var bootstrapHost: String
    /// The names of the brokers.
    package var brokerHost: BrokerHostPattern
    /// The port that clients are told to connect to.
    package var advertisedPort: Int

    /// Makes a configuration.
    package init(bootstrapHost: String, brokerHost: BrokerHostPattern, advertisedPort: Int) {
        self.bootstrapHost = bootstrapHost.lowercased()
        self.brokerHost = brokerHost
        self.advertisedPort = advertisedPort
    }

    /// Whom a server name stands for; nil if it is none of this listener's.
    package func wanted(_ serverName: String) -> Wanted? {
        // A name may be written with the root's dot, and in any case.
        var name = serverName.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if name == bootstrapHost { return .bootstrap }
        return brokerHost.brokerID(in: name).map { .broker($0) }
    }
}

/// A host name with a broker ID in it: `broker-{id}.kafka.example.com`.
package struct BrokerHostPattern: Sendable, Hashable, CustomStringConvertible {
    /// Stands for the ID.
    package static let placeholder = "{id}"

    /// What stands before the ID, in lower case.
    package let prefix: String
    /// What stands behind the ID, in lower case.
    package let suffix: String

    /// Reads a pattern.
    ///
    /// - Throws: a problem unless `{id}` is in it once, and a host name comes of it.
    package init(parsing text: String) throws(SettingProblem) {
        let lower = text.lowercased()
        let ranges = lower.ranges(of: Self.placeholder)
        guard let range = ranges.first, ranges.count == 1 else {
            throw SettingProblem("\(Self.placeholder) must be in it once, in the place of the broker ID")
        }
        prefix = String(lower[..<range.lowerBound])
        suffix = String(lower[range.upperBound...])
        guard HostName.isValid("\(prefix)\(Int32.max)\(suffix)") else {
            throw SettingProblem("'\(text)' does not make a host name")
        }
        guard prefix.utf8.last.map({ !HostName.isDigit($0) }) ?? true,
            suffix.utf8.first.map({ !HostName.isDigit($0) }) ?? true
        else {
            throw SettingProblem("a digit next to \(Self.placeholder) would make names that mean two brokers")
        }
    }

    /// The name of a broker.
    package func host(ofBroker id: Int32) -> String { "\(prefix)\(id)\(suffix)" }

    /// The broker that a name is of; nil if it is none of these names, or its ID has leading zeros.
    package func brokerID(in name: String) -> Int32? {
        let name = name.lowercased()
        guard name.utf8.count > prefix.utf8.count + suffix.utf8.count, name.hasPrefix(prefix), name.hasSuffix(suffix)
        else { return nil }
        let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard digits.utf8.allSatisfy(HostName.isDigit), let id = Int32(digits), "\(id)" == digits else { return nil }
        return id
    }

    package var description: String { "\(prefix)\(Self.placeholder)\(suffix)" }
}

/// Names that a TLS handshake can carry: RFC 6066 §3 allows no addresses.
enum HostName {
    /// True for letters, digits and hyphens between dots, 253 at most, and not all of the last part digits.
    static func isValid(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 253 else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy(isLabel), let last = labels.last else { return false }
        return !last.utf8.allSatisfy(isDigit)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLabel(_ label: Substring) -> Bool {
        guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
        return label.utf8.allSatisfy { byte in
            isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte >= 0x41
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}

extension SettingType where Value == String {
    /// A host name, no address.
    static var hostName: SettingType {
        .scalar(
            expected: "a host name such as bootstrap.kafka.example.com",
            schema: ["type": "string", "minLength": 1, "maxLength": 253],
            parse: { text throws(SettingProblem) in HostName.isValid(text) ? text.lowercased() : nil },
            render: { .string($0) }
        )
    }
}

extension SettingType where Value == BrokerHostPattern {
    /// A host name with `{id}` in it.
    static var brokerHostPattern: SettingType {
        .scalar(
            expected: "a host name with {id} in it, such as broker-{id}.kafka.example.com",
            schema: ["type": "string", "pattern": "\\{id\\}"],
            parse: { text throws(SettingProblem) in try BrokerHostPattern(parsing: text) },
            render: { .string($0.description) }
        )
    }
}
