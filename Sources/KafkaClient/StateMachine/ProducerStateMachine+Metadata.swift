import KafkaMessages
import KafkaWire
import NIOCore

/// What is known of the cluster: brokers, topics, leaders.
extension ProducerStateMachine {
    /// From the one on that has the controller. Brokers since 0.11 have 4, in which asking need not make a topic; IDs are
    /// there from 10 on.
    private static let versions: ClosedRange<Int16> = 1...12
    private static let creationVersions: ClosedRange<Int16> = 2...7
    /// The first CreateTopics in which −1 stands for the broker's defaults.
    private static let firstWithDefaults: Int16 = 4

    /// Asks for what is needed and not there.
    mutating func askWhatIsMissing(now: NIODeadline) {
        guard bufferedRecords > 0 else { return }
        askForMetadata(now: now)
        askForIdentity(now: now)
        createTopics(now: now)
    }

    private var needsMetadata: Bool {
        metadata.isStale || !waitingTopics.isEmpty
            || active.contains { partitions[$0].leader < 0 }
    }

    private mutating func askForMetadata(now: NIODeadline) {
        guard !metadata.isAsked else { return }
        if let learnedAt = metadata.learnedAt, learnedAt + configuration.metadataMaxAge <= now {
            metadata.isStale = true
        }
        guard needsMetadata else { return }
        if let retryAt = metadata.retryAt, retryAt > now {
            wake(at: retryAt)
            return
        }
        guard let (key, connection, versions) = anyServer(now: now) else { return }
        guard let version = versions.highest(.metadata, of: Self.versions) else {
            metadataFailed(now: now)
            return
        }
        var request = MetadataRequest()
        request.allowAutoTopicCreation = configuration.topicCreation == .byBroker
        request.topics = topics.map { topic in
            var asked = MetadataRequest.MetadataRequestTopic()
            asked.name = topic.name
            return asked
        }
        metadata.isAsked = true
        ask(.metadata(request), version: version, about: .metadata, at: key, connection, now: now)
    }

    mutating func metadataFailed(now: NIODeadline) {
        metadata.isAsked = false
        metadata.failures += 1
        metadata.isStale = true
        let pause = backoff.pause(after: metadata.failures, &random)
        metadata.retryAt = now + pause
        wake(at: now + pause)
    }

    /// Notes where a broker is. A connection to where it was is left until it ends.
    mutating func learn(broker id: Int32, host: String, port: Int32) {
        guard id >= 0, !host.isEmpty, (1...65535).contains(port) else { return }
        if servers[.broker(id)] == nil {
            servers[.broker(id)] = ServerState(host: host, port: Int(port))
        } else if servers[.broker(id)]?.host != host || servers[.broker(id)]?.port != Int(port) {
            servers[.broker(id)]?.host = host
            servers[.broker(id)]?.port = Int(port)
            servers[.broker(id)]?.retryAt = nil
        }
    }

    mutating func learn(_ answer: MetadataResponse, now: NIODeadline) {
        metadata.isAsked = false
        guard !answer.brokers.isEmpty else {
            metadataFailed(now: now)
            return
        }
        controller = answer.controllerID
        let told = Set(answer.brokers.map(\.nodeID))
        for broker in answer.brokers { learn(broker: broker.nodeID, host: broker.host, port: broker.port) }
        for case .broker(let id) in Array(servers.keys) where !told.contains(id) {
            if servers[.broker(id)]?.phase == .idle { servers[.broker(id)] = nil }
        }
        metadata.isStale = false
        metadata.learnedAt = now
        var isComplete = true
        for topic in answer.topics {
            guard let name = topic.name, let place = topicsByName[name] else { continue }
            if !learn(topic, place, now: now) { isComplete = false }
        }
        // What is still missing is asked for again after a pause; a full answer makes the next question free.
        if isComplete {
            metadata.failures = 0
            metadata.retryAt = now + backoff.pause(after: 1, &random)
        } else {
            metadataFailed(now: now)
            metadata.isStale = false
        }
    }

