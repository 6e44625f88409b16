internal import Synchronization

/// A Kafka producer (librdkafka's), for the demo and for tests. Its calls block.
package final class EmbeddedProducer: Sendable {
    private let library: Librdkafka
    private let handle: Handle
    private let tally: DeliveryTally

    /// Safety: librdkafka's handles may be used from any thread.
    private struct Handle: @unchecked Sendable {
        let client: OpaquePointer
    }

    /// A producer that has not connected yet.
    ///
    /// `properties` are further settings by librdkafka's names, and win over the arguments before.
    ///
    /// - Throws: `EmbeddedClusterError` if librdkafka is missing or refuses a setting.
    package init(
        bootstrapServers: [String], clientID: String, properties: [String: String] = [:]
    ) throws(EmbeddedClusterError) {
        library = try Librdkafka.load()
        tally = DeliveryTally()
        let defaults = [
            "bootstrap.servers": bootstrapServers.joined(separator: ","), "client.id": clientID, "linger.ms": "5",
            "log_level": "2",
        ]
        let client = try library.makeClient(
            .producer, properties: defaults.merging(properties) { _, given in given },
            deliveryReport: { _, message, opaque in
                guard let message, let opaque else { return }
                // Safety: the tally lives as long as the producer, which outlives its client.
                Unmanaged<DeliveryTally>.fromOpaque(opaque).takeUnretainedValue().report(
                    error: LibrdkafkaMessage(at: message).error)
            },
            opaque: Unmanaged.passUnretained(tally).toOpaque()
        )
        handle = Handle(client: client)
    }

    deinit { library.destroyClient(handle.client) }

    /// Sends the values to `topic`, spread over its partitions, and waits for their acknowledgements.
    ///
    /// Returns how many a broker acknowledged within `timeoutMilliseconds`.
    ///
    /// - Throws: `EmbeddedClusterError` if librdkafka does not take a value.
    package func produce(
        _ values: some Sequence<String>, to topic: String, timeoutMilliseconds: Int32 = 10_000
    ) throws(EmbeddedClusterError) -> Int {
        guard let topicHandle = library.newTopic(handle.client, topic, nil) else {
            try library.check(library.lastError(), "use topic \(topic)")
            throw .failed(action: "use topic \(topic)", reason: "librdkafka refused")
        }
        defer { library.destroyTopic(topicHandle) }
        let before = tally.acknowledged
        for value in values {
            var bytes = Array(value.utf8)
            let code = bytes.withUnsafeMutableBytes { buffer in
                library.produce(
                    topicHandle, Self.anyPartition, Self.copyPayload, buffer.baseAddress, buffer.count, nil, 0, nil)
            }
            guard code == 0 else {
                try library.check(library.lastError(), "produce to \(topic)")
                throw .failed(action: "produce to \(topic)", reason: "librdkafka refused")
            }
            _ = library.poll(handle.client, 0)
        }
        _ = library.flush(handle.client, timeoutMilliseconds)
        return tally.acknowledged - before
    }

    /// `RD_KAFKA_PARTITION_UA`: the library's partitioner chooses.
    private static let anyPartition: Int32 = -1
    /// `RD_KAFKA_MSG_F_COPY`: the payload is the caller's again after the call.
    private static let copyPayload: Int32 = 2
}

/// Counts the records that were acknowledged. Reports come on the thread that polls.
private final class DeliveryTally: Sendable {
    private let count = Atomic(0)

    var acknowledged: Int { count.load(ordering: .relaxed) }

    func report(error: Int32) {
        if error == 0 { count.add(1, ordering: .relaxed) }
    }
}
