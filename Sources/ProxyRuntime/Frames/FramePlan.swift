import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire

/// What is done with requests of one API and version, worked out once for a chain.
final class RequestPlan {
    /// How the bytes of a request are taken in.
    enum Mode {
        /// The body passes unread.
        case cutThrough
        /// The body is read while it passes.
        case walk(WalkProgram)
        /// The frame is held until it is whole.
        case whole(WalkProgram?)
    }

    let mode: Mode
    /// False for an API or version that is not known.
    let isKnown: Bool
    /// True if something must read the request or its response, so that an unknown one is never forwarded.
    let mustBeRead: Bool
    /// The deepest that a filter looks; nil if no filter wants it.
    let depth: Depth?
    /// True if frames of this API may be too large to be held for less than their body.
    let streams: Bool
    /// True if any filter has a part in the request, its response or its end.
    let isFiltered: Bool
    /// True if filters watch the request or its response, and have no other part in either: the request then needs no
    /// record.
    let isOnlyWatched: Bool
    /// The filters that are shown the request, in the order of the chain.
    let steps: [FilterStep]
    /// The filters that want to know of the request's end, whatever else they are shown of it.
    let observers: FilterSet
    /// The filters that watch the request.
    let watchers: FilterSet

    init(
        mode: Mode, isKnown: Bool, mustBeRead: Bool, depth: Depth?, streams: Bool, isFiltered: Bool,
        isOnlyWatched: Bool = false, steps: [FilterStep] = [], observers: FilterSet = FilterSet(),
        watchers: FilterSet = FilterSet()
    ) {
        self.mode = mode
        self.isKnown = isKnown
        self.mustBeRead = mustBeRead
        self.depth = depth
        self.streams = streams
        self.isFiltered = isFiltered
        self.isOnlyWatched = isOnlyWatched
        self.steps = steps
        self.observers = observers
        self.watchers = watchers
    }
}

/// What is done with responses of one API and version.
final class ResponsePlan {
    /// How the bytes of a response are taken in.
    enum Mode {
        case cutThrough
        case walk(WalkProgram)
        case whole(WalkProgram?)
    }

    let mode: Mode
    /// The deepest that a filter looks; nil if no filter wants it.
    let depth: Depth?
    /// True if the response names brokers by address, which are to be rewritten.
    let rewritesAddresses: Bool
    /// True if the header has tagged fields.
    let headerHasTags: Bool
    /// True if addresses are in a tagged field, which is mostly absent.
    let endpointsAreTagged: Bool
    /// True if frames of this API may be too large to be held for less than their body.
    let streams: Bool
    /// The filters that are shown the response, in the order of the chain.
    let steps: [FilterStep]
    /// The filters that watch the response.
    let watchers: FilterSet

    init(
        mode: Mode, depth: Depth?, rewritesAddresses: Bool, headerHasTags: Bool, endpointsAreTagged: Bool,
        streams: Bool, steps: [FilterStep] = [], watchers: FilterSet = FilterSet()
    ) {
        self.mode = mode
        self.depth = depth
        self.rewritesAddresses = rewritesAddresses
        self.headerHasTags = headerHasTags
        self.endpointsAreTagged = endpointsAreTagged
        self.streams = streams
        self.steps = steps
        self.watchers = watchers
    }
}

/// The plans of one chain for the clients that the same filters of it concern, on one event loop; made when they are
/// first needed.
final class PlanTable {
    /// Keys and versions that have a place in the table; others are unknown.
    private static let keys = 128
    private static let versions = 32

    private let chain: FilterChain
    /// The filters that have a part in what these clients send.
    let filters: FilterSet
    private let rewritesAddresses: Bool
    private var requests: ContiguousArray<RequestPlan?>
    private var responses: ContiguousArray<ResponsePlan?>
    private let unknownRequest = RequestPlan(
        mode: .cutThrough, isKnown: false, mustBeRead: false, depth: nil, streams: false, isFiltered: false)
    private let unknownResponse = ResponsePlan(
        mode: .cutThrough, depth: nil, rewritesAddresses: false, headerHasTags: false, endpointsAreTagged: false,
        streams: false)

