import FilterAPI
import KafkaRecords
import NIOCore

/// A record that is to be copied.
struct Copy {
    /// The record alone.
    let contents: BatchContents
    /// Its number among all records of the partition in the frame, from 0.
    let index: Int

    /// What a copy takes beyond the bytes of its record.
    private static let overhead = 128

    /// What it takes of the memory for copies that wait, in bytes.
    var cost: Int { contents.body.readableBytes + Self.overhead }
}

/// What a tap makes of the records of one partition in one frame.
struct PartitionTally {
    let topic: TappedTopic
    let partition: Int32
    /// Records that have passed.
    var records = 0
    /// Those that the tap is for.
    var matched = 0
    /// Of these, those that sampling left out.
    var sampledOut = 0
    /// Of these, those that were dropped.
    private(set) var dropped: [TapDropReason: Int] = [:]
    /// What is to be copied.
    var copies: [Copy] = []
    /// What was taken of the memory for copies that wait, in bytes.
    var cost = 0

    init(topic: TappedTopic, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    mutating func drop(_ reason: TapDropReason, _ count: Int = 1) {
        if count > 0 { dropped[reason, default: 0] += count }
    }
}

/// What waits for the acknowledgement of one Produce request.
struct PendingRequest {
    let record: RequestRecord
    let transactionalID: String?
    var partitions: [PartitionTally]
}
