package import Settings

/// Where copies go: the settings under `sink:` of a filter.
package enum SinkConfiguration: Sendable, Hashable {
    /// Lines in a file, or on standard output.
    case file(FileSinkConfiguration)
    /// Records in a topic.
    case topic(TopicSinkConfiguration)
    /// A stream that whoever watches the admin server is shown.
    case admin

    /// The setting: `{ file: … }`, `{ stdout: true }`, `{ cluster: …, topic: … }` or `{ admin: true }`.
    package static var settingType: SettingType<SinkConfiguration> {
        SettingType.oneOf([
            SettingVariant("file", "Lines of JSON in a file.") { reader in
                FileSinkConfiguration.read(&reader).map { .file($0) }
            },
            SettingVariant("stdout", "Lines of JSON on standard output.") { reader in
                let isOn = reader.required("stdout", .affirmation, "Lines go to standard output.")
                let maxBuffered = FileSinkConfiguration.readMaxBuffered(&reader)
                return isOn.map { _ in .file(FileSinkConfiguration(path: nil, maxBuffered: maxBuffered)) }
            },
            SettingVariant("topic", "Records in a topic.") { reader in
                TopicSinkConfiguration.read(&reader).map { .topic($0) }
            },
            SettingVariant("admin", "A live stream at GET /tap of the admin server.") { reader in
                reader.required("admin", .affirmation, "Whoever asks the admin server is shown what passes.")
                    .map { _ in .admin }
            },
        ]).named("sink")
    }

    /// True if what is handed over can be waited for until it is durable.
    package var canBeDurable: Bool {
        switch self {
        case .file: true
        case .topic(let topic): topic.acks == .all
        case .admin: false
        }
    }
}

extension SettingType where Value == Bool {
    /// `true`, for keys that say by being there which form is meant.
    fileprivate static var affirmation: SettingType {
        SettingType.boolean.checked { $0 ? nil : SettingProblem("must be true") }
    }
}
