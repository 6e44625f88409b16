import FilterAPI
import Logging
import NIOCore
import NIOPosix
import SluiceConfiguration

/// How addresses are opened and closed, and what a client meets that comes there.
extension Proxy {
    /// Opens all addresses of all listeners.
    ///
    /// - Throws: ``ReloadError`` with those that cannot be had; nothing stays open then.
    package func open() async throws(ReloadError) {
        try await turns.take { () async throws(ReloadError) in
            let changes = await bind(for: state.running.listeners)
            guard changes.errors.isEmpty else {
                await undo(changes)
                throw .refused(changes.errors)
            }
            await confirm(changes)
        }
    }

    /// Takes no new connections: what is open goes on. No other configuration is taken up any more.
    package func closeListeners() async {
        state.isEnding = true
        await turns.take {
            let open = state.addresses
            state.addresses = [:]
            for channel in open.values { try? await channel.close() }
        }
    }

    /// Addresses that were opened for other listeners than those in force.
    struct AddressChanges: Sendable {
        /// All addresses that are open in the end.
        fileprivate var open: [BoundAddress: any Channel] = [:]
        /// Those among them that nobody is accepted at yet: who comes there waits.
        fileprivate var opened: [BoundAddress: any Channel] = [:]
        /// Those that the new listeners do not have.
        fileprivate var left: [BoundAddress: any Channel] = [:]
        /// Those of them that had to be closed, since a new address is in their way: nobody can have both at once.
        fileprivate var closed: [BoundAddress] = []
        /// What could not be opened.
        var errors: [String] = []

        /// Closes what was opened.
        fileprivate func closeOpened() async {
            for channel in opened.values { try? await channel.close() }
        }
    }

    /// Opens the addresses that these listeners have and that are not open yet; nobody is accepted there before
    /// ``confirm(_:)``. Addresses that are open stay so, whatever stands behind them.
    ///
    /// - Parameters:
    ///   - listeners: all listeners that there are to be.
    ///   - mayClose: true if addresses may be closed that none of them has and that are in the way of new ones.
    /// - Returns: what was opened, and what could not be.
    func bind(for listeners: [Listener], mayClose: Bool = true) async -> AddressChanges {
        var changes = AddressChanges()
        changes.left = state.addresses
        var missing: [(address: BoundAddress, owner: String)] = []
        for (index, listener) in listeners.enumerated() {
            for binding in listener.bindings {
                if let channel = changes.left.removeValue(forKey: binding.address) {
                    changes.open[binding.address] = channel
                } else {
                    let key = binding.target == .bootstrap ? "address" : "brokers.ports"
                    missing.append((binding.address, "listeners[\(index)].\(key) (listener '\(listener.name)')"))
                }
            }
        }
        // What is in nobody's way first, so that most of what can go wrong has gone wrong before anything is closed.
        let former = Array(changes.left.keys)
        let (blocked, free) = missing.split(by: { missing in former.contains { $0.clashes(with: missing.address) } })
        for (address, owner) in free { await bind(address, for: owner, &changes) }
        guard changes.errors.isEmpty, mayClose else { return changes }
        for (address, owner) in blocked {
            for (other, channel) in changes.left where other.clashes(with: address) {
                try? await channel.close()
                changes.left[other] = nil
                changes.closed.append(other)
            }
            await bind(address, for: owner, &changes)
        }
        return changes
    }

    private func bind(_ address: BoundAddress, for owner: String, _ changes: inout AddressChanges) async {
        do throws(BindError) {
            let channel = try await bind(address, for: owner)
            changes.open[address] = channel
            changes.opened[address] = channel
        } catch {
            changes.errors.append("\(error)")
        }
    }

    /// Accepts at the addresses that were opened, and closes those that no listener has any more.
    func confirm(_ changes: AddressChanges) async {
        state.addresses = changes.open
        for channel in changes.opened.values { try? await channel.setOption(.autoRead, value: true).get() }
        for channel in changes.left.values { try? await channel.close() }
    }

    /// Closes what was opened; what had to be closed for it is opened again.
    func undo(_ changes: AddressChanges) async {
        await changes.closeOpened()
        var addresses = state.addresses
        for address in changes.closed {
            do throws(BindError) {
                let channel = try await bind(address, for: "the address of before")
                addresses[address] = channel
                try? await channel.setOption(.autoRead, value: true).get()
            } catch {
                addresses[address] = nil
                logger.critical("an address is lost after a reload that failed", metadata: ["error": "\(error)"])
            }
        }
        state.addresses = addresses
    }

    private func bind(_ address: BoundAddress, for owner: String) async throws(BindError) -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: SocketSettings.readAllocator)
            .childChannelOption(.writeBufferWaterMark, value: SocketSettings.writeWaterMark)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, at: address) }
            }
        do {
            return try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw BindError(address: "\(address)", owner: owner, reason: BindError.reason(error))
        }
    }

    /// A client has come.
    private func accept(_ channel: any Channel, at address: BoundAddress) throws {
        guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }),
            let door = loop.state.value.door(address)
        else { throw ChannelError.ioOnClosedChannel }
        let listener = door.configured
        let remote = channel.remoteAddress
        let context = ConnectionContext(
            id: state.nextConnectionID(), listener: listener.name, clientAddress: remote?.ipAddress ?? "",
            clientPort: remote?.port ?? 0, eventLoop: channel.eventLoop, metrics: door.listener.loop.shard,
            cluster: listener.cluster, recordOpening: door.listener.recordOpening)
        let connection = DownstreamConnection(shared: door.listener, target: door.target, context: context)
        if listener.tls != nil {
            try channel.pipeline.syncOperations.addHandler(ArrivalHandler(connection: connection))
        }
        if listener.configuration.proxyProtocol, listener.trusts(remote) {
            connection.awaitsProxyHeader = true
            try channel.pipeline.syncOperations.addHandler(ProxyProtocolHandler(connection: connection))
        }
        if let tls = listener.tls { try channel.pipeline.syncOperations.addHandler(tls.handler(for: context)) }
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}

extension Array {
    /// Those that a condition is true of, and the others.
    fileprivate func split(by condition: (Element) -> Bool) -> ([Element], [Element]) {
        (filter(condition), filter { !condition($0) })
    }
}
