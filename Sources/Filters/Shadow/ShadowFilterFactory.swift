package import FilterAPI
package import Settings

/// Makes shadows.
package enum ShadowFilterFactory: FilterFactory {
    /// `shadow`.
    package static let type = "shadow"

    /// For the configuration's JSON Schema.
    package static let summary = "Copies what is produced to another cluster or topic, without the client's knowing."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> ShadowConfiguration? {
        ShadowConfiguration.read(&reader)
    }

    /// Makes a filter.
    ///
    /// - Throws: if copies would be copied in turn.
    package static func make(_ configuration: ShadowConfiguration, context: FilterContext) throws -> any Filter {
        try ShadowFilter(configuration, context: context)
    }
}
