package import FilterAPI
import Logging

/// Shows clients topics and groups under other names than the broker has for them.
package final class TopicRewriteFilter: Filter {
    private let selector: RuleSelector
    private let source: any ViewSource
    let metrics: TopicRewriteMetrics
    private let context: FilterContext

    init(_ configuration: TopicRewriteConfiguration, context: FilterContext) {
        selector = RuleSelector(configuration)
        source = FixedViews(configuration)
        metrics = TopicRewriteMetrics(configuration, context)
        self.context = context
    }

    package var interests: [Interest] { TranslatedAPIs.interests }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        TopicRewriteConnection(
            source.makeConnectionViews(connection), connection, metrics.handles(connection.metrics), context)
    }

    package func concerns(_ client: ClientIdentity) -> Bool { selector.concerns(client) }
}
