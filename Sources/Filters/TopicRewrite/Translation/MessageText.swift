import FilterAPI

/// Puts the client's names in the place of the broker's in texts for people.
///
/// Names are told by their bounds: bytes that stand in names end where others begin. Longer names come first.
struct MessageText {
    private let view: TopicView
    private let known: [NamePairs.Pair]
    private let cluster: any ClusterView
    private let groupPrefix: [UInt8]

    /// What stands in the place of names that the client must not see.
    static let hidden = Array("(another topic)".utf8)

    /// - Parameters:
    ///   - view: the client's view.
    ///   - pairs: what the request named.
    ///   - cluster: knows which words are names of topics.
    init(_ view: TopicView, pairs: NamePairs, cluster: any ClusterView) {
        self.view = view
        self.cluster = cluster
        let exact = view.exactPairs.map { NamePairs.Pair(broker: Array($0.broker.utf8), client: Array($0.client.utf8)) }
        known = (pairs.pairs + exact).filter { !$0.broker.isEmpty }.sorted { $0.broker.count > $1.broker.count }
        groupPrefix = Array(view.groups.prefix.utf8)
    }

    /// The text as the client may read it; nil if it is the same.
    func clientText(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var isChanged = false
        var position = 0
        while position < bytes.count {
            guard Self.begins(at: position, bytes) else {
                result.append(bytes[position])
                position += 1
                continue
            }
            if let (name, end) = replacement(at: position, bytes) {
                result += name
                isChanged = isChanged || !name.elementsEqual(bytes[position..<end])
                position = end
            } else {
                let end = Self.wordEnd(from: position, bytes)
                result += bytes[position..<max(end, position + 1)]
                position = max(end, position + 1)
            }
        }
        return isChanged ? String(decoding: result, as: UTF8.self) : nil
    }

    /// What a name at a place becomes, and where it ends; nil if there is none that changes.
    private func replacement(at position: Int, _ bytes: [UInt8]) -> (name: [UInt8], end: Int)? {
        for pair in known where bytes[position...].starts(with: pair.broker) {
            let end = position + pair.broker.count
            if Self.ends(at: end, bytes) { return (pair.client, end) }
        }
        let end = Self.wordEnd(from: position, bytes)
        guard end > position else { return nil }
        for candidate in Self.candidates(bytes[position..<end]) {
            let name = String(decoding: candidate, as: UTF8.self)
            let next = position + candidate.count
            if let client = view.clientTopic(name) {
                // A word that leads to itself is a word.
                if client != name, view.isRenamedByPrefix(name) { return (Array(client.utf8), next) }
            } else if cluster.topicID(name) != nil {
                return (Self.hidden, next)
            }
            if !groupPrefix.isEmpty, candidate.starts(with: groupPrefix), let group = view.groups.clientName(candidate)
            {
                return (group, next)
            }
        }
        return nil
    }

    /// The names that a word may be: without the full stop behind it, and without the partition's number.
    private static func candidates(_ word: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var bare = word
        while bare.last == UInt8(ascii: ".") { bare = bare.dropLast() }
        var candidates = [bare]
        let digits = bare.reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        if digits > 0, bare.dropLast(digits).last == UInt8(ascii: "-") {
            let topic = bare.dropLast(digits + 1)
            if !topic.isEmpty { candidates.append(topic) }
        }
        return candidates.filter { !$0.isEmpty && $0.count <= TopicNameSyntax.longest }
    }

    private static func begins(at position: Int, _ bytes: [UInt8]) -> Bool {
        position == 0 || !TopicNameSyntax.isLegal(bytes[position - 1])
    }

    private static func wordEnd(from position: Int, _ bytes: [UInt8]) -> Int {
        bytes[position...].firstIndex { !TopicNameSyntax.isLegal($0) } ?? bytes.count
    }

    /// True if a name may end there: before other bytes, before the number of a partition, before a full stop.
    private static func ends(at position: Int, _ bytes: [UInt8]) -> Bool {
        guard position < bytes.count, TopicNameSyntax.isLegal(bytes[position]) else { return true }
        let rest = bytes[position..<wordEnd(from: position, bytes)]
        if rest.allSatisfy({ $0 == UInt8(ascii: ".") }) { return true }
        guard rest.first == UInt8(ascii: "-"), rest.count > 1 else { return false }
        return rest.dropFirst().allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        }
    }
}

extension TopicView {
    /// The names of the rules for one topic, as far as they decide.
    var exactPairs: [(client: String, broker: String)] {
        mappings.compactMap(\.exactNames).filter { pair in
            pair.client != pair.broker && brokerTopic(pair.client).brokerName == pair.broker
        }
    }

    /// True if a name of the broker's is one that a rule with a beginning of its own leads to, so that a word which
    /// looks like it is meant as a name.
    func isRenamedByPrefix(_ name: String) -> Bool {
        mappings.contains { mapping in
            guard let (_, broker) = mapping.prefixes, !broker.isEmpty else { return false }
            return name.begins(with: broker)
        }
    }
}
