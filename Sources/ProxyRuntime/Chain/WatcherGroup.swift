import FilterAPI
import KafkaMessages
import KafkaWire

/// Several that watch the same frames.
final class WatcherGroup: FrameWatcher {
    private let all: [any FrameWatcher]
    /// Those that watch the frame at hand.
    private var watchers: [any FrameWatcher] = []

    init(_ all: [any FrameWatcher]) {
        self.all = all
    }

    func beginFrame(_ frame: WatchedFrame) -> Bool {
        watchers.removeAll(keepingCapacity: true)
        for watcher in all where watcher.beginFrame(frame) { watchers.append(watcher) }
        return !watchers.isEmpty
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        for watcher in watchers { watcher.field(role, value) }
    }

    func beginRecords(bytes: Int) {
        for watcher in watchers { watcher.beginRecords(bytes: bytes) }
    }

    func recordBytes(_ bytes: UnsafeRawBufferPointer) {
        for watcher in watchers { watcher.recordBytes(bytes) }
    }

    func endRecords() {
        for watcher in watchers { watcher.endRecords() }
    }

    func endFrame() {
        for watcher in watchers { watcher.endFrame() }
    }
}
