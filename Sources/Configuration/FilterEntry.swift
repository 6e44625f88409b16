package import Settings

/// One entry of a listener's `filters:`.
package struct FilterEntry: Sendable {
    /// What stands under `type:`, one of the types that were registered.
    package var type: String
    /// Its name, unique in the listener; the type's when not written.
    package var name: String
    /// Whether it only counts what it would have done.
    package var dryRun: Bool
    /// Which requests it is for; `nil` for all.
    package var when: WhenCondition?
    /// What the type's own reader made of its settings.
    package var configuration: any Sendable
    /// The clusters that its settings name.
    package var clusters: Set<String>
    /// Where it begins in the file.
    package var mark: SettingsMark

    /// Makes an entry.
    package init(
        type: String,
        name: String,
        dryRun: Bool = false,
        when: WhenCondition? = nil,
        configuration: any Sendable,
        clusters: Set<String> = [],
        mark: SettingsMark = SettingsMark(file: "", line: 0, column: 0)
    ) {
        self.type = type
        self.name = name
        self.dryRun = dryRun
        self.when = when
        self.configuration = configuration
        self.clusters = clusters
        self.mark = mark
    }
}

/// What was read of one filter, as far as it could be.
struct FilterSettings: Sendable {
    var name: Located<String>?
    var entry: FilterEntry?

    /// An entry of one of `types`.
    static func settingType(_ types: [FilterType], apis: [String]) -> SettingType<FilterSettings> {
        let when = SettingType<WhenCondition>.when(apis: apis)
        let variants = types.map { type in
            SettingVariant<FilterSettings>(type.name, type.summary) { reader in
                let common = CommonFilterSettings.read(&reader, when)
                let before = reader.clusterNames.count
                let configuration = type.read(&reader)
                let clusters = reader.clusterNames.dropFirst(before).map(\.value)
                let name =
                    common.name
                    ?? Located(type.name, mark: reader.mark(of: "type"), path: reader.path(of: "type"))
                var settings = FilterSettings(name: name)
                if let configuration {
                    settings.entry = FilterEntry(
                        type: type.name,
                        name: name.value,
                        dryRun: common.dryRun,
                        when: common.when,
                        configuration: configuration,
                        clusters: Set(clusters),
                        mark: reader.mark()
                    )
                }
                return settings
            }
        }
        return .selected(by: "type", "What the filter does.", variants) { reader in
            _ = CommonFilterSettings.read(&reader, when)
        }
    }
}

/// The keys that every filter has.
private struct CommonFilterSettings {
    var name: Located<String>?
    var dryRun: Bool
    var when: WhenCondition?

    static func read(
        _ reader: inout SettingsReader,
        _ when: SettingType<WhenCondition>
    ) -> CommonFilterSettings {
        CommonFilterSettings(
            name: reader.optional(
                "name",
                .located(.name),
                "Its name in metrics and in the admin, unique in the listener. By default its type."
            ),
            dryRun: reader.value(
                "dry_run",
                .boolean,
                default: false,
                "Do everything but act: count what would have been done."
            ),
            when: reader.optional("when", when, "Which requests the filter is for. By default all.")
        )
    }
}
