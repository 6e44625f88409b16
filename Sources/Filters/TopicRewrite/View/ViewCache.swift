import Synchronization

/// The views that are in use, one for each selection: clients for whom the same rules apply share one.
///
/// Asked when a client is new or becomes another, not for each request.
package final class ViewCache: Sendable {
    private let configuration: TopicRewriteConfiguration
    private let views = Mutex<[ViewSelection: TopicView]>([:])

    /// The most views that are kept; connections keep theirs by themselves.
    static let most = 1000

    /// A cache.
    package init(_ configuration: TopicRewriteConfiguration) {
        self.configuration = configuration
    }

    /// The view of a selection.
    package func view(_ selection: ViewSelection) -> TopicView {
        if let known = views.withLock({ $0[selection] }) { return known }
        let view = TopicView(configuration, selection)
        return views.withLock { views in
            if let known = views[selection] { return known }
            if views.count >= Self.most { views.removeAll() }
            views[selection] = view
            return view
        }
    }
}
