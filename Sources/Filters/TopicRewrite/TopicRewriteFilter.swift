package import FilterAPI

/// Shows clients topics and groups under other names than the broker has for them.
package final class TopicRewriteFilter: Filter {
    private let selector: RuleSelector
    private let source: any ViewSource

    init(_ configuration: TopicRewriteConfiguration, context: FilterContext) {
        selector = RuleSelector(configuration)
        source = FixedViews(configuration)
    }

    package var interests: [Interest] { [] }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        TopicRewriteConnection(source.makeConnectionViews(connection))
    }

    package func concerns(_ client: ClientIdentity) -> Bool { selector.concerns(client) }
}

/// The part of a topic rewrite in one connection.
final class TopicRewriteConnection: ConnectionFilter {
    private let views: any ConnectionViews

    init(_ views: any ConnectionViews) {
        self.views = views
    }
}
