package import FilterAPI
import Logging
import Settings

/// Shows clients topics and groups under other names than the broker has for them.
package final class TopicRewriteFilter: Filter {
    private let selector: RuleSelector
    let source: SwitchedViews
    let metrics: TopicRewriteMetrics
    private let context: FilterContext

    package let control: (any FilterControl)?

    /// - Throws: if it takes the place of a filter whose clients it must not move.
    init(_ settings: TopicRewriteConfiguration, context: FilterContext) throws {
        var configuration = settings
        configuration.topics = context.when?.topic
        selector = RuleSelector(configuration)
        let former = (context.predecessor as? TopicRewriteFilter)?.source
        let views = SwitchedViews(configuration, context: context, replacing: former)
        if let former, let objection = views.board.objection(replacing: former.board, cluster: context.cluster) {
            throw SwitchRefused(description: objection)
        }
        source = views
        control = SwitchControl(views, context: context)
        metrics = TopicRewriteMetrics(configuration, context)
        self.context = context
    }

    package var interests: [Interest] { TranslatedAPIs.interests }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        TopicRewriteConnection(
            source.makeConnectionViews(connection), connection, metrics.handles(connection.metrics), context)
    }

    package func makeConnectionFilter(
        _ connection: ConnectionContext, replacing old: any ConnectionFilter
    ) -> any ConnectionFilter {
        guard let old = old as? TopicRewriteConnection else { return makeConnectionFilter(connection) }
        return TopicRewriteConnection(
            source.makeConnectionViews(connection, replacing: old.views), connection,
            metrics.handles(connection.metrics), context)
    }

    package func concerns(_ client: ClientIdentity) -> Bool { selector.concerns(client) }
}
