/// Patterns for names: what begins so, and all.
extension TopicView {
    /// What all names of the client's are at the broker.
    enum AllTopics: Equatable {
        /// All names.
        case all
        /// All names that begin so.
        case prefix(String)
        /// Nothing that one pattern can say.
        case inexact
    }

    /// What stands for all topics that the client sees.
    var allTopics: AllTopics {
        if mappings.isEmpty { return hidesOthers ? .inexact : .all }
        if mappings.count == 1, let (client, broker) = mappings[0].prefixes, client.isEmpty {
            return broker.isEmpty ? .all : .prefix(broker)
        }
        // Where some names lead elsewhere and nothing is hidden, all is meant as it is said.
        let coversAll = mappings.contains { $0.prefixes?.client.isEmpty ?? false }
        return hidesOthers || coversAll ? .inexact : .all
    }

    /// What names at the broker begin with that the client sees under names that begin so: nil if these are not exactly
    /// the names with one beginning.
    func brokerPrefix(_ prefix: String) -> String? {
        guard mappings.allSatisfy({ $0.exactNames != nil || $0.prefixes != nil }) else { return nil }
        guard let position = mappings.firstIndex(where: { prefix.begins(with: $0.prefixes?.client) }),
            let (client, broker) = mappings[position].prefixes
        else {
            // Names that no rule covers, and that no rule leads to.
            let isApart = mappings.allSatisfy { mapping in
                if let exact = mapping.exactNames {
                    return !([exact.client] + mapping.brokerNames).contains { $0.begins(with: prefix) }
                }
                guard let (client, broker) = mapping.prefixes else { return false }
                return !client.overlaps(prefix) && !broker.overlaps(prefix)
            }
            return isApart && !hidesOthers ? prefix : nil
        }
        let result = broker + String(decoding: prefix.utf8.dropFirst(client.utf8.count), as: UTF8.self)
        let isExact = mappings.enumerated().allSatisfy { index, mapping in
            if index == position { return true }
            if let exact = mapping.exactNames {
                return !(index < position && exact.client.begins(with: prefix))
                    && !mapping.brokerNames.contains { $0.begins(with: result) }
            }
            guard let other = mapping.prefixes else { return false }
            return !(index < position && other.client.overlaps(prefix)) && !other.broker.overlaps(result)
        }
        return isExact ? result : nil
    }

    /// What the client's names begin with for which names at the broker begin so; nil if it must not see the pattern.
    func clientPrefix(_ prefix: String) -> String? {
        for mapping in mappings {
            guard let (client, broker) = mapping.prefixes, prefix.begins(with: broker) else { continue }
            let candidate = client + String(decoding: prefix.utf8.dropFirst(broker.utf8.count), as: UTF8.self)
            if let back = brokerPrefix(candidate), back.utf8.elementsEqual(prefix.utf8) { return candidate }
        }
        guard let back = brokerPrefix(prefix), back.utf8.elementsEqual(prefix.utf8) else { return nil }
        return prefix
    }
}

extension String {
    /// True if the bytes of the other are the first of this one.
    func begins(with other: String?) -> Bool {
        other.map { utf8.starts(with: $0.utf8) } ?? false
    }

    /// True if there are names that begin with both.
    func overlaps(_ other: String) -> Bool {
        begins(with: other) || other.begins(with: self)
    }
}