    /// A table for a chain.
    ///
    /// - Parameters:
    ///   - chain: the filters.
    ///   - filters: those that have a part in what the clients send; nil for all.
    ///   - rewritesAddresses: false in `pass_through`.
    init(chain: FilterChain, filters: FilterSet? = nil, rewritesAddresses: Bool) {
        self.chain = chain
        self.filters = filters ?? chain.all
        self.rewritesAddresses = rewritesAddresses
        requests = ContiguousArray(repeating: nil, count: Self.keys * Self.versions)
        responses = ContiguousArray(repeating: nil, count: Self.keys * Self.versions)
    }

    private static func index(_ key: APIKey, _ version: Int16) -> Int? {
        guard (0..<Int16(keys)).contains(key.rawValue), (0..<Int16(versions)).contains(version) else { return nil }
        return Int(key.rawValue) * versions + Int(version)
    }

    /// The plan for requests.
    func request(_ key: APIKey, _ version: Int16) -> RequestPlan {
        guard let index = Self.index(key, version) else { return makeUnknownRequest(key) }
        if let plan = requests[index] { return plan }
        let plan = makeRequest(key, version)
        requests[index] = plan
        return plan
    }

    /// The plan for responses.
    func response(_ key: APIKey, _ version: Int16) -> ResponsePlan {
        guard let index = Self.index(key, version) else { return unknownResponse }
        if let plan = responses[index] { return plan }
        let plan = makeResponse(key, version)
        responses[index] = plan
        return plan
    }

    /// APIs that must be readable, whatever `on_unknown` says.
    ///
    /// Produce is among them because `acks` decides whether there is a response, and SASL
    /// because it tells who the client is.
    func mustBeRead(_ key: APIKey) -> Bool {
        key == .produce || key == .apiVersions || key.isSASL || (rewritesAddresses && CoreRoles.bearsAddresses(key))
            || chain.depth(key, .request, among: filters).map { $0 >= .fields } ?? false
            || chain.depth(key, .response, among: filters).map { $0 >= .fields } ?? false
    }

    private func makeUnknownRequest(_ key: APIKey) -> RequestPlan {
        guard mustBeRead(key) else { return unknownRequest }
        return RequestPlan(
            mode: .cutThrough, isKnown: false, mustBeRead: true, depth: nil, streams: false, isFiltered: false)
    }

    private func makeRequest(_ key: APIKey, _ version: Int16) -> RequestPlan {
        guard let layout = MessageLayout.layout(key, .request), layout.validVersions.contains(version) else {
            return makeUnknownRequest(key)
        }
        let steps = chain.steps(key, version, .request, among: filters)
        let depth = steps.deepest
        let streams = CoreRoles.streams(key, .request)
        var roles = CoreRoles.request(key)
        if chain.wantsTopics(key, version, .request, among: filters) { roles.formUnion(CoreRoles.topics) }
        let watched = chain.watchers(key, version, .request, among: filters)
        roles.formUnion(watched.roles)
        let program = WalkProgram(layout: layout, version: version, roles: roles)
        let used = program.reportsNothing ? nil : program
        let mode: RequestPlan.Mode
        if let depth, depth >= .body || (depth >= .fields && !streams) {
            mode = .whole(used)
        } else if key == .apiVersions || key.isSASL {
            mode = .whole(nil)
        } else if let used {
            mode = .walk(used)
        } else {
            mode = .cutThrough
        }
        let observers = chain.observers(key, version, among: filters)
        let hasMore =
            !steps.isEmpty || !observers.isEmpty || !chain.steps(key, version, .response, among: filters).isEmpty
        let isWatched =
            !watched.places.isEmpty || !chain.watchers(key, version, .response, among: filters).places.isEmpty
        return RequestPlan(
            mode: mode, isKnown: true, mustBeRead: mustBeRead(key), depth: depth, streams: streams,
            isFiltered: hasMore || isWatched, isOnlyWatched: isWatched && !hasMore, steps: steps,
            observers: observers, watchers: watched.places)
    }

