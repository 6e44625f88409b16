package import FilterAPI

/// Shows clients topics and groups under other names than the broker has for them.
package final class TopicRewriteFilter: Filter {
    private let selector: RuleSelector
    private let source: any ViewSource

    package let control: (any FilterControl)?

    /// - Throws: if it takes the place of a filter whose clients it must not move.
    init(_ configuration: TopicRewriteConfiguration, context: FilterContext) throws {
        selector = RuleSelector(configuration)
        if configuration.rules.contains(where: { $0.choices != nil }) {
            let former = (context.predecessor as? TopicRewriteFilter)?.source as? SwitchedViews
            let views = SwitchedViews(configuration, context: context, replacing: former)
            if let former, let objection = views.board.objection(replacing: former.board, cluster: context.cluster) {
                throw SwitchRefused(description: objection)
            }
            source = views
            control = SwitchControl(views, context: context)
        } else {
            source = FixedViews(configuration)
            control = nil
        }
    }

    package var interests: [Interest] { [] }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        TopicRewriteConnection(source.makeConnectionViews(connection))
    }

    package func makeConnectionFilter(
        _ connection: ConnectionContext, replacing old: any ConnectionFilter
    ) -> any ConnectionFilter {
        guard let old = old as? TopicRewriteConnection else { return makeConnectionFilter(connection) }
        return TopicRewriteConnection(source.makeConnectionViews(connection, replacing: old.views))
    }

    package func concerns(_ client: ClientIdentity) -> Bool { selector.concerns(client) }
}

/// The part of a topic rewrite in one connection.
final class TopicRewriteConnection: ConnectionFilter {
    let views: any ConnectionViews

    init(_ views: any ConnectionViews) {
        self.views = views
    }
}
