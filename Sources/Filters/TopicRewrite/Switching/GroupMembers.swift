import NIOCore

/// Knows which members of groups there are, on which connections' clients, and where the topics led that they joined for.
///
/// A switch makes a member *stale*: it is fenced at its next heartbeat, and what it commits until it has joined again goes
/// to the topic that it has read. Members that show no life are forgotten.
struct GroupMembers {
    /// One member.
    struct Key: Hashable, Sendable {
        let group: String
        let member: String
    }

    /// Which protocol a member speaks.
    enum Kind: Sendable {
        /// JoinGroup and SyncGroup; all members have one target, chosen by the group.
        case classic
        /// Heartbeats alone: KIP-848, share groups, streams groups; the broker assigns by topic ID.
        case modern
    }

    /// What is known of a member.
    struct Member {
        var client: ClientKey
        var kind: Kind
        /// Where the switched topics of its subscription led when it joined: by the name that clients use, the topic at
        /// the broker.
        var joined: [String: String]
        var liveUntil: NIODeadline
    }

    /// What a client's memberships say about its positions in a topic.
    enum Standing: Equatable {
        /// It has none that reads the topic.
        case none
        /// A member has not joined again since the topic was switched away from this one.
        case stale(target: String)
        /// All have joined for the target of this moment, so that the client knows the offsets committed there.
        case settled
    }

    private var members: [Key: Member] = [:]
    private var byClient: [ClientKey: Set<Key>] = [:]
    private let capacity: Int

    /// - Parameter capacity: how many members are known at once; those that came to life longest ago go first.
    init(capacity: Int) {
        self.capacity = max(8, capacity)
    }

    /// How many members are known.
    var count: Int { members.count }

    /// A member has joined, or joined again.
    ///
    /// - Returns: true if the client has become, or ceased to be, a member of a classic group for some topic, so that its
    ///   other connections may have to follow the group.
    @discardableResult
    mutating func join(
        _ key: Key, _ client: ClientKey, _ kind: Kind, joined: [String: String], until: NIODeadline, now: NIODeadline
    ) -> Bool {
        guard !joined.isEmpty else { return remove(key) }
        let before = members[key]
        if before == nil { makeRoom(now) }
        if let before, before.client != client { unlink(key, before.client) }
        members[key] = Member(client: client, kind: kind, joined: joined, liveUntil: until)
        byClient[client, default: []].insert(key)
        if kind == .classic { removeFormer(key, client, joined) }
        let isNew = before.map { $0.client != client || Set($0.joined.keys) != Set(joined.keys) } ?? true
        return isNew && kind == .classic
    }

    /// Some clients join again as another member when they are told that their generation is over. All members of a group
    /// have joined again when one is told so: what is left of the client's is over.
    private mutating func removeFormer(_ key: Key, _ client: ClientKey, _ joined: [String: String]) {
        for other in byClient[client] ?? [] where other.group == key.group && other != key {
            guard let former = members[other]?.joined, former.contains(where: { joined[$0] ?? $1 != $1 }) else {
                continue
            }
            remove(other)
        }
    }

    /// A member shows life.
    ///
    /// - Returns: where its topics led when it joined; nil if it is not known.
    mutating func alive(_ key: Key, _ client: ClientKey, until: NIODeadline) -> [String: String]? {
        guard var member = members[key] else { return nil }
        if member.client != client {
            unlink(key, member.client)
            member.client = client
            byClient[client, default: []].insert(key)
        }
        member.liveUntil = max(until, member.liveUntil)
        members[key] = member
        return member.joined
    }

    /// A member that is not known, or not for this topic, is seen to read it: it joined before it was watched.
    mutating func learn(
        _ key: Key, _ client: ClientKey, _ kind: Kind, topic: String, target: String, until: NIODeadline,
        now: NIODeadline
    ) {
        if members[key] == nil {
            join(key, client, kind, joined: [topic: target], until: until, now: now)
        } else if members[key]?.joined[topic] == nil {
            members[key]?.joined[topic] = target
        }
    }

    /// A member has left.
    ///
    /// - Returns: as ``join(_:_:_:joined:until:now:)``.
    @discardableResult
    mutating func remove(_ key: Key) -> Bool {
        guard let member = members.removeValue(forKey: key) else { return false }
        unlink(key, member.client)
        return member.kind == .classic
    }

    /// Where a member's topics led when it joined; empty if it is not known.
    func joined(_ key: Key) -> [String: String] {
        members[key]?.joined ?? [:]
    }

    /// The member of a group that a client is; if it is several, one of them.
    func member(of group: String, _ client: ClientKey, now: NIODeadline) -> Key? {
        byClient[client]?.first { $0.group == group && isLive($0, now) }
    }

    /// The classic groups in which a client reads topics: by topic, the groups in the order of their names.
    func classicGroups(of client: ClientKey, now: NIODeadline) -> [String: [String]] {
        var groups: [String: Set<String>] = [:]
        for key in byClient[client] ?? [] where isLive(key, now) {
            guard let member = members[key], member.kind == .classic else { continue }
            for topic in member.joined.keys { groups[topic, default: []].insert(key.group) }
        }
        return groups.mapValues { $0.sorted() }
    }

    /// What a client's memberships say about its positions in a topic.
    ///
    /// - Parameters:
    ///   - client: the client.
    ///   - topic: the name that clients use.
    ///   - now: the time.
    ///   - current: the topic at the broker that a member's topic leads to at this moment.
    /// - Returns: whether it is a member, and of which target.
    func standing(
        of client: ClientKey, topic: String, now: NIODeadline, current: (Key, Kind) -> String?
    ) -> Standing {
        var standing = Standing.none
        for key in byClient[client] ?? [] where isLive(key, now) {
            guard let member = members[key], let target = member.joined[topic] else { continue }
            if target != current(key, member.kind) { return .stale(target: target) }
            standing = .settled
        }
        return standing
    }

    private func isLive(_ key: Key, _ now: NIODeadline) -> Bool {
        members[key].map { now < $0.liveUntil } ?? false
    }

    private mutating func unlink(_ key: Key, _ client: ClientKey) {
        byClient[client]?.remove(key)
        if byClient[client]?.isEmpty == true { byClient[client] = nil }
    }

    /// Forgets members without life, and if all live, an eighth of them: a table that is full is rarely looked through.
    private mutating func makeRoom(_ now: NIODeadline) {
        guard members.count >= capacity else { return }
        var expendable = members.filter { $0.value.liveUntil <= now }.map(\.key)
        if expendable.isEmpty {
            expendable = members.sorted { $0.value.liveUntil < $1.value.liveUntil }.prefix(capacity / 8).map(\.key)
        }
        for key in expendable { remove(key) }
    }
}
