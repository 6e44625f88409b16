/// What a connection remembers of the producers that write on it: usually one, for each topic.
struct ConnectionProducers {
    private struct Entry {
        var producer: ProducerFences.Producer
        var memory: ProducerFences.Memory
        /// The number of the latest change when its batches were let pass.
        var generation: UInt64
    }

    private var entries: [Entry] = []

    /// The most producers that are remembered; those beyond are looked up in the shared table each time.
    private static let most = 16

    /// True if batches of the producer were let pass since the latest change, with this epoch.
    func passes(_ topic: String, _ batch: FirstBatch, _ generation: UInt64) -> Bool {
        entries.contains {
            $0.producer.id == batch.producerID && $0.generation == generation && $0.memory.epoch == batch.epoch
                && $0.producer.topic == topic
        }
    }

    /// What is remembered of a producer.
    func memory(_ producer: ProducerFences.Producer) -> ProducerFences.Memory? {
        entries.first { $0.producer == producer }?.memory
    }

    /// A batch of the producer was let pass.
    mutating func passed(_ producer: ProducerFences.Producer, _ memory: ProducerFences.Memory, _ generation: UInt64) {
        entries.removeAll { $0.producer == producer }
        if entries.count >= Self.most { entries.removeFirst() }
        entries.append(Entry(producer: producer, memory: memory, generation: generation))
    }
}
