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

/// What a tap makes of the records of one partition in one frame. Moved from hand to hand, never shared.
///
/// Mostly nothing is drawn of a small batch: then it is a few numbers, which cost nothing to keep.
struct PartitionTally {
    /// ``TappedTopic/id``.
    let topicID: Int
    let partition: Int32
    /// Records that have passed.
    var records = 0
    /// Those that the tap is for.
    var matched = 0
    /// Of these, those that sampling left out.
    var sampledOut = 0
    /// What became of the others; nil if there are none.
    private(set) var selection: Selection?

    /// Records that sampling has left.
    final class Selection {
        /// Those that were dropped.
        fileprivate(set) var dropped: [TapDropReason: Int] = [:]
        /// Those that were not copied since the sink had no room, which counts them.
        fileprivate(set) var refused = 0
        /// Those that are to be copied.
        fileprivate(set) var copies: [Copy] = []
        /// What was taken for them of the memory for copies that wait, in bytes.
        fileprivate(set) var cost = 0
        /// Where they are from; nil until the frame has passed.
        var origin: CopyOrigin?
    }

    init(topicID: Int, partition: Int32) {
        self.topicID = topicID
        self.partition = partition
    }

    mutating func drop(_ reason: TapDropReason, _ count: Int = 1) {
        if count > 0 { selected().dropped[reason, default: 0] += count }
    }

    /// Notes records that the sink had no room for.
    mutating func refuse(_ count: Int) {
        selected().refused += count
    }

    /// Keeps a record, for whose ``Copy/cost`` memory was taken.
    mutating func keep(_ copy: Copy) {
        let selection = selected()
        selection.cost += copy.cost
        selection.copies.append(copy)
    }

    private mutating func selected() -> Selection {
        if let selection { return selection }
        let made = Selection()
        selection = made
        return made
    }
}

/// A partition of a Produce request that has no response yet.
struct WaitingPartition {
    /// The number of the request in its connection.
    let request: UInt64
    let tally: PartitionTally

    func isOf(_ topicID: Int, _ partition: Int32) -> Bool {
        tally.partition == partition && tally.topicID == topicID
    }
}
