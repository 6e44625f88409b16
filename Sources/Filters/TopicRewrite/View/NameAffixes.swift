/// Maps names of groups, or transactional IDs, by what stands before and behind them at the broker.
///
/// Names are any bytes; each leads to one at the broker, and no two to the same.
package struct NameAffixes: Sendable, Hashable {
    /// What stands before each name at the broker.
    package let prefix: String
    /// What stands behind it.
    package let suffix: String

    /// A mapping; with nothing before and behind, names stay as they are.
    package init(prefix: String, suffix: String = "") {
        self.prefix = prefix
        self.suffix = suffix
    }

    /// True if names stay as they are.
    package var isIdentity: Bool { prefix.isEmpty && suffix.isEmpty }

    /// The name at the broker.
    package func brokerName(_ name: some Collection<UInt8>) -> [UInt8] {
        Array(prefix.utf8) + Array(name) + Array(suffix.utf8)
    }

    /// The name at the broker.
    package func brokerName(_ name: String) -> String {
        isIdentity ? name : prefix + name + suffix
    }

    /// The client's name; nil if the client must not see it.
    package func clientName(_ name: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        guard name.count >= prefix.utf8.count + suffix.utf8.count, name.starts(with: prefix.utf8),
            name.reversed().starts(with: suffix.utf8.reversed())
        else { return nil }
        return Array(name.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count))
    }

    /// The client's name; nil if the client must not see it.
    package func clientName(_ name: String) -> String? {
        isIdentity ? name : clientName(name.utf8).map { String(decoding: $0, as: UTF8.self) }
    }
}
