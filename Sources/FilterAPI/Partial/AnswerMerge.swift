import KafkaMessages

/// Puts parts of answers together, in the order in which they were asked for.
///
/// Where two answers hold the same part the later one counts: filters' answers come behind the broker's, so that what a
/// filter refused stays refused. Parts that nobody asked for come at the end, since an empty question may mean all.
enum AnswerMerge {
    /// Merges lists of parts.
    ///
    /// - Parameters:
    ///   - answers: the parts of each answer, the broker's first.
    ///   - asked: what was asked for, in order. What was asked for twice is answered twice, if it was answered so.
    ///   - key: by what a part is known.
    static func parts<Part, Key: Hashable>(_ answers: [[Part]], asked: [Key], key: (Part) -> Key) -> [Part] {
        var byKey: [Key: ArraySlice<Part>] = [:]
        var order: [Key] = []
        for answer in answers {
            let own = Dictionary(grouping: answer, by: key)
            for part in answer {
                let key = key(part)
                if byKey[key] == nil { order.append(key) }
                byKey[key] = own[key]?[...]
            }
        }
        var merged = asked.compactMap { byKey[$0]?.popFirst() }
        let known = Set(asked)
        for key in order where !known.contains(key) { merged.append(contentsOf: byKey[key] ?? []) }
        return merged
    }

    /// Merges lists of groups of parts, as topics of partitions.
    ///
    /// - Parameters:
    ///   - answers: the groups of each answer, the broker's first.
    ///   - asked: the groups that were asked for, in order.
    ///   - key: by what a group is known.
    ///   - parts: where a group holds its parts; all else of a group is that of the first answer that has it.
    ///   - merge: merges the parts of one group.
    static func groups<Group, Key: Hashable, Part>(
        _ answers: [[Group]], asked: [Key], key: (Group) -> Key, parts: WritableKeyPath<Group, [Part]>,
        merge: (Key, [[Part]]) -> [Part]
    ) -> [Group] {
        var merged: [Key: (group: Group, parts: [[Part]])] = [:]
        var order: [Key] = []
        for (index, answer) in answers.enumerated() {
            for group in answer {
                let key = key(group)
                if merged[key] == nil {
                    merged[key] = (group, Array(repeating: [], count: answers.count))
                    order.append(key)
                }
                merged[key]?.parts[index] += group[keyPath: parts]
            }
        }
        var seen: Set<Key> = []
        return (asked + order).filter { seen.insert($0).inserted }.compactMap { key in
            guard let (first, lists) = merged[key] else { return nil }
            var group = first
            group[keyPath: parts] = merge(key, lists)
            return group
        }
    }

    /// Merges topics of partitions.
    ///
    /// - Parameters:
    ///   - answers: the topics of each answer, the broker's first.
    ///   - asked: the topics and partitions that were asked for, in order; empty for all.
    ///   - key: by what a topic is known.
    ///   - parts: where a topic holds its partitions.
    ///   - index: the index of a partition.
    static func topics<Topic, Key: Hashable, Part>(
        _ answers: [[Topic]], asked: [(topic: Key, partitions: [Int32])], key: (Topic) -> Key,
        parts: WritableKeyPath<Topic, [Part]>, index: (Part) -> Int32
    ) -> [Topic] {
        let partitions = Dictionary(asked, uniquingKeysWith: +)
        return groups(answers, asked: asked.map(\.topic), key: key, parts: parts) { topic, lists in
            self.parts(lists, asked: partitions[topic] ?? [], key: index)
        }
    }

    /// What the merged answer begins as: the first answer, with the longest time to wait.
    static func base<Response: ThrottledResponse>(_ answers: [Response]) -> Response {
        var base = answers.first ?? Response()
        base.throttleTimeMs = answers.map(\.throttleTimeMs).max() ?? 0
        return base
    }
}
