package import Settings

/// A configuration by its named parts, each as it is in effect: what two configurations are compared by.
package struct ConfigurationOutline: Sendable {
    /// Something that has a name and settings.
    package struct Part: Sendable {
        /// What the configuration calls it; a filter's type if it calls it nothing.
        package let name: String
        /// The type of a filter; empty for all else.
        package let type: String
        /// Its settings in effect, secrets redacted; without its name, and without parts that are listed apart.
        package let settings: JSONValue
        /// What of them does not show, by the path inside this part.
        let hidden: [HiddenValue]

        init(_ value: JSONValue, at path: String, hidden: [HiddenValue], without left: Set<String> = []) {
            type = value["type"]?.text ?? ""
            name = value["name"]?.text ?? type
            settings = .object(value.members.filter { $0.key != "name" && !left.contains($0.key) })
            self.hidden = hidden.compactMap { $0.relative(to: path, without: left) }
        }
    }

    /// A listener.
    package struct Listener: Sendable {
        /// All but the filters.
        package let part: Part
        /// The filter chain, in its order.
        package let filters: [Part]
    }

    /// The blocks that are no lists: `admin`, `limits`, `reload`.
    package internal(set) var sections: [String: Part]
    /// In the order of the file.
    package let listeners: [Listener]
    /// In the order of the file.
    package let clusters: [Part]

    /// Makes an outline of the settings in effect, as `/config_dump` shows them; what is not as it should be there is
    /// taken for absent.
    ///
    /// - Parameters:
    ///   - effective: the settings in effect.
    ///   - hidden: what does not show in them, as far as it is known.
    package init(effective: JSONValue, hidden: [HiddenValue] = []) {
        listeners = (effective["listeners"]?.elements ?? []).enumerated().map { index, listener in
            let path = "listeners[\(index)]"
            return Listener(
                part: Part(listener, at: path, hidden: hidden, without: ["filters"]),
                filters: (listener["filters"]?.elements ?? []).enumerated().map { place, filter in
                    Part(filter, at: "\(path).filters[\(place)]", hidden: hidden)
                })
        }
        clusters = (effective["clusters"]?.elements ?? []).enumerated().map { index, cluster in
            Part(cluster, at: "clusters[\(index)]", hidden: hidden)
        }
        sections = [:]
        for member in effective.members where member.key != "listeners" && member.key != "clusters" {
            sections[member.key] = Part(member.value, at: member.key, hidden: hidden)
        }
    }

    /// True if something in it does not show in the settings.
    package var hasHiddenValues: Bool {
        let parts = Array(sections.values) + clusters + listeners.map(\.part) + listeners.flatMap(\.filters)
        return parts.contains { !$0.hidden.isEmpty }
    }

    /// The listener of that name.
    package func listener(_ name: String) -> Listener? { listeners.first { $0.part.name == name } }
}

extension JSONValue {
    /// The members of an object; none of anything else.
    var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    /// The elements of an array; none of anything else.
    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// A string.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension HiddenValue {
    /// The same with its path inside the part at `root`; nil if it is not in there, or in one of the lists `left` of it.
    fileprivate func relative(to root: String, without left: Set<String>) -> HiddenValue? {
        guard path.hasPrefix("\(root).") else { return nil }
        var inside = self
        inside.path = String(path.dropFirst(root.count + 1))
        return left.contains { inside.path.hasPrefix("\($0)[") } ? nil : inside
    }
}
