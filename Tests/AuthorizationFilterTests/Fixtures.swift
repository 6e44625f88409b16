import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import Settings
import SluiceConfiguration
import Synchronization
import Telemetry
import Testing

@testable import AuthorizationFilter
@testable import ProxyRuntime

/// Settings read from YAML.
func read(_ yaml: String) throws -> SettingsResult<AuthorizationConfiguration> {
    let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
    let root = try #require(document.root)
    return SettingType<AuthorizationConfiguration>.structure { AuthorizationConfiguration.read(&$0) }
        .decode(root, issues: document.issues)
}

/// Settings from YAML without a fault.
func configuration(_ yaml: String) throws -> AuthorizationConfiguration {
    let result = try read(yaml)
    #expect(result.issues == [])
    return try #require(result.value)
}

/// Lines that were logged.
final class LogLines: LogHandler, Sendable {
    private let state = Mutex<[(message: String, metadata: Logger.Metadata)]>([])

    var lines: [(message: String, metadata: Logger.Metadata)] { state.withLock { $0 } }

    func log(event: LogEvent) {
        let line = ("\(event.message)", event.metadata ?? [:])
        state.withLock { $0.append(line) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
}

/// One client behind an authorization filter, and the broker.
final class Guarded {
    let connections: Connections
    let filter: AuthorizationFilter
    let log = LogLines()
    private var nextID: Int32 = 1

    init(_ yaml: String, isDryRun: Bool = false, principal: String = "User:alice") throws {
        let log = log
        let cluster = ClusterState(
            name: "main", bootstrapServers: [("broker.example", 9092)], connectTimeout: .seconds(5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let context = FilterContext(
            name: "acl", listener: "apps", metrics: MetricsRegistry(), logger: Logger(label: "test") { _ in log },
            isDryRun: isDryRun, cluster: cluster)
        filter = AuthorizationFilter(try configuration(yaml), context: context)
        connections = try Connections([
            FilterChain.Entry(name: "acl", type: "authorization", filter: filter, isDryRun: isDryRun, when: nil)
        ])
        connections.downstream.context.principal = principal
    }

    /// The client sends a request.
    func send(_ message: any RequestMessage, version: Int16) throws {
        try connections.clientSends(message, version: version, id: nextID)
        nextID += 1
    }

    /// The requests that the broker got.
    func got() throws -> [ByteBuffer] { try connections.brokerGot() }

    /// The one request that the broker got.
    func gotOne<Message: RequestMessage>(_ type: Message.Type) throws -> (frame: ByteBuffer, body: Message) {
        let frames = try got()
        #expect(frames.count == 1)
        let frame = try #require(frames.first)
        return (frame, try #require(try KafkaFrame.decodeRequest(frame).body as? Message))
    }

    /// The one answer that the client got.
    func answer<Message: ResponseMessage>(_ type: Message.Type, version: Int16) throws -> Message {
        let frames = try connections.clientGot()
        #expect(frames.count == 1)
        let frame = try #require(frames.first)
        let body = try KafkaFrame.decodeResponse(frame, apiKey: Message.apiKey, apiVersion: version).body
        return try #require(body as? Message)
    }

    /// Names of topics that are known by their IDs, as the harness numbers them.
    func learn(_ names: String...) {
        connections.cluster.learn(topics: names.enumerated().map { SeenTopic(name: $1, id: id($0 + 1)) })
    }
}

/// The ID of a topic by its number.
func id(_ number: Int) -> KafkaUUID { KafkaUUID(high: 0, low: UInt64(number)) }

/// A value with a few fields set.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
