import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle
import Synchronization
package import Telemetry

/// The admin server: everything on one address and, where configured, what probes and Prometheus need on a second one.
///
/// Put it into a service group before the proxy: services end in the reverse order, so `/ready` and `/stats` answer while the proxy drains.
package struct AdminServer: Service {
    private let configuration: AdminConfiguration
    private let endpoints: AdminEndpoints
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let onListening: @Sendable (_ key: String, _ address: SocketAddress?) async -> Void

    /// Makes a server; ``run()`` opens it.
    ///
    /// - Parameters:
    ///   - configuration: where to listen.
    ///   - inspection: the proxy.
    ///   - registry: the metrics.
    ///   - eventLoopGroup: which loops to use; better not those that serve clients of Kafka.
    ///   - logger: where to log.
    ///   - onListening: told of each address once it is open, with the key of the configuration that asked for it.
    package init(
        configuration: AdminConfiguration, inspection: any ProxyInspection, registry: MetricsRegistry,
        eventLoopGroup: any EventLoopGroup, logger: Logger,
        onListening: @escaping @Sendable (_ key: String, _ address: SocketAddress?) async -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.endpoints = AdminEndpoints(inspection: inspection, registry: registry, logger: logger)
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: ``AdminError`` if an address cannot be listened on.
    package func run() async throws {
        let all = endpoints.all
        let guarded = AdminResponder(
            endpoints: all, requestGuard: RequestGuard(hosts: [configuration.address.host]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await serve(guarded, on: configuration.address, key: "admin.address")
            }
            if let address = configuration.publicAddress {
                let open = AdminResponder(endpoints: all.filter(\.isOpen), requestGuard: nil)
                group.addTask {
                    try await serve(open, on: address, key: "admin.public_address")
                }
            }
            // Not `waitForAll`, which would wait for the other address before it throws.
            for try await _ in group {}
        }
    }

    private func serve(_ responder: AdminResponder, on address: AdminConfiguration.Address, key: String) async throws {
        let isListening = Mutex(false)
        var serverLogger = logger
        // What the HTTP library says at `info` we say ourselves.
        if serverLogger.logLevel == .info { serverLogger.logLevel = .notice }
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.maxConnections, logger: serverLogger)
            ),
            onServerRunning: { channel in
                isListening.withLock { $0 = true }
                logger.info(
                    "admin server listening",
                    metadata: [
                        "address": "\(Self.description(of: channel.localAddress) ?? address.description)",
                        "key": "\(key)",
                    ])
                await onListening(key, channel.localAddress)
            },
            eventLoopGroupProvider: .shared(eventLoopGroup),
            logger: serverLogger)
        do {
            try await application.run()
        } catch  where !isListening.withLock({ $0 }) && !(error is CancellationError) {
            throw AdminError(key: key, address: address, cause: error)
        }
    }

    private static func description(of address: SocketAddress?) -> String? {
        guard let address, let host = address.ipAddress, let port = address.port else { return nil }
        return AdminConfiguration.Address(host: host, port: port).description
    }
}
