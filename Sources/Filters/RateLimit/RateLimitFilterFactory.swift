package import FilterAPI
package import Settings

/// Makes rate limits.
package enum RateLimitFilterFactory: FilterFactory {
    /// `rate_limit`.
    package static let type = "rate_limit"

    /// For the configuration's JSON Schema.
    package static let summary = "Limits requests, bytes, records and connections, as a broker's quotas do."

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> RateLimitConfiguration? {
        RateLimitConfiguration.read(&reader)
    }

    /// Makes a filter.
    package static func make(_ configuration: RateLimitConfiguration, context: FilterContext) throws -> any Filter {
        RateLimitFilter(configuration, context: context)
    }
}
