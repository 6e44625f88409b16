package import FilterAPI
package import Settings

/// Makes audits.
package enum AuditFilterFactory: FilterFactory {
    /// `audit`.
    package static let type = "audit"

    /// For the configuration's JSON Schema.
    package static let summary = "Records who did what to which resource, and with what result."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> AuditConfiguration? {
        AuditConfiguration.read(&reader)
    }

    /// Makes a filter.
    ///
    /// - Throws: if the sink's file cannot be opened.
    package static func make(_ configuration: AuditConfiguration, context: FilterContext) throws -> any Filter {
        try AuditFilter(configuration, context: context)
    }
}
