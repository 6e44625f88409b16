import Admin
import Logging
import NIOCore
import Settings
import Synchronization

/// A proxy that says what a test wants and remembers what it was told to do.
final class FakeProxy: ProxyInspection {
    struct State {
        var readiness = Readiness()
        var clientID = "orders"
        var level = Logger.Level.info
        var reload = ReloadResult.unsupported
        var status: JSONValue? = [
            "clients": 3, "rules": [["rule": "payments", "active": "blue"], ["rule": "orders", "active": "green"]],
        ]
        var ruleChange = RuleChangeResult.changed([.init(listener: "apps", text: "payments: green")])
        var changes: [RuleChange] = []
        var actions: [String] = []
    }

    let state = Mutex(State())

    var actions: [String] { state.withLock(\.actions) }

    private func note(_ action: String) {
        state.withLock { $0.actions.append(action) }
    }

    func server() async -> ServerInformation {
        ServerInformation(
            version: "0.1.0", kafkaVersion: "4.3", state: .live, uptimeSeconds: 3_700, concurrency: 2,
            configurationFile: "sluice.yaml", processID: 42)
    }

    func readiness() async -> Readiness { state.withLock(\.readiness) }

    func listeners() async -> [ListenerInformation] {
        [
            ListenerInformation(
                name: "apps", address: "127.0.0.1:9092", mode: "ports", cluster: "main", connections: 3,
                onUnknown: "forward",
                filters: [
                    .init(type: "access_log", name: "log", dryRun: false),
                    .init(type: "authorization", name: "acl", dryRun: true),
                ])
        ]
    }

    func clusters() async -> [ClusterInformation] {
        [
            ClusterInformation(
                name: "main",
                bootstrapServers: [
                    .init(address: "127.0.0.1:19092", reachable: true),
                    .init(address: "127.0.0.1:19093", reachable: false, error: "connection refused"),
                    .init(address: "127.0.0.1:19094", reachable: nil),
                ],
                clusterID: "abc", controllerID: 1,
                brokers: [
                    .init(
                        id: 1, host: "b1", port: 19_092, rack: "r1",
                        localAddresses: [.init(listener: "apps", address: "127.0.0.1:9094")], connections: 2,
                        health: .ok),
                    .init(id: 1_001, host: "b2", port: 19_092, health: .outOfRange, reason: "no port"),
                ],
                portPlans: [
                    .init(listener: "apps", advertisedHost: "127.0.0.1", ports: "9093-9192", firstBrokerID: 0)
                ])
        ]
    }

    func connections(limit: Int) async -> ConnectionList {
        let clientID = state.withLock(\.clientID)
        let connections = (1...3).map {
            ConnectionInformation(
                id: $0, listener: "apps", clientAddress: "127.0.0.1:5000\($0)", principal: "User:ANONYMOUS",
                clientID: clientID, softwareName: "librdkafka", softwareVersion: "2.0.2", upstream: "main/1",
                requestsInFlight: 1, bytesReceived: 1_536, bytesSent: 10, ageSeconds: 61.5)
        }
        return ConnectionList(total: connections.count, connections: Array(connections.prefix(limit)))
    }

    func certificates() async -> [CertificateInformation] {
        [
            CertificateInformation(
                listener: "apps",
                certificates: [
                    .init(
                        role: "certificate", file: "server.pem", subject: "CN=sluice", alternativeNames: ["dns:sluice"],
                        issuer: "CN=ca", serial: "0A", fingerprint: "ab", notBefore: "2026-01-01T00:00:00Z",
                        notAfter: "2027-01-01T00:00:00Z", daysLeft: 30)
                ], lastError: "server.key does not belong to it"),
            CertificateInformation(cluster: "main", certificates: []),
        ]
    }

    func configurationDump() async -> String { "{\"admin\":{}}\n" }

    func memory() async -> MemoryInformation {
        MemoryInformation(bufferedBytes: 1_024, bufferedBytesLimit: 2_048, heldFrames: 1, connections: 3)
    }

    func logLevel() async -> Logger.Level { state.withLock(\.level) }
    func setLogLevel(_ level: Logger.Level) async { state.withLock { $0.level = level } }
    func failHealthcheck() async { note("fail") }
    func okHealthcheck() async { note("ok") }
    func drainListeners() async { note("drain") }
    func reload(dryRun: Bool) async -> ReloadResult {
        note(dryRun ? "dry run" : "reload")
        return state.withLock(\.reload)
    }

    func filters() async -> [FilterInformation] {
        [
            FilterInformation(listener: "apps", type: "access_log", name: "log", dryRun: false),
            FilterInformation(
                listener: "apps", type: "topic_rewrite", name: "canary", dryRun: true,
                when: ["client_id": ["prefix": "a\u{1b}"]], status: state.withLock(\.status)),
        ]
    }

    func changeRule(_ change: RuleChange) async -> RuleChangeResult {
        state.withLock { state in
            state.changes.append(change)
            return state.ruleChange
        }
    }
    func watch(filter: String, listener: String?, limit: Int?) async -> WatchResult {
        guard filter == "live" else {
            return filter == "log" ? .unavailable("shows nothing") : .unknown("no such filter")
        }
        let lines = (0..<(limit ?? 3)).map { ByteBuffer(string: "{\"n\":\($0)}\n") }
        return .lines(
            AsyncStream { continuation in
                for line in lines { continuation.yield(line) }
                continuation.finish()
            })
    }

    func quit() async { note("quit") }
}