    /// Takes what is said about a topic; false if it is not all that is needed.
    private mutating func learn(
        _ answer: MetadataResponse.MetadataResponseTopic, _ topic: Int, now: NIODeadline
    ) -> Bool {
        guard answer.errorCode == .none else {
            return learn(answer.errorCode, topic: topic)
        }
        topics[topic].existence = .known
        topics[topic].failures = 0
        if topics[topic].id != answer.topicID {
            topicsByID[topics[topic].id] = nil
            topics[topic].id = answer.topicID
            if answer.topicID != .zero { topicsByID[answer.topicID] = topic }
        }
        var isComplete = true
        for partition in answer.partitions.sorted(by: { $0.partitionIndex < $1.partitionIndex }) {
            let index = Int(partition.partitionIndex)
            if index == topics[topic].partitions.count {
                topics[topic].partitions.append(partitions.count)
                partitions.append(PartitionQueue(topic: topic, index: partition.partitionIndex))
            }
            guard topics[topic].partitions.indices.contains(index) else { continue }
            let place = topics[topic].partitions[index]
            // An old answer does not undo what a newer one said; without epochs there is no telling.
            if partition.leaderEpoch >= 0, partition.leaderEpoch < partitions[place].leaderEpoch { continue }
            partitions[place].leader = partition.leaderID
            partitions[place].leaderEpoch = partition.leaderEpoch
            if partition.leaderID < 0 { isComplete = false }
        }
        release(topic: topic)
        return isComplete
    }

    /// A topic that the cluster does not show.
    private mutating func learn(_ code: ErrorCode, topic: Int) -> Bool {
        switch code {
        case .leaderNotAvailable, .unknownServerError, .requestTimedOut, .networkException: break
        case .unknownTopicOrPartition: topics[topic].existence = .unavailable(code)
        default:
            topics[topic].existence = .unavailable(code)
            failWaiting(topic: topic, .topicUnavailable(code))
        }
        return false
    }

    /// Makes the topics that the cluster does not have and records wait for.
    private mutating func createTopics(now: NIODeadline) {
        guard case .create(let partitions, let replication, let configs) = configuration.topicCreation else { return }
        var missing: [Int] = []
        for place in waitingTopics.sorted() {
            let topic = topics[place]
            guard topic.existence == .unavailable(.unknownTopicOrPartition), topic.isAwaited,
                !topic.isBeingCreated
            else { continue }
            if let createAt = topic.createAt, createAt > now { wake(at: createAt) } else { missing.append(place) }
        }
        guard !missing.isEmpty else { return }
        let key = ServerKey.broker(controller)
        let asked: (ServerKey, ConnectionID, ServedVersions)?
        if servers[key] != nil {
            asked = connection(to: key, now: now).map { (key, $0.0, $0.1) }
        } else {
            asked = anyServer(now: now)
        }
        guard let (server, connection, versions) = asked else { return }
        let isDefault = partitions < 0 || replication < 0
        let wanted = (isDefault ? Self.firstWithDefaults : Self.creationVersions.lowerBound)...7
        guard let version = versions.highest(.createTopics, of: wanted) else {
            for topic in missing { failWaiting(topic: topic, .topicUnavailable(.unsupportedVersion)) }
            return
        }
        var request = CreateTopicsRequest()
        request.timeoutMs = Int32(clamping: configuration.requestTimeout.nanoseconds / 1_000_000)
        request.topics = missing.map { place in
            NewTopic(
                name: topics[place].name, partitions: partitions, replication: replication, configs: configs
            ).message
        }
        for place in missing { topics[place].isBeingCreated = true }
        ask(.createTopics(request), version: version, about: .createTopics(missing), at: server, connection, now: now)
    }

    mutating func creationFailed(_ places: [Int], now: NIODeadline) {
        for place in places {
            topics[place].isBeingCreated = false
            topics[place].failures += 1
            topics[place].createAt = now + backoff.pause(after: topics[place].failures, &random)
        }
    }

    mutating func learn(_ answer: CreateTopicsResponse, about places: [Int], now: NIODeadline) {
        var unanswered = Set(places)
        for result in answer.topics {
            guard let place = topicsByName[result.name], unanswered.remove(place) != nil else { continue }
            switch result.errorCode {
            case .none, .topicAlreadyExists:
                topics[place].isBeingCreated = false
                topics[place].existence = .unknown
                metadata.isStale = true
                metadata.retryAt = nil
            case .notController, .requestTimedOut, .throttlingQuotaExceeded, .leaderNotAvailable, .networkException,
                .unknownServerError:
                creationFailed([place], now: now)
                metadata.isStale = true
            default:
                creationFailed([place], now: now)
                failWaiting(topic: place, .topicUnavailable(result.errorCode))
            }
        }
        creationFailed(Array(unanswered), now: now)
    }
}
