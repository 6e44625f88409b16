import FilterAPI
import Logging
import NIOCore
import NIOPosix
import Settings
import SluiceConfiguration
import Synchronization
import Telemetry

@testable import ProxyRuntime

/// A proxy with sockets, before a broker of the test's own.
final class RunningProxy: Sendable {
    let proxy: Proxy
    let broker: FakeBroker
    private let loader: ConfigurationLoader

    /// The YAML of a proxy with a listener `apps` at a port that the system chooses.
    ///
    /// - Parameters:
    ///   - filters: entries of the chain, each as `name: a, tag: one`.
    ///   - listener: further keys of the listener, a line each.
    ///   - extra: further clusters or sections.
    /// - Returns: the configuration's text; `$BROKER` stands for the broker's port.
    static func yaml(_ filters: [String] = [], listener: [String] = [], extra: String = "") -> String {
        """
        listeners:
          - name: apps
            address: 127.0.0.1:0
            cluster: main
            brokers: { mode: pass_through }
        \(listener.map { "    \($0)" }.joined(separator: "\n"))
            filters: [\(filters.map { "{ type: scripted, \($0) }" }.joined(separator: ", "))]
        clusters:
          - { name: main, bootstrap_servers: "127.0.0.1:$BROKER" }
        \(extra)
        """
    }

    /// Starts one, lets a test have it, and ends it.
    static func with<Result: Sendable>(
        _ yaml: String = yaml(), journal: Journal = Journal(), controls: ScriptedControls = ScriptedControls(),
        _ body: (RunningProxy) async throws -> Result
    ) async throws -> Result {
        try await ReloadedFilter.$journal.withValue(journal) {
            try await ReloadedFilter.$controls.withValue(controls) {
                let running = try await RunningProxy(yaml)
                do {
                    let result = try await body(running)
                    await running.end()
                    return result
                } catch {
                    await running.end()
                    throw error
                }
            }
        }
    }

    private init(_ yaml: String) async throws {
        broker = try await FakeBroker()
        loader = ConfigurationLoader(filterTypes: [BuiltInFilter(ReloadedFilterFactory.self).type])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loaded = try loader.load(
            yaml.replacing("$BROKER", with: "\(broker.port)"), file: "sluice.yaml")
        proxy = try Proxy(
            loaded, filters: [BuiltInFilter(ReloadedFilterFactory.self)], concurrency: 2, registry: MetricsRegistry(),
            logger: logger)
        do {
            try await proxy.open()
        } catch {
            await proxy.shutDown()
            await broker.end()
            throw error
        }
    }

    private func end() async {
        await proxy.drain()
        await proxy.endWatch()
        await proxy.shutDown()
        await broker.end()
    }

    /// Reads a configuration.
    func load(_ yaml: String) throws -> LoadedConfiguration {
        try loader.load(yaml.replacing("$BROKER", with: "\(broker.port)"), file: "sluice.yaml")
    }

    /// Takes a configuration up.
    @discardableResult
    func reload(_ yaml: String) async throws -> ReloadReport {
        try await proxy.reload(load(yaml))
    }

    /// The port that the listener's own address has.
    func port(_ listener: String = "apps") throws -> Int {
        let address = proxy.listeners.first { $0.name == listener }?.bindings.first?.address
        guard let address, let port = proxy.state.addresses[address]?.localAddress?.port else {
            throw ChannelError.ioOnClosedChannel
        }
        return port
    }

    /// A client at a listener.
    func client(_ listener: String = "apps") async throws -> TestClient {
        try await TestClient(port: port(listener))
    }

    /// A port that nobody listens on at the moment, and that neither the system nor another test of this process gives
    /// to anybody.
    static func freePort() async throws -> Int {
        while true {
            let port = ports.lowerBound + Int(nextPort.add(1, ordering: .relaxed).newValue % UInt64(ports.count))
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let channel = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { continue }
            try await channel.close()
            return port
        }
    }

    /// Below those that the system chooses from, and those that the integration tests take.
    private static let ports = 10_000..<20_000
    /// Begins elsewhere in each process, since several may be at work on one machine.
    private static let nextPort = Atomic<UInt64>(UInt64.random(in: 0..<10_000))
}

extension RunningProxy {
    /// Waits until a thing is so; a test that waits in vain runs into its time limit.
    static func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(2)) }
    }
}
