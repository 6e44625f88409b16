package import FilterAPI
package import Settings

/// Makes topic rewrites.
package enum TopicRewriteFilterFactory: FilterFactory {
    /// `topic_rewrite`.
    package static let type = "topic_rewrite"

    /// For the configuration's JSON Schema.
    package static let summary = "Shows clients topics and groups under other names than the broker has for them."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> TopicRewriteConfiguration? {
        TopicRewriteConfiguration.read(&reader)
    }

    /// Makes a filter.
    package static func make(
        _ configuration: TopicRewriteConfiguration, context: FilterContext
    ) throws -> any Filter {
        try TopicRewriteFilter(configuration, context: context)
    }
}
