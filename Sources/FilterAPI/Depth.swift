public import KafkaMessages
public import KafkaWire

/// How deep a filter looks into a frame. Each depth costs more than the one before it.
public enum Depth: UInt8, Sendable, Comparable, CaseIterable {
    /// Nothing but what ``Interest/watching`` names. The filter is not told of the request's end, so that nothing is kept
    /// for it from a request to its response.
    case watching
    /// Nothing of the frame: the filter is told of the request's end, ``ConnectionFilter/completed(_:)``, and of nothing
    /// else.
    case completion
    /// The header alone: API key, version, client ID, size. The frame may pass as its bytes arrive.
    case header
    /// Everything but record bytes. Frames of APIs that carry records stream past and are shown when they have
    /// passed, unless they lie in memory whole; all other frames are held and may be changed.
    case fields
    /// The typed message, the frame held whole, records as slices of it.
    case body
    /// As `body`, with record batches to be opened.
    case records

    /// True if the left one looks less deep.
    public static func < (left: Depth, right: Depth) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What a filter wants to see.
public struct Interest: Sendable {
    /// The APIs; nil for all.
    public var apiKeys: Set<APIKey>?
    /// The versions of them; nil for all.
    public var versions: ClosedRange<Int16>?
    /// Requests or responses.
    public var direction: Direction
    /// How deep.
    public var depth: Depth
    /// True to have ``RequestFacts/topics`` filled, whatever the depth.
    public var topics: Bool
    /// What ``ConnectionFilter/watcher(of:)`` is shown of these frames, whatever the depth; empty for nothing.
    public var watching: FieldRoles

    /// An interest in some APIs, or in all.
    ///
    /// - Parameters:
    ///   - apiKeys: the APIs; nil for all that are known.
    ///   - versions: the versions of them; nil for all. Where a filter looks deeper than the header at any version of
    ///     an API, versions that are not known are never forwarded.
    ///   - direction: requests or responses.
    ///   - depth: how deep.
    ///   - topics: true to have the names of the topics collected.
    ///   - watching: what the filter's watcher is shown of the frames, `records` among it for their bytes.
    public init(
        _ apiKeys: Set<APIKey>? = nil, versions: ClosedRange<Int16>? = nil, _ direction: Direction, depth: Depth,
        topics: Bool = false, watching: FieldRoles = []
    ) {
        self.apiKeys = apiKeys
        self.versions = versions
        self.direction = direction
        self.depth = depth
        self.topics = topics
        self.watching = watching
    }

    /// True if the interest is in some version of this API in this direction.
    public func covers(_ key: APIKey, _ direction: Direction) -> Bool {
        self.direction == direction && (apiKeys?.contains(key) ?? true)
    }

    /// True if the interest is in this version of the API in this direction.
    public func covers(_ key: APIKey, _ version: Int16, _ direction: Direction) -> Bool {
        covers(key, direction) && (versions?.contains(version) ?? true)
    }
}
