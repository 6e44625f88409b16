import KafkaMessages
import KafkaWire
import NIOCore

/// What becomes of a name inside of bytes.
enum NameChange: Equatable {
    case same
    case name(String)
    /// It is left out.
    case dropped
}

/// Changes the names of topics in what members of classic consumer groups say in bytes: the version in 2 bytes, then the
/// message. Versions that are not known are read as the latest that is, and the rest is kept.
///
/// What cannot be read is left as it is: brokers and clients do not look into it either unless they have to.
enum ConsumerProtocolNames {
    /// A member's subscription, changed; nil if nothing changes.
    static func subscription(_ bytes: ByteBuffer, _ change: (String) -> NameChange) -> ByteBuffer? {
        rewrite(bytes, ConsumerProtocolSubscription.self) { message in
            let topics = message.topics.compactMap { changed($0, change) }
            let owned = message.ownedPartitions.compactMap {
                partition -> ConsumerProtocolSubscription.TopicPartition? in
                guard let topic = changed(partition.topic, change) else { return nil }
                var partition = partition
                partition.topic = topic
                return partition
            }
            message.topics = topics
            message.ownedPartitions = owned
        }
    }

    /// The topics that a subscription names; none if it cannot be read.
    static func topics(of bytes: ByteBuffer) -> [String] {
        var reader = WireReader(bytes)
        guard let version = try? reader.readInt16(), version >= 0,
            let message = try? ConsumerProtocolSubscription.decode(
                from: &reader, version: min(version, ConsumerProtocolSubscription.validVersions.upperBound))
        else { return [] }
        return message.topics + message.ownedPartitions.map(\.topic)
    }

    /// A member's assignment, changed; nil if nothing changes.
    ///
    /// - Parameters:
    ///   - bytes: the assignment.
    ///   - strictly: true where it is not known that the bytes are such a message: then there must be nothing behind it.
    ///   - change: what becomes of each name.
    /// - Returns: the new bytes.
    static func assignment(_ bytes: ByteBuffer, strictly: Bool, _ change: (String) -> NameChange) -> ByteBuffer? {
        rewrite(bytes, ConsumerProtocolAssignment.self, strictly: strictly) { message in
            message.assignedPartitions = message.assignedPartitions.compactMap { partition in
                guard let topic = changed(partition.topic, change) else { return nil }
                var partition = partition
                partition.topic = topic
                return partition
            }
        }
    }

    private static func changed(_ name: String, _ change: (String) -> NameChange) -> String? {
        switch change(name) {
        case .same: name
        case .name(let new): new
        case .dropped: nil
        }
    }

    private static func rewrite<Message: KafkaMessage>(
        _ bytes: ByteBuffer, _: Message.Type, strictly: Bool = false, _ change: (inout Message) -> Void
    ) -> ByteBuffer? {
        var reader = WireReader(bytes)
        guard let version = try? reader.readInt16(), version >= 0 else { return nil }
        let known = min(version, Message.validVersions.upperBound)
        guard let message = try? Message.decode(from: &reader, version: known) else { return nil }
        if strictly, reader.remaining > 0 || version > known { return nil }
        var changed = message
        change(&changed)
        guard changed != message else { return nil }
        var writer = WireWriter()
        writer.writeInt16(version)
        do {
            try changed.encode(into: &writer, version: known)
        } catch {
            return nil
        }
        writer.writeRaw(reader.rest)
        return writer.finish()
    }
}
