package import FilterAPI
import KafkaWire

/// Views whose targets are those of the configuration, for as long as it is in use.
package final class FixedViews: ViewSource {
    let selector: RuleSelector
    let cache: ViewCache

    /// Views of a configuration.
    package init(_ configuration: TopicRewriteConfiguration) {
        selector = RuleSelector(configuration)
        cache = ViewCache(configuration)
    }

    package func makeConnectionViews(_ connection: ConnectionContext) -> any ConnectionViews {
        FixedConnectionViews(self, connection)
    }
}

/// The fixed views of one connection: looked up when the client becomes another.
final class FixedConnectionViews: ConnectionViews {
    private let source: FixedViews
    private let connection: ConnectionContext
    private var client: ClientIdentity?
    /// By API; all requests have the view of key −1 where no rule depends on the API.
    private var views: [APIKey: TopicView] = [:]

    init(_ source: FixedViews, _ connection: ConnectionContext) {
        self.source = source
        self.connection = connection
    }

    func view(for request: FilteredRequest) -> ViewDecision {
        let record = request.record
        if client?.clientID != record.clientID || client?.principal != connection.principal {
            client = ClientIdentity(
                clientID: record.clientID, principal: connection.principal, address: connection.clientAddress)
            views.removeAll()
        }
        let api = source.selector.dependsOnAPI ? record.apiKey : APIKey(rawValue: -1)
        if let known = views[api] { return .view(known) }
        guard let client else { return .close(reason: "no_client") }
        let selection = source.selector.selection(
            for: client, api: source.selector.dependsOnAPI ? api : nil, group: nil)
        let view = source.cache.view(selection)
        views[api] = view
        return .view(view)
    }
}
