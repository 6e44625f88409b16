internal import Synchronization

/// A Kafka consumer in a group (librdkafka's), for the demo and for tests. Its calls block.
package final class EmbeddedConsumer: Sendable {
    private let library: Librdkafka
    private let handle: Mutex<Handle?>

    /// Safety: librdkafka's handles may be used from any thread.
    private struct Handle: @unchecked Sendable {
        let client: OpaquePointer
    }

    /// A member of `group` that reads `topics` from their beginning.
    ///
    /// `properties` are further settings by librdkafka's names, and win over the arguments before.
    ///
    /// - Throws: `EmbeddedClusterError` if librdkafka is missing or refuses a setting or the subscription.
    package init(
        bootstrapServers: [String], group: String, topics: [String], clientID: String,
        properties: [String: String] = [:]
    ) throws(EmbeddedClusterError) {
        library = try Librdkafka.load()
        let defaults = [
            "bootstrap.servers": bootstrapServers.joined(separator: ","), "client.id": clientID, "group.id": group,
            "auto.offset.reset": "earliest", "log_level": "2",
        ]
        let client = try library.makeClient(
            .consumer, properties: defaults.merging(properties) { _, given in given })
        handle = Mutex(Handle(client: client))
        guard let list = library.newPartitionList(Int32(clamping: topics.count)) else {
            throw .failed(action: "subscribe", reason: "out of memory")
        }
        defer { library.destroyPartitionList(list) }
        for topic in topics { _ = library.addPartition(list, topic, -1) }
        try library.check(library.subscribe(client, list), "subscribe to \(topics.joined(separator: ", "))")
    }

    /// A consumer that reads all of a topic's partitions from their beginning, in no group, and so without waiting for
    /// one.
    ///
    /// `properties` are further settings by librdkafka's names, and win over the arguments before.
    ///
    /// - Throws: `EmbeddedClusterError` if librdkafka is missing or refuses a setting or a partition.
    package init(
        bootstrapServers: [String], topic: String, partitions: Int32, clientID: String,
        properties: [String: String] = [:]
    ) throws(EmbeddedClusterError) {
        library = try Librdkafka.load()
        let defaults = [
            "bootstrap.servers": bootstrapServers.joined(separator: ","), "client.id": clientID, "group.id": clientID,
            "enable.auto.commit": "false", "log_level": "2",
        ]
        let client = try library.makeClient(
            .consumer, properties: defaults.merging(properties) { _, given in given })
        handle = Mutex(Handle(client: client))
        guard let list = library.newPartitionList(partitions) else {
            throw .failed(action: "assign", reason: "out of memory")
        }
        defer { library.destroyPartitionList(list) }
        for partition in 0..<max(partitions, 0) {
            _ = library.addPartition(list, topic, partition)
            try library.check(
                library.setPartitionOffset(list, topic, partition, Self.beginning), "begin at the beginning")
        }
        try library.check(library.assign(client, list), "read \(topic)")
    }

    deinit { close() }

    /// Reads until `count` values came or `timeout` is over, and returns what came.
    ///
    /// - Throws: `EmbeddedClusterError` for an error that the library does not mend by itself, and if closed.
    package func read(_ count: Int, within timeout: Duration) throws(EmbeddedClusterError) -> [String] {
        guard let client = handle.withLock({ $0 })?.client else {
            throw .failed(action: "read", reason: "the consumer is closed")
        }
        var values: [String] = []
        let end = ContinuousClock.now + timeout
        while values.count < count, ContinuousClock.now < end {
            guard let address = library.pollConsumer(client, Self.pollMilliseconds) else { continue }
            defer { library.destroyMessage(address) }
            let message = LibrdkafkaMessage(at: address)
            if message.error == 0 {
                values.append(String(decoding: message.payload, as: UTF8.self))
            } else if message.error > 0 {
                // Negative codes are the library's own, a broker away for one: it mends these by itself.
                try library.check(message.error, "read")
            }
        }
        return values
    }

    /// Commits what was read, leaves the group and disconnects. Further calls do nothing.
    package func close() {
        let ended = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        guard let ended else { return }
        _ = library.closeConsumer(ended.client)
        library.destroyClient(ended.client)
    }

    private static let pollMilliseconds: Int32 = 100
    /// `RD_KAFKA_OFFSET_BEGINNING`.
    private static let beginning: Int64 = -2
}
