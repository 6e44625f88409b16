import AccessLogFilter
import AuditFilter
import AuthorizationFilter
import ProxyRuntime
import RateLimitFilter
import SchemaValidationFilter
import Settings
import ShadowFilter
import TapFilter
import TopicRewriteFilter

/// The filters that there are: a new one is one line here.
enum BuiltInFilters {
    /// All of them.
    static let all: [BuiltInFilter] = [
        BuiltInFilter(AccessLogFilterFactory.self),
        BuiltInFilter(AuditFilterFactory.self),
        BuiltInFilter(AuthorizationFilterFactory.self),
        BuiltInFilter(RateLimitFilterFactory.self),
        BuiltInFilter(SchemaValidationFilterFactory.self),
        BuiltInFilter(ShadowFilterFactory.self),
        BuiltInFilter(TapFilterFactory.self),
        BuiltInFilter(TopicRewriteFilterFactory.self),
    ]

    /// How their settings are read.
    static var types: [FilterType] { all.map(\.type) }
}
