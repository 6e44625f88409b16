import Settings

/// What becomes of a running proxy when it takes another configuration: a function of the two configurations alone.
package struct ConfigurationDiff: Sendable, Hashable {
    /// What becomes of something that has a name.
    package enum Kind: String, Sendable {
        case added
        case removed
        case changed
    }

    /// A filter that does not stay as it is.
    package struct Filter: Sendable, Hashable {
        package let name: String
        package let type: String
        package let kind: Kind
        /// What differs, if it is changed.
        package let settings: [SettingChange]
    }

    /// A listener that does not stay as it is.
    package struct Listener: Sendable, Hashable {
        package let name: String
        package let kind: Kind
        /// What differs, if it is changed; without its filters.
        package let settings: [SettingChange]
        /// The filters that differ, if it is changed.
        package let filters: [Filter]
        /// True if filters that stay stand in another order.
        package let isReordered: Bool
        /// True if the cluster behind it is another one now, by the same name.
        package let hasOtherCluster: Bool

        /// True if its open connections are drained; false if they go on with the new settings.
        package var drains: Bool {
            switch kind {
            case .added: false
            case .removed: true
            case .changed:
                hasOtherCluster || settings.contains { !Self.settingsInPlace.contains($0.path) }
            }
        }

        /// The settings that open connections take up, as they do a chain.
        private static let settingsInPlace: Set<String> = ["on_unknown"]
    }

    /// A cluster that does not stay as it is.
    package struct Cluster: Sendable, Hashable {
        package let name: String
        package let kind: Kind
        /// What differs, if it is changed.
        package let settings: [SettingChange]

        /// True if it may be another cluster altogether: nothing that was known of it counts any more.
        package var isReplaced: Bool {
            kind == .changed && settings.contains { !Self.settingsInPlace.contains($0.path) }
        }

        /// The settings that say only how it is talked to.
        private static let settingsInPlace: Set<String> = ["connect_timeout", "metadata_refresh"]
    }

    /// In the order of the new configuration, those that are gone last.
    package let listeners: [Listener]
    /// In the order of the new configuration, those that are gone last.
    package let clusters: [Cluster]
    /// What differs in `limits:` and `reload:`, by the whole path.
    package let settings: [SettingChange]
    /// What differs and cannot change while the process runs (`admin:`), by the whole path.
    package let needsRestart: [SettingChange]

    /// True if nothing happens.
    package var isEmpty: Bool { listeners.isEmpty && clusters.isEmpty && settings.isEmpty }

    /// Compares.
    ///
    /// - Parameters:
    ///   - old: what runs.
    ///   - new: what is to run.
    package init(from old: ConfigurationOutline, to new: ConfigurationOutline) {
        let clusters = Self.parts(old.clusters, new.clusters).map {
            Cluster(name: $0.part.name, kind: $0.kind, settings: $0.settings)
        }
        self.clusters = clusters
        let replaced = Set(clusters.filter(\.isReplaced).map(\.name))
        let names = Set(new.listeners.map(\.part.name))
        listeners =
            new.listeners.compactMap { Self.listener(old.listener($0.part.name), $0, replaced) }
            + old.listeners.filter { !names.contains($0.part.name) }.compactMap { Self.listener($0, nil, replaced) }
        let sections = Set(old.sections.keys).union(new.sections.keys).sorted()
        let changes = sections.map { name in
            (
                name,
                SettingChange.between(old.sections[name]?.settings, new.sections[name]?.settings, at: name)
            )
        }
        settings = changes.filter { $0.0 != "admin" }.flatMap(\.1)
        needsRestart = changes.filter { $0.0 == "admin" }.flatMap(\.1)
    }

    /// What becomes of a listener; nil if nothing.
    private static func listener(
        _ old: ConfigurationOutline.Listener?, _ new: ConfigurationOutline.Listener?, _ replaced: Set<String>
    ) -> Listener? {
        guard let old, let new else {
            guard let one = new ?? old else { return nil }
            return Listener(
                name: one.part.name, kind: old == nil ? .added : .removed, settings: [], filters: [],
                isReordered: false, hasOtherCluster: false)
        }
        let settings = old.part.changes(to: new.part)
        let filters = parts(old.filters, new.filters).map {
            Filter(name: $0.part.name, type: $0.part.type, kind: $0.kind, settings: $0.settings)
        }
        let stay = Set(old.filters.map(\.identity)).intersection(new.filters.map(\.identity))
        let isReordered =
            old.filters.map(\.identity).filter(stay.contains) != new.filters.map(\.identity).filter(stay.contains)
        let hasOtherCluster = replaced.contains(new.part.settings["cluster"]?.text ?? "")
        guard !settings.isEmpty || !filters.isEmpty || isReordered || hasOtherCluster else { return nil }
        return Listener(
            name: new.part.name, kind: .changed, settings: settings, filters: filters, isReordered: isReordered,
            hasOtherCluster: hasOtherCluster)
    }

    private struct PartChange {
        let part: ConfigurationOutline.Part
        let kind: Kind
        let settings: [SettingChange]
    }

    private static func parts(
        _ old: [ConfigurationOutline.Part], _ new: [ConfigurationOutline.Part]
    ) -> [PartChange] {
        let before = Dictionary(old.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(new.map(\.identity))
        return new.compactMap { part in
            guard let former = before[part.identity] else { return PartChange(part: part, kind: .added, settings: []) }
            let settings = former.changes(to: part)
            return settings.isEmpty ? nil : PartChange(part: part, kind: .changed, settings: settings)
        } + old.filter { !names.contains($0.identity) }.map { PartChange(part: $0, kind: .removed, settings: []) }
    }
}

extension ConfigurationOutline.Part {
    /// What makes it the same part as one of another configuration: a filter of another type is another filter.
    fileprivate var identity: [String] { [type, name] }
}

extension ConfigurationDiff {
    /// The filters of a listener that stay as they are, by name; nil if the listener is new.
    package static func keptFilters(
        from old: ConfigurationOutline, to new: ConfigurationOutline, listener: String
    ) -> Set<String> {
        guard let before = old.listener(listener), let after = new.listener(listener) else { return [] }
        let changed = Set(parts(before.filters, after.filters).map(\.part.name))
        return Set(after.filters.map(\.name)).subtracting(changed)
    }
}
