package import FilterAPI
package import Settings

/// Makes taps.
package enum TapFilterFactory: FilterFactory {
    /// `tap`.
    package static let type = "tap"

    /// For the configuration's JSON Schema.
    package static let summary = "Copies what passes to a topic, a file, or whoever watches."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> TapConfiguration? {
        TapConfiguration.read(&reader)
    }

    /// Makes a filter.
    ///
    /// - Throws: if the sink's file cannot be opened.
    package static func make(_ configuration: TapConfiguration, context: FilterContext) throws -> any Filter {
        try TapFilter(configuration, context: context)
    }
}
