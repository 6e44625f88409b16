package import FilterAPI
package import Settings

/// Makes schema validations.
package enum SchemaValidationFilterFactory: FilterFactory {
    /// `schema_validation`.
    package static let type = "schema_validation"

    /// For the configuration's JSON Schema.
    package static let summary = "Lets records into topics only if they are what rules and schemas say."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> SchemaValidationConfiguration? {
        SchemaValidationConfiguration.read(&reader)
    }

    /// Makes a filter.
    package static func make(
        _ configuration: SchemaValidationConfiguration, context: FilterContext
    ) throws -> any Filter {
        try SchemaValidationFilter(configuration, context: context)
    }
}