    private func makeResponse(_ key: APIKey, _ version: Int16) -> ResponsePlan {
        guard let layout = MessageLayout.layout(key, .response), layout.validVersions.contains(version) else {
            return unknownResponse
        }
        let steps = chain.steps(key, version, .response, among: filters)
        let depth = steps.deepest
        let streams = CoreRoles.streams(key, .response)
        let rewrites = rewritesAddresses && CoreRoles.bearsAddresses(key)
        var roles = CoreRoles.response(key)
        if chain.wantsTopics(key, version, .response, among: filters) { roles.formUnion(CoreRoles.topics) }
        let watched = chain.watchers(key, version, .response, among: filters)
        roles.formUnion(watched.roles)
        if rewrites || key == .metadata { roles.formUnion(CoreRoles.addresses) }
        let program = WalkProgram(
            layout: layout, version: version, roles: roles, reportingElementsOf: [.brokerID])
        let used = program.reportsNothing ? nil : program
        let mode: ResponsePlan.Mode
        if let depth, depth >= .body || (depth >= .fields && !streams) {
            mode = .whole(used)
        } else if key == .apiVersions || key.isSASL {
            mode = .whole(nil)
        } else if CoreRoles.teachesTopology(key)
            || (rewrites && CoreRoles.bearsAddresses(program) && !(streams && CoreRoles.endpointsAreTagged(key)))
        {
            // Addresses in an ordinary array cannot be hidden while they stream past, so a ShareFetch is held.
            mode = .whole(used)
        } else if let used {
            mode = .walk(used)
        } else {
            mode = .cutThrough
        }
        return ResponsePlan(
            mode: mode, depth: depth, rewritesAddresses: rewrites && CoreRoles.bearsAddresses(program),
            headerHasTags: HeaderForm.responseHasTags(key, version),
            endpointsAreTagged: CoreRoles.endpointsAreTagged(key), streams: streams, steps: steps,
            watchers: watched.places)
    }
}

/// The roles that the proxy itself reads.
enum CoreRoles {
    static let topics: FieldRoles = [.topicName, .topicID]
    static let addresses: FieldRoles = [.brokerID, .host, .port, .endpointType]

    /// True if frames of the API carry records in this direction.
    static func streams(_ key: APIKey, _ direction: Direction) -> Bool {
        switch direction {
        case .request: key == .produce
        case .response: key == .fetch || key == .shareFetch
        }
    }

    /// What requests are read for.
    static func request(_ key: APIKey) -> FieldRoles {
        key == .produce ? [.topicName, .topicID, .records] : []
    }

    /// What responses are read for.
    static func response(_ key: APIKey) -> FieldRoles {
        switch key {
        case .fetch, .shareFetch: [.errorCode, .topicName, .topicID, .records]
        case .metadata: [.errorCode, .topicName, .topicID, .partitionIndex]
        case .createTopics: [.errorCode, .topicName, .topicID, .partitionCount]
        default: [.errorCode]
        }
    }

    /// True if responses of the API are learned from: which brokers there are, which ID belongs to which topic.
    static func teachesTopology(_ key: APIKey) -> Bool {
        key == .metadata || key == .createTopics
    }

    /// True if responses of the API may name brokers by address.
    static func bearsAddresses(_ key: APIKey) -> Bool {
        switch key {
        case .metadata, .findCoordinator, .describeCluster, .produce, .fetch, .shareFetch, .shareAcknowledge: true
        default: false
        }
    }

    /// True if the addresses in responses of the API are endpoints of new leaders (KIP-951) in a tagged field, which is
    /// mostly absent. The share APIs have them in an ordinary array.
    static func endpointsAreTagged(_ key: APIKey) -> Bool {
        key == .produce || key == .fetch
    }

    /// True if this version of a response names brokers by address.
    static func bearsAddresses(_ program: WalkProgram) -> Bool {
        program.reports(.host)
    }
}

extension RequestPlan {
    /// The steps of the walk, however the frame is taken in.
    var program: WalkProgram? {
        switch mode {
        case .cutThrough: nil
        case .walk(let program): program
        case .whole(let program): program
        }
    }
}

extension ResponsePlan {
    /// The steps of the walk, however the frame is taken in.
    var program: WalkProgram? {
        switch mode {
        case .cutThrough: nil
        case .walk(let program): program
        case .whole(let program): program
        }
    }
}
