import KafkaRecords
import KafkaWire
import NIOCore

/// The record batches of one partition in a frame.
///
/// It names their place: the editor is the frame's, so that all filters of a chain share what is opened and edited.
package struct RecordSet: Sendable {
    /// The topic, by its name or its ID, as the version has it.
    package let topic: TopicReference
    /// The partition.
    package let partition: Int32
    /// Its place among the partitions with records.
    let index: Int
}

/// The records of a frame: read when a filter first asks, and kept for the others.
struct FrameRecords {
    /// The batches of one partition.
    private struct Partition {
        let field: RecordField
        /// Once somebody has asked for it.
        var editor: RecordsEditor?
        /// How many edits are in the body already.
        var settled = 0

        var edits: Int { editor?.edits ?? 0 }
    }

    private var partitions: [Partition]

    /// The records of a message; none of one that has none.
    init(_ message: (any RecordBearing)?) {
        partitions = message?.recordFields.map { Partition(field: $0) } ?? []
    }

    /// The partitions that have records.
    var sets: [RecordSet] {
        partitions.enumerated().map { RecordSet(topic: $1.field.topic, partition: $1.field.partition, index: $0) }
    }

    /// How many edits were made.
    var edits: Int { partitions.reduce(0) { $0 + $1.edits } }

    /// True if the body does not have all edits.
    var isUnsettled: Bool { partitions.contains { $0.edits != $0.settled } }

    /// The editor of a partition.
    mutating func editor(
        of set: RecordSet, from source: RecordsEditor.Source, _ opening: RecordOpening
    ) throws(RecordsError) -> RecordsEditor {
        guard partitions.indices.contains(set.index) else {
            throw RecordsError(.truncated, expected: set.index + 1, actual: partitions.count, field: "partition")
        }
        if let editor = partitions[set.index].editor { return editor }
        let editor = try RecordsEditor(
            partitions[set.index].field.bytes, from: source, contexts: opening.contexts, limits: opening.limits,
            budget: opening.budget)
        partitions[set.index].editor = editor
        return editor
    }

    /// Puts what was edited into the body.
    mutating func settle(in message: inout any RecordBearing) throws(RecordsError) {
        for index in partitions.indices where partitions[index].edits != partitions[index].settled {
            guard let editor = partitions[index].editor else { continue }
            message.setRecords(try editor.finish(), at: partitions[index].field.place)
            partitions[index].settled = editor.edits
        }
    }

    /// Records of which the edits made from now on are not seen in these.
    func forked() -> FrameRecords {
        var fork = self
        for index in fork.partitions.indices { fork.partitions[index].editor = fork.partitions[index].editor?.forked() }
        return fork
    }
}
