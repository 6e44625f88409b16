import KafkaMessages
import KafkaWire
package import NIOCore

/// Connections: opening them, finding out what the broker serves, and losing them.
extension ProducerStateMachine {
    /// The newest ApiVersions that is asked, and the one for brokers that do not know it.
    private static let newApiVersions: Int16 = 3
    private static let oldApiVersions: Int16 = 0

    /// A connection has come about.
    package mutating func connected(_ connection: ConnectionID, now: NIODeadline) {
        guard let key = serverOfConnection[connection], case .connecting(connection) = servers[key]?.phase else {
            actions.append(.close(connection))
            return
        }
        servers[key]?.phase = .negotiating(connection)
        negotiate(key, connection, now: now)
    }

    private mutating func negotiate(_ key: ServerKey, _ connection: ConnectionID, now: NIODeadline) {
        var request = ApiVersionsRequest()
        let isOld = servers[key]?.asksOldVersions ?? false
        if !isOld {
            request.clientSoftwareName = "sluice"
            request.clientSoftwareVersion = "1"
        }
        ask(
            .apiVersions(request), version: isOld ? Self.oldApiVersions : Self.newApiVersions, about: .apiVersions,
            at: key, connection, now: now)
    }

    /// A connection could not be opened, or was lost.
    package mutating func closed(_ connection: ConnectionID, now: NIODeadline) {
        closed(connection, now: now, byBroker: true)
    }

    private mutating func closed(_ connection: ConnectionID, now: NIODeadline, byBroker: Bool) {
        guard let key = serverOfConnection.removeValue(forKey: connection), var server = servers[key] else { return }
        // Brokers before 2.4 close the connection on a version of ApiVersions that they do not know.
        if byBroker, case .negotiating = server.phase, !server.asksOldVersions {
            server.asksOldVersions = true
        } else if case .ready = server.phase {
            server.failures = 0
        }
        server.failures += 1
        server.phase = .idle
        server.retryAt = now + backoff.pause(after: server.failures, &random)
        let asked = server.asked
        server.asked = []
        server.produceInFlight = 0
        server.mutedUntil = nil
        servers[key] = server
        metadata.isStale = true
        for one in asked { lost(one.subject, now: now) }
    }

    /// What was asked will not be answered.
    private mutating func lost(_ subject: ServerState.Asked.Subject, now: NIODeadline) {
        switch subject {
        case .apiVersions: break
        case .metadata: metadataFailed(now: now)
        case .initProducerID: identityFailed(now: now)
        case .createTopics(let topics): creationFailed(topics, now: now)
        case .produce(let batches):
            for (place, batch) in batches { retry(batch, partition: place, .networkException, now: now) }
        }
    }

    /// Closes connections that have not answered in time.
    mutating func expireRequests(now: NIODeadline) {
        for (key, server) in servers {
            guard let first = server.asked.first, let connection = server.connection else { continue }
            if first.deadline <= now {
                giveUp(connection, now: now)
            } else {
                wake(at: servers[key]?.asked.first?.deadline ?? .distantFuture)
            }
        }
    }

    /// Closes connections that nothing was asked on for long.
    mutating func closeIdle(now: NIODeadline) {
        for (key, server) in servers {
            guard case .ready(let connection, _) = server.phase, server.asked.isEmpty else { continue }
            let end = server.lastUsed + configuration.maxIdle
            if end <= now {
                actions.append(.close(connection))
                serverOfConnection[connection] = nil
                servers[key]?.phase = .idle
            } else {
                wake(at: end)
            }
        }
    }

    /// The connection to a server, if it can be used; otherwise one is opened, if it is time.
    mutating func connection(to key: ServerKey, now: NIODeadline) -> (ConnectionID, ServedVersions)? {
        guard let server = servers[key] else { return nil }
        guard case .idle = server.phase else { return server.ready }
        if let retryAt = server.retryAt, retryAt > now {
            wake(at: retryAt)
            return nil
        }
        lastConnection += 1
        let connection = ConnectionID(rawValue: lastConnection)
        serverOfConnection[connection] = key
        servers[key]?.phase = .connecting(connection)
        servers[key]?.lastUsed = now
        actions.append(.connect(connection, host: server.host, port: server.port))
        return nil
    }

