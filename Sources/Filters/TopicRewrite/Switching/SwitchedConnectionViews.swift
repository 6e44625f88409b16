import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Synchronization

/// Decides for one connection which targets its requests have, and answers those that a switch has made void.
///
/// What it has seen of producers, positions and members it keeps, and looks into the shared memory for what is new to it
/// and after a switch. Belongs to the connection's event loop.
final class SwitchedConnectionViews: ConnectionViews {
    /// What is to be done with the response of a request.
    enum Note {
        /// A member of a classic group joins for these topics.
        case join(group: String, joined: [String: String], until: NIODeadline)
        /// A member of another group joins for these topics.
        case heartbeatJoin(GroupMembers.Key, joined: [String: String], until: NIODeadline)
        /// The member was made to leave, so that it can join again; it is told that it is fenced.
        case fence(rule: Int)
        /// A commit of a member that has to join again.
        case staleCommit(rule: Int)
    }

    let source: SwitchedViews
    let connection: ConnectionContext
    var memory: SwitchMemory { source.board.memory }
    private(set) var client: ClientIdentity
    private(set) var key: ClientKey
    /// The number of the latest change that is looked at here; 0 before the first request.
    private(set) var generation: UInt64 = 0
    private var choices: [RuleTargets.Choice?] = []
    /// True if some rule's targets are weighted, so that groups choose for their members.
    private(set) var hasWeights = false
    /// True if a rule with targets applies to the client.
    private var isWatched = false
    /// The targets of rules that the client's groups have chosen.
    private var groupTargets: [Int: Int] = [:]
    private var views: [APIKey: TopicView] = [:]
    private var groupViews: [String: TopicView] = [:]
    private var names: [KafkaUUID: String] = [:]
    private var places: [Int: TargetCensus.Place] = [:]
    private var notes: [ObjectIdentifier: Note] = [:]
    var producers = ConnectionProducers()
    var fetches = ConnectionFetches()
    private var countsAsFetching = false
    /// The end of an empty answer that is held back.
    var wait: Scheduled<ViewDecision>?

    init(_ source: SwitchedViews, _ connection: ConnectionContext) {
        self.source = source
        self.connection = connection
        client = connection.identity
        key = ClientKey(client)
    }

    /// Takes the place of the views that the connection had under another configuration.
    func takeOver(_ former: SwitchedConnectionViews) {
        guard former.memory === memory else { return }
        producers = former.producers
        fetches = former.fetches
        if former.countsAsFetching { beginFetching() }
    }

    var now: NIODeadline { connection.eventLoop.now }

    // MARK: Requests and responses

    func view(for request: FilteredRequest) -> ViewDecision {
        refresh(request.record)
        guard isWatched else { return .view(current(request.record.apiKey)) }
        // Nothing is left of a request before whose record lay at the same address.
        if !notes.isEmpty { notes.removeValue(forKey: ObjectIdentifier(request.record)) }
        switch request.record.apiKey {
        case .produce: return produce(request)
        case .fetch: return fetch(request)
        case .listOffsets, .offsetForLeaderEpoch: return offsets(request)
        case .shareFetch, .shareAcknowledge: return share(request)
        case .joinGroup, .syncGroup, .heartbeat, .leaveGroup, .offsetCommit, .offsetFetch, .txnOffsetCommit:
            return classicGroup(request)
        case .consumerGroupHeartbeat, .shareGroupHeartbeat, .streamsGroupHeartbeat: return heartbeat(request)
        case .offsetDelete, .describeGroups: return groupAdministration(request)
        default: return .view(current(request.record.apiKey))
        }
    }

    func response(_ response: FilteredResponse, _ view: TopicView) -> ResponseAction {
        guard let note = notes.removeValue(forKey: ObjectIdentifier(response.record)) else { return .forward }
        return carryOut(note, response)
    }

    func completed(_ request: CompletedRequest) {
        notes.removeValue(forKey: ObjectIdentifier(request.record))
    }

    func connectionClosed() {
        wait?.cancel()
        notes.removeAll()
        leaveClient()
    }

    /// Notes what is to be done with the response.
    func note(_ note: Note, for request: FilteredRequest) {
        notes[ObjectIdentifier(request.record)] = note
        request.inspectResponse()
    }

    // MARK: The client and its targets

    /// Looks whether the client is another, or has other targets, than at the request before.
    private func refresh(_ record: RequestRecord) {
        if record.clientID != client.clientID || connection.principal != client.principal {
            leaveClient()
            client = ClientIdentity(
                clientID: record.clientID, principal: connection.principal, address: connection.clientAddress)
            key = ClientKey(client)
            fetches = ConnectionFetches()
        } else if memory.generation == generation {
            return
        }
        update()
    }

    /// Looks at the targets of this moment.
    func update() {
        (choices, generation) = source.board.snapshot
        hasWeights = choices.contains { if case .weights = $0 { true } else { false } }
        views.removeAll()
        groupViews.removeAll()
        groupTargets.removeAll()
        isWatched = source.concerns(client)
        if hasWeights, isWatched { groupTargets = targetsOfGroups() }
        for (rule, place) in places {
            let target = current(.produce).selection.target(of: rule)
            guard target.map({ targetName(rule, $0) }) != place.target else { continue }
            leave(rule)
            if let target { enter(rule, target) }
        }
    }

