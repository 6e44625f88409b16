import FilterAPI
import KafkaWire

/// Those who watch the frames of one direction in one connection. They are asked for once.
struct FrameWatchers {
    /// The one that was asked for last, which mostly is the only one there is.
    private var latest: (places: FilterSet, watcher: any FrameWatcher)?
    private var others: [FilterSet: any FrameWatcher] = [:]

    /// Who watches a frame.
    ///
    /// - Parameters:
    ///   - direction: of the frame.
    ///   - places: the filters that watch it.
    ///   - filters: all filters.
    /// - Returns: nil if nobody does.
    mutating func watcher(
        of direction: Direction, _ places: FilterSet, _ filters: [any ConnectionFilter]
    ) -> (any FrameWatcher)? {
        if let latest, latest.places == places { return latest.watcher }
        if let latest { others[latest.places] = latest.watcher }
        guard let watcher = others[places] ?? make(direction, places, filters) else { return nil }
        latest = (places, watcher)
        return watcher
    }

    private func make(
        _ direction: Direction, _ places: FilterSet, _ filters: [any ConnectionFilter]
    ) -> (any FrameWatcher)? {
        let watchers = filters.indices.compactMap { places.contains($0) ? filters[$0].watcher(of: direction) : nil }
        return watchers.count > 1 ? WatcherGroup(watchers) : watchers.first
    }
}