    /// A server that can be asked about the cluster: one that is connected, or is being; otherwise the next in turn.
    mutating func anyServer(now: NIODeadline) -> (ServerKey, ConnectionID, ServedVersions)? {
        let brokers = servers.keys.filter { if case .broker = $0 { true } else { false } }
        for key in brokers + bootstrapKeys {
            if let ready = servers[key]?.ready { return (key, ready.connection, ready.versions) }
        }
        guard !servers.values.contains(where: { $0.phase != .idle }) else { return nil }
        // Brokers first, as they were told by the cluster; those to begin with as well, since all may have moved.
        let candidates = brokers.sorted { Self.number(of: $0) < Self.number(of: $1) } + bootstrapKeys
        for step in candidates.indices {
            let key = candidates[(nextServer + step) % candidates.count]
            if let retryAt = servers[key]?.retryAt, retryAt > now {
                wake(at: retryAt)
                continue
            }
            nextServer = (nextServer + step + 1) % candidates.count
            _ = connection(to: key, now: now)
            return nil
        }
        return nil
    }

    private var bootstrapKeys: [ServerKey] {
        configuration.bootstrapServers.indices.map { ServerKey.bootstrap($0) }
    }

    private static func number(of key: ServerKey) -> Int {
        switch key {
        case .bootstrap(let place): place
        case .broker(let id): Int(id)
        }
    }

    /// Sends a request, and notes that its answer is awaited.
    mutating func ask(
        _ request: ProducerRequest, version: Int16, about subject: ServerState.Asked.Subject, at key: ServerKey,
        _ connection: ConnectionID, now: NIODeadline
    ) {
        lastRequest += 1
        let deadline = now + configuration.requestTimeout
        servers[key]?.asked.append(ServerState.Asked(id: lastRequest, subject: subject, deadline: deadline))
        servers[key]?.lastUsed = now
        if case .produce = subject { servers[key]?.produceInFlight += 1 }
        wake(at: deadline)
        actions.append(.send(connection, request: lastRequest, request, version: version))
    }

    /// An answer has come.
    ///
    /// - Parameters:
    ///   - answer: what it says.
    ///   - request: the number of what was asked.
    ///   - connection: on which it came.
    ///   - now: when.
    package mutating func answered(
        _ answer: ProducerAnswer, to request: UInt64, on connection: ConnectionID, now: NIODeadline
    ) {
        guard let key = serverOfConnection[connection],
            let index = servers[key]?.asked.firstIndex(where: { $0.id == request }),
            let asked = servers[key]?.asked.remove(at: index)
        else { return }
        servers[key]?.lastUsed = now
        switch (asked.subject, answer) {
        case (.apiVersions, .apiVersions(let answer)) where answer.errorCode == .none:
            servers[key]?.phase = .ready(connection, ServedVersions(answer))
            servers[key]?.failures = 0
            servers[key]?.retryAt = nil
        case (.apiVersions, .apiVersions), (.apiVersions, .unreadable):
            if servers[key]?.asksOldVersions == false {
                servers[key]?.asksOldVersions = true
                negotiate(key, connection, now: now)
            } else {
                giveUp(connection, now: now)
            }
        case (.metadata, .metadata(let answer)): learn(answer, now: now)
        case (.initProducerID, .initProducerID(let answer)): learn(answer, now: now)
        case (.createTopics(let topics), .createTopics(let answer)): learn(answer, about: topics, now: now)
        case (.produce(let batches), .produce(let answer)):
            servers[key]?.produceInFlight -= 1
            learn(answer, about: batches, from: key, now: now)
        case (.produce(let batches), .sent):
            servers[key]?.produceInFlight -= 1
            for (place, batch) in batches { delivered(batch, partition: place, baseOffset: -1) }
        default:
            servers[key]?.asked.prepend(asked)
            giveUp(connection, now: now)
        }
    }

    private mutating func giveUp(_ connection: ConnectionID, now: NIODeadline) {
        actions.append(.close(connection))
        closed(connection, now: now, byBroker: false)
    }
}