    private func targetsOfGroups() -> [Int: Int] {
        let groups = memory.members.withLock { $0.classicGroups(of: key, now: now) }
        var targets: [Int: Int] = [:]
        for (topic, groups) in groups {
            guard let group = groups.first, let rule = view(of: group).rule(of: topic) else { continue }
            targets[rule] = view(of: group).selection.target(of: rule)
        }
        return targets
    }

    /// The view that requests of the client have at this moment.
    func current(_ api: APIKey) -> TopicView {
        let api = source.selector.dependsOnAPI ? api : APIKey(rawValue: -1)
        if let known = views[api] { return known }
        let view = view(api, group: nil, targets: groupTargets)
        views[api] = view
        return view
    }

    /// The view that members of a classic group have at this moment.
    func view(of group: String) -> TopicView {
        guard hasWeights else { return current(.joinGroup) }
        if let known = groupViews[group] { return known }
        let view = view(.joinGroup, group: group, targets: [:])
        if groupViews.count >= 100 { groupViews.removeAll() }
        groupViews[group] = view
        return view
    }

    /// A view as it is at this moment, but for the topics that a member joined for.
    func view(_ base: TopicView, group: String?, joined: [String: String]) -> TopicView {
        var targets = group == nil || !hasWeights ? groupTargets : [:]
        var isStale = false
        for (topic, target) in joined {
            guard let rule = base.rule(of: topic), let all = source.board.rules[rule].choices?.targets,
                let index = all.firstIndex(where: { $0.topic == target }),
                base.selection.target(of: rule) != index
            else { continue }
            targets[rule] = index
            isStale = true
        }
        return isStale ? view(.joinGroup, group: hasWeights ? group : nil, targets: targets) : base
    }

    private func view(_ api: APIKey, group: String?, targets: [Int: Int]) -> TopicView {
        let selection = source.selector.selection(
            for: client, api: source.selector.dependsOnAPI ? api : nil, group: group
        ) { rule in
            targets[rule].map { .active($0) } ?? (choices.indices.contains(rule) ? choices[rule] : nil)
        }
        return source.cache.view(selection)
    }

    // MARK: Topics

    /// What a topic of a request has to do with rules that have targets.
    ///
    /// - Parameters:
    ///   - name: its name, where the version of the request gives it.
    ///   - id: its ID, where the version gives that.
    ///   - view: the view of the request.
    /// - Returns: the rule's topic and target, or that no such rule is for it.
    func topic(_ name: String, _ id: KafkaUUID, in view: TopicView) -> SwitchedTopic {
        guard id != .zero else { return topic(name, in: view) }
        guard let brokerName = topicName(id), let rules = source.rulesByTarget[brokerName] else { return .other }
        for rule in rules {
            guard view.selection.target(of: rule) != nil, case .topic(let topic, _) = source.board.rules[rule].mapping,
                case .led(rule, _, let target) = self.topic(topic, in: view)
            else { continue }
            return target == brokerName
                ? .led(rule: rule, topic: topic, target: target)
                : .former(rule: rule, topic: topic, target: brokerName)
        }
        return .other
    }

    /// What a topic has to do with rules that have targets, by its name.
    func topic(_ name: String, in view: TopicView) -> SwitchedTopic {
        guard let rule = view.rule(of: name), source.switched.contains(rule),
            case .name(let target, _) = view.brokerTopic(name)
        else { return .other }
        return .led(rule: rule, topic: name, target: target)
    }

    /// The name of a topic at the broker; names do not change, so that they are asked for once.
    private func topicName(_ id: KafkaUUID) -> String? {
        if let known = names[id] { return known }
        guard let name = connection.cluster.topicName(id) else { return nil }
        if names.count >= 1000 { names.removeAll() }
        names[id] = name
        return name
    }

    /// What a target is called in the configuration.
    func targetName(_ rule: Int, _ target: Int) -> String {
        let targets = source.board.rules[rule].choices?.targets ?? []
        return targets.indices.contains(target) ? targets[target].name : ""
    }

    /// A client was told of a switch.
    func countFence(_ rule: Int, _ view: TopicView, _ error: ErrorCode) {
        source.metrics.fenced(
            source.board.rules[rule].name, target: view.selection.target(of: rule).map { targetName(rule, $0) } ?? "",
            error)
    }

    // MARK: Who uses what

    /// The connection uses a rule's target.
    func uses(_ rule: Int, _ view: TopicView) {
        guard places[rule] == nil, let target = view.selection.target(of: rule) else { return }
        enter(rule, target)
    }

    private func enter(_ rule: Int, _ target: Int) {
        let place = TargetCensus.Place(rule: source.board.rules[rule].name, target: targetName(rule, target))
        places[rule] = place
        memory.census.withLock { $0.enter(place, key) }
        source.metrics.connections(place, by: 1)
    }

    private func leave(_ rule: Int) {
        guard let place = places.removeValue(forKey: rule) else { return }
        memory.census.withLock { $0.leave(place, key) }
        source.metrics.connections(place, by: -1)
    }

    /// From now on the positions of the client are watched on all its connections.
    func beginFetching() {
        guard !countsAsFetching else { return }
        countsAsFetching = true
        memory.positions.withLock { $0.opened(key) }
    }

    private func leaveClient() {
        for rule in Array(places.keys) { leave(rule) }
        if countsAsFetching {
            memory.positions.withLock { $0.closed(key) }
            countsAsFetching = false
        }
    }
}
