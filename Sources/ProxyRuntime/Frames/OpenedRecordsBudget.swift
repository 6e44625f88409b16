import KafkaRecords

/// Has opened record batches take their memory from that of held frames.
///
/// A batch never waits for memory, as the frame that it is of holds some already: it has it at once or not at all.
final class OpenedRecordsBudget: DecompressionBudget {
    private let frames: HoldBudget

    init(_ frames: HoldBudget) {
        self.frames = frames
    }

    func reserve(_ bytes: Int) -> Bool { frames.takeForRecords(bytes) }

    func release(_ bytes: Int) { frames.giveBackRecords(bytes) }
}
