import Settings

/// Translates regular expressions for names into ones that a broker may match against its own names.
///
/// The result matches exactly what the client sees under a name that the expression matches. Where no expression is
/// known that does, there is none.
struct RegexTranslation {
    private let view: TopicView

    init(_ view: TopicView) {
        self.view = view
    }

    /// The expression for the broker's names of topics.
    ///
    /// - Parameter text: the client's expression, in RE2's syntax; it is matched against whole names.
    /// - Returns: an expression in the same syntax.
    /// - Throws: why there is none.
    func topics(_ text: String) throws(RegexShape.Problem) -> String {
        if view.keepsTopics, !view.hidesOthers { return text }
        guard view.mappings.allSatisfy({ $0.exactNames != nil || $0.prefixes != nil }) else {
            throw RegexShape.Problem("a rule here is for some topics only")
        }
        let shape = try RegexShape(text)
        var results: [String] = []
        for alternative in shape.alternatives {
            if let result = try translate(alternative) { results.append(result) }
        }
        return results.isEmpty ? RegexShape.never : results.joined(separator: "|")
    }

    /// The expression for the broker's names of groups or transactions.
    ///
    /// - Throws: why there is none.
    static func names(_ text: String, _ affixes: NameAffixes) throws(RegexShape.Problem) -> String {
        if affixes.isIdentity { return text }
        let shape = try RegexShape(text)
        let whole = shape.alternatives.map { $0.needsGroup ? "(?:\($0.text))" : $0.text }.joined(separator: "|")
        return quoted(affixes.prefix) + "(?:\(whole))" + quoted(affixes.suffix)
    }

    /// The client's expression for one of the broker's that was made here; nil for any other.
    func clientTopics(_ text: String) -> String? {
        if (try? topics(text)) == text { return text }
        guard let shape = try? RegexShape(text) else { return nil }
        var results: [String] = []
        for alternative in shape.alternatives {
            guard let result = client(alternative) else { return nil }
            results.append(result)
        }
        let result = results.joined(separator: "|")
        return (try? topics(result)) == text ? result : nil
    }

    private func client(_ alternative: RegexShape.Alternative) -> String? {
        if alternative.rest == nil { return view.clientTopic(alternative.head).map { RegexShape.quoted($0) } }
        for mapping in view.mappings {
            guard let (client, broker) = mapping.prefixes else { continue }
            let head = RegexShape.quoted(broker)
            guard alternative.text.begins(with: head) else { continue }
            let rest = String(alternative.text.dropFirst(head.count))
            let bare = rest.hasPrefix("(?:") && rest.hasSuffix(")") ? String(rest.dropFirst(3).dropLast()) : rest
            for candidate in [RegexShape.quoted(client) + rest, RegexShape.quoted(client) + bare]
            where (try? topics(candidate)) == alternative.text { return candidate }
        }
        return (try? topics(alternative.text)) == alternative.text ? alternative.text : nil
    }

    /// One alternative; nil if it matches nothing that the client sees.
    private func translate(_ alternative: RegexShape.Alternative) throws(RegexShape.Problem) -> String? {
        guard let rest = alternative.rest else {
            // A name, and nothing but that name.
            return view.brokerTopic(alternative.head).brokerName.map { RegexShape.quoted($0) }
        }
        let head = alternative.head
        guard let position = view.mappings.firstIndex(where: { head.begins(with: $0.prefixes?.client) }),
            let (client, broker) = view.mappings[position].prefixes
        else { return try uncovered(alternative) }
        let prefix = broker + String(decoding: head.utf8.dropFirst(client.utf8.count), as: UTF8.self)
        for (index, mapping) in view.mappings.enumerated() where index != position {
            if let exact = mapping.exactNames {
                // Its name is covered by the prefix as well, and would be matched at both places.
                if index < position, try matches(alternative, exact.client) { throw Self.inexact(exact.client) }
                for target in mapping.brokerNames where target.begins(with: broker) {
                    let hidden = client + String(decoding: target.utf8.dropFirst(broker.utf8.count), as: UTF8.self)
                    if try matches(alternative, hidden) { throw Self.inexact(hidden) }
                }
            } else if let other = mapping.prefixes {
                if index < position, other.client.overlaps(head) { throw Self.inexact("\(other.client)…") }
                if other.broker.overlaps(prefix) { throw Self.inexact("\(head)…") }
            }
        }
        // What the client wrote stays as it is behind the prefix.
        return RegexShape.quoted(prefix) + (alternative.needsGroup ? "(?:\(rest))" : rest)
    }

    /// An alternative whose names no prefix rule covers.
    private func uncovered(_ alternative: RegexShape.Alternative) throws(RegexShape.Problem) -> String? {
        var found: [String] = []
        for mapping in view.mappings {
            if let exact = mapping.exactNames {
                if exact.client.utf8.elementsEqual(exact.broker.utf8), mapping.otherTargets.isEmpty, !view.hidesOthers {
                    continue
                }
                let isMatched = try matches(alternative, exact.client)
                if view.hidesOthers {
                    if isMatched, view.brokerTopic(exact.client).brokerName == exact.broker {
                        found.append(exact.broker)
                    }
                } else if isMatched {
                    throw Self.inexact(exact.client)
                } else {
                    for target in mapping.brokerNames where try matches(alternative, target) { throw Self.inexact(nil) }
                }
            } else if let (client, broker) = mapping.prefixes {
                if client.overlaps(alternative.head) { throw Self.inexact("\(client)…") }
                if !view.hidesOthers, broker.overlaps(alternative.head) { throw Self.inexact(nil) }
            }
        }
        guard view.hidesOthers else { return alternative.needsGroup ? "(?:\(alternative.text))" : alternative.text }
        return found.isEmpty ? nil : found.map { RegexShape.quoted($0) }.joined(separator: "|")
    }

    private func matches(_ alternative: RegexShape.Alternative, _ name: String) throws(RegexShape.Problem) -> Bool {
        guard name.begins(with: alternative.head) else { return false }
        do throws(SettingProblem) {
            return try RegularExpression(parsing: alternative.text).matches(name)
        } catch {
            throw RegexShape.Problem("what it matches cannot be told here: \(error.message)")
        }
    }

    /// What is wrong with an expression that matches a name of the client's; nil for one of the broker's, which the client
    /// is not told.
    private static func inexact(_ name: String?) -> RegexShape.Problem {
        RegexShape.Problem("it matches \(name.map { "'\($0)'" } ?? "a name"), which leads elsewhere here")
    }

    /// Any text as an expression that matches it alone.
    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII, scalar.value > 32, !scalar.properties.isAlphabetic,
                scalar.properties.numericType == nil
            {
                result += "\\"
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
