import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings

/// What one connection has with the buckets of one limit.
///
/// Most limits tell nothing apart that is in a request, so that there is one lease, which is at hand for every request
/// of the same client.
struct LimitLeases {
    let limit: Limit
    /// True if the limit is for this client.
    private(set) var isConcerned = false
    /// Topics that the latest responses brought records of: a Fetch is for these, whether it names them or not.
    private(set) var fetched: [String] = []

    private let domain: RateLimitDomain
    private let loop: any EventLoop
    /// True if the API, topics or groups are told apart.
    private let tellsRequestsApart: Bool
    private var identity = ClientIdentity(clientID: nil, principal: "", address: "")
    private var only: (any RateLimitLease)?
    private var leases: [Parts: any RateLimitLease] = [:]

    /// How many leases a connection keeps at hand for one limit.
    private static let most = 256

    /// What is told apart in a request.
    struct Parts: Hashable {
        var api: Int16?
        var topic: String?
        var group: String?
    }

    init(_ limit: Limit, _ domain: RateLimitDomain, on loop: any EventLoop) {
        self.limit = limit
        self.domain = domain
        self.loop = loop
        tellsRequestsApart = limit.configuration.per.contains { $0.isInside || $0 == .api }
    }

    /// Another client is on the connection, or the same under another name.
    mutating func become(_ identity: ClientIdentity, at now: Int64) {
        self.identity = identity
        end(at: now)
        isConcerned = limit.concerns(identity)
    }

    /// The lease of a limit that tells nothing apart in requests; nil for another limit.
    mutating func theOnly() -> (any RateLimitLease)? {
        if let only { return only }
        if tellsRequestsApart { return nil }
        let lease = make(Parts())
        only = lease
        return lease
    }

    /// The lease for what a request, or a part of it, is.
    mutating func lease(api: APIKey, topic: String?, group: String?, at now: Int64) -> any RateLimitLease {
        if let only = theOnly() { return only }
        let per = limit.configuration.per
        let parts = Parts(
            api: per.contains(.api) ? api.rawValue : nil, topic: per.contains(.topic) ? topic : nil,
            group: per.contains(.group) ? group : nil)
        if let lease = leases[parts] { return lease }
        if leases.count >= Self.most {
            for lease in leases.values { lease.end(at: now) }
            leases = [:]
        }
        let lease = make(parts)
        leases[parts] = lease
        return lease
    }

    /// Notes what a response brought records of.
    mutating func note(fetched topics: [String]) {
        if fetched != topics { fetched = topics }
    }

    /// Nothing more is asked.
    mutating func end(at now: Int64) {
        only?.end(at: now)
        only = nil
        for lease in leases.values { lease.end(at: now) }
        leases = [:]
    }

    private func make(_ parts: Parts) -> any RateLimitLease {
        let entries = limit.configuration.per.map { key in
            let value =
                switch key {
                case .clientID: identity.clientID ?? ""
                case .principal: identity.principal
                case .clientAddress: IPAddress(identity.address)?.description ?? identity.address
                case .topic: parts.topic ?? ""
                case .group: parts.group ?? ""
                case .api: APIKey(rawValue: parts.api ?? -1).description
                case .listener: domain.listener
                }
            return RateLimitDescriptor.Entry(key: key, value: value)
        }
        let descriptor = RateLimitDescriptor(
            listener: domain.listener, filter: domain.filter, limit: limit.configuration.name, entries: entries)
        return domain.limiter.lease(descriptor, on: loop)
    }
}

/// Where the limits of a filter are decided.
struct RateLimitDomain: Sendable {
    let listener: String
    let filter: String
    let limiter: any RateLimiter
}
