package import Settings

/// A comparison of configurations with what it means for those who are connected: what a reload, or a dry run, answers.
package struct ReloadReport: Sendable, Hashable {
    /// Whether it has been done.
    package enum Tense: Sendable {
        /// The changes are in force.
        case done
        /// The changes would be made.
        case would
    }

    /// What differs.
    package let diff: ConfigurationDiff
    /// How many connections each listener had before, by name.
    package let connections: [String: Int]
    package let tense: Tense
    /// What the comparison could not see, and other remarks.
    package var notes: [String]

    /// Makes a report.
    package init(_ diff: ConfigurationDiff, connections: [String: Int], tense: Tense, notes: [String] = []) {
        self.diff = diff
        self.connections = connections
        self.tense = tense
        self.notes = notes
    }

    /// How many connections are drained.
    package var drainedConnections: Int {
        diff.listeners.filter(\.drains).reduce(0) { $0 + (connections[$1.name] ?? 0) }
    }

    /// One line for a log.
    package var summary: String {
        var parts: [String] = []
        for listener in diff.listeners { parts.append("\(listener.kind.sign)listener \(listener.name)") }
        for cluster in diff.clusters { parts.append("\(cluster.kind.sign)cluster \(cluster.name)") }
        for setting in diff.settings { parts.append("~\(setting.path)") }
        return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
    }

    /// For programs.
    package var json: JSONValue {
        [
            "changes": .bool(!diff.isEmpty),
            "applied": .bool(tense == .done),
            "drained_connections": .integer(drainedConnections),
            "listeners": .array(
                diff.listeners.map { listener in
                    [
                        "name": .string(listener.name),
                        "change": .string(listener.kind.rawValue),
                        "open_connections": .integer(connections[listener.name] ?? 0),
                        "drains": .bool(listener.drains),
                        "settings": .array(listener.settings.map(\.json)),
                        "filters": .array(
                            listener.filters.map { filter in
                                [
                                    "name": .string(filter.name), "type": .string(filter.type),
                                    "change": .string(filter.kind.rawValue),
                                    "settings": .array(filter.settings.map(\.json)),
                                ]
                            }),
                        "filters_reordered": .bool(listener.isReordered),
                        "cluster_replaced": .bool(listener.hasOtherCluster),
                    ]
                }),
            "clusters": .array(
                diff.clusters.map { cluster in
                    [
                        "name": .string(cluster.name), "change": .string(cluster.kind.rawValue),
                        "settings": .array(cluster.settings.map(\.json)),
                    ]
                }),
            "settings": .array(diff.settings.map(\.json)),
            "needs_restart": .array(diff.needsRestart.map(\.json)),
            "notes": .array(notes.map { .string($0) }),
        ]
    }
}

extension SettingChange {
    /// For programs.
    fileprivate var json: JSONValue {
        isContents
            ? ["path": .string(path), "contents": true]
            : ["path": .string(path), "from": from ?? .null, "to": to ?? .null]
    }
}

extension ConfigurationDiff.Kind {
    /// As it is marked in text.
    var sign: String {
        switch self {
        case .added: "+"
        case .removed: "-"
        case .changed: "~"
        }
    }
}
