internal import Synchronization

/// A Kafka cluster inside this process, for the demo and for tests: librdkafka's mock cluster.
///
/// Its brokers have IDs 1, 2, … and listen on ports of 127.0.0.1 that the system chose. Records are kept in memory.
/// It serves no SASL, no administration of topics or settings, Produce and Fetch up to the versions that the installed
/// librdkafka knows, consumer groups and transactions. Topics come into being on first use with 4 partitions.
package final class EmbeddedCluster: Sendable {
    /// The bootstrap servers, `address:port`, one a broker.
    package let bootstrapServers: [String]

    let library: Librdkafka
    private let handles: Mutex<Handles?>

    /// Safety: librdkafka's handles may be used from any thread.
    struct Handles: @unchecked Sendable {
        let client: OpaquePointer
        let cluster: OpaquePointer
    }

    /// Starts `brokers` brokers (at least 1).
    ///
    /// - Throws: `EmbeddedClusterError` if librdkafka is missing or cannot start the cluster.
    package init(brokers: Int) throws(EmbeddedClusterError) {
        library = try Librdkafka.load()
        // The client that owns the cluster has no broker of its own; what it would say about that is of no use.
        let client = try library.makeClient(.producer, properties: ["log_level": "2"])
        guard let cluster = library.newMockCluster(client, Int32(clamping: brokers)) else {
            library.destroyClient(client)
            throw .failed(action: "start a cluster of \(brokers) brokers", reason: "librdkafka refused")
        }
        let servers = library.mockBootstrapServers(cluster).map { String(cString: $0) } ?? ""
        bootstrapServers = servers.split(separator: ",").map(String.init)
        handles = Mutex(Handles(client: client, cluster: cluster))
    }

    deinit { stop() }

    /// Makes a topic with `partitions` partitions, each on one broker.
    ///
    /// - Throws: `EmbeddedClusterError` if the name is taken, the numbers are out of range, or the cluster is stopped.
    package func createTopic(_ name: String, partitions: Int) throws(EmbeddedClusterError) {
        try perform("create topic \(name)") { handles in
            library.createMockTopic(handles.cluster, name, Int32(clamping: partitions), 1)
        }
    }

    /// Takes the broker away: its connections are closed and new ones are refused.
    ///
    /// - Throws: `EmbeddedClusterError` if there is no broker of that ID, or the cluster is stopped.
    package func setBrokerDown(_ id: Int32) throws(EmbeddedClusterError) {
        try perform("take broker \(id) down") { handles in library.setMockBrokerDown(handles.cluster, id) }
    }

    /// Brings the broker back, at its address.
    ///
    /// - Throws: `EmbeddedClusterError` if there is no broker of that ID, or the cluster is stopped.
    package func setBrokerUp(_ id: Int32) throws(EmbeddedClusterError) {
        try perform("bring broker \(id) back") { handles in library.setMockBrokerUp(handles.cluster, id) }
    }

    /// Stops all brokers and forgets their records. Further calls do nothing.
    package func stop() {
        let ended = handles.withLock { handles in
            defer { handles = nil }
            return handles
        }
        guard let ended else { return }
        library.destroyMockCluster(ended.cluster)
        library.destroyClient(ended.client)
    }

    /// Runs `call` on the handles while they are there, and throws the error code that it returns.
    func perform(_ action: String, _ call: (Handles) -> Int32) throws(EmbeddedClusterError) {
        guard let code = handles.withLock({ handles in handles.map(call) }) else {
            throw .failed(action: action, reason: "the cluster is stopped")
        }
        try library.check(code, action)
    }
}
