import Settings

extension ReloadReport {
    /// For people on terminals; ends with a newline.
    package var text: String {
        var lines: [String] = []
        if diff.isEmpty { lines.append(tense == .done ? "nothing has changed" : "nothing would change") }
        if !diff.listeners.isEmpty {
            lines.append("listeners:")
            for listener in diff.listeners { lines += self.lines(of: listener) }
        }
        if !diff.clusters.isEmpty {
            lines.append("clusters:")
            for cluster in diff.clusters {
                lines.append("  \(cluster.kind.sign) \(cluster.name)")
                lines += cluster.settings.map { "      \($0.line)" }
            }
        }
        if !diff.settings.isEmpty { lines += ["settings:"] + diff.settings.map { "  ~ \($0.line)" } }
        if !diff.needsRestart.isEmpty {
            lines += ["not taken up before the next start:"] + diff.needsRestart.map { "  ~ \($0.line)" }
        }
        lines += notes.map { "note: \($0)" }
        if !diff.isEmpty {
            let count = drainedConnections
            let connections = count == 1 ? "1 open connection" : "\(count) open connections"
            lines.append("\(connections) \(tense == .done ? (count == 1 ? "is" : "are") : "would be") drained")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(of listener: ConfigurationDiff.Listener) -> [String] {
        let count = connections[listener.name] ?? 0
        let connections = "\(count) open \(count == 1 ? "connection" : "connections")"
        let effect: String
        switch listener.kind {
        case .added: effect = ""
        case .removed: effect = " (drains \(connections))"
        case .changed:
            effect = listener.drains ? " (drains \(connections))" : " (\(connections) \(count == 1 ? "goes" : "go") on)"
        }
        var lines = ["  \(listener.kind.sign) \(listener.name)\(effect)"]
        lines += listener.settings.map { "      \($0.line)" }
        if listener.hasOtherCluster { lines.append("      its cluster has changed") }
        for filter in listener.filters {
            lines.append("      \(filter.kind.sign) filter \(filter.name) (\(filter.type))")
            lines += filter.settings.map { "          \($0.line)" }
        }
        if listener.isReordered { lines.append("      filters stand in another order") }
        return lines
    }
}

extension SettingChange {
    /// `path: from -> to`.
    fileprivate var line: String {
        if isContents { return "\(path): other contents" }
        switch (from, to) {
        case (nil, let to?): return "\(path): added \(Self.short(to))"
        case (let from?, nil): return "\(path): removed \(Self.short(from))"
        case (let from, let to): return "\(path): \(Self.short(from ?? .null)) -> \(Self.short(to ?? .null))"
        }
    }

    /// The value on one line, cut to what one can take in at a glance.
    private static func short(_ value: JSONValue) -> String {
        let text = value.description
        return text.count <= 100 ? text : "\(text.prefix(97))..."
    }
}
