package import FilterAPI
package import Settings

/// Makes authorization filters.
package enum AuthorizationFilterFactory: FilterFactory {
    /// `authorization`.
    package static let type = "authorization"

    /// For the configuration's JSON Schema.
    package static let summary = "Lets clients do what rules allow, as the ACLs of a Kafka broker do, and no more."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> AuthorizationConfiguration? {
        AuthorizationConfiguration.read(&reader)
    }

    /// Makes a filter.
    package static func make(
        _ configuration: AuthorizationConfiguration, context: FilterContext
    ) throws -> any Filter {
        AuthorizationFilter(configuration, context: context)
    }
}
