package import FilterAPI

/// What filters show live.
extension Proxy {
    /// The filters of one name, each with its listener.
    ///
    /// - Parameters:
    ///   - name: the filters' name.
    ///   - listener: the only listener that is meant; nil for all.
    /// - Returns: what each shows; nil for one that shows nothing.
    package func streams(
        ofFilter name: String, on listener: String?
    ) -> [(listener: String, stream: (any FilterStream)?)] {
        state.running.listeners.filter { listener == nil || $0.name == listener }.compactMap { listener in
            listener.chain.entries.first { $0.name == name }.map { (listener.name, $0.filter.stream) }
        }
    }

    /// Ends what filters show live: whoever watches must not keep the admin server from ending.
    package func endStreams() {
        filters.endStreams()
    }
}
