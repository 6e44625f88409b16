package import FilterAPI
package import NIOCore

/// Decides which view clients have at each moment: the part of the filter that knows targets and their changes.
package protocol ViewSource: Sendable {
    /// Makes what decides for one connection; called on its event loop.
    func makeConnectionViews(_ connection: ConnectionContext) -> any ConnectionViews

    /// Makes what decides for a connection that is open already, in the place of what decided under another
    /// configuration; called on its event loop.
    func makeConnectionViews(
        _ connection: ConnectionContext, replacing former: any ConnectionViews
    ) -> any ConnectionViews
}

extension ViewSource {
    /// Begins anew.
    package func makeConnectionViews(
        _ connection: ConnectionContext, replacing former: any ConnectionViews
    ) -> any ConnectionViews { makeConnectionViews(connection) }
}

/// Decides for one connection. All calls come on the connection's event loop.
package protocol ConnectionViews: AnyObject {
    /// The view of a request, before any name in it is looked at: names in the frame are the client's.
    func view(for request: FilteredRequest) -> ViewDecision

    /// A response whose names are still the broker's, with the view that its request had.
    ///
    /// - Parameters:
    ///   - response: the response; changes are made on it.
    ///   - view: the view of its request.
    /// - Returns: what becomes of it; where it is forwarded its names are translated first.
    func response(_ response: FilteredResponse, _ view: TopicView) -> ResponseAction

    /// A request has come to its end; called once for each that had a view.
    func completed(_ request: CompletedRequest)

    /// The connection has closed; nothing is called after this.
    func connectionClosed()
}

extension ConnectionViews {
    /// Forwards it.
    package func response(_ response: FilteredResponse, _ view: TopicView) -> ResponseAction { .forward }
    /// Does nothing.
    package func completed(_ request: CompletedRequest) {}
    /// Does nothing.
    package func connectionClosed() {}
}

/// What becomes of a request before its names are looked at.
package enum ViewDecision: Sendable {
    /// It is translated with this view.
    case view(TopicView)
    /// It ends here.
    case answer(Answer)
    /// It waits for the decision.
    case hold(EventLoopFuture<ViewDecision>)
    /// The whole frame is needed for the decision; see ``RequestAction/inspect``.
    case inspect
    /// The connection is closed.
    case close(reason: String)
}
