package import FilterAPI
package import Settings

/// Makes access logs.
package enum AccessLogFilterFactory: FilterFactory {
    /// `access_log`.
    package static let type = "access_log"

    /// For the configuration's JSON Schema.
    package static let summary = "Writes a line for each request, to standard output or a file."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> AccessLogConfiguration? {
        AccessLogConfiguration.read(&reader)
    }

    /// Makes a filter.
    ///
    /// - Throws: `LineFileError` if the file cannot be opened.
    package static func make(
        _ configuration: AccessLogConfiguration, context: FilterContext
    ) throws -> any Filter {
        try AccessLogFilter(configuration, context: context)
    }
}
