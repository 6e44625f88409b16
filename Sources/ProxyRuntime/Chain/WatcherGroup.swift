import FilterAPI
import KafkaMessages
import KafkaWire

/// Several that watch the same frame.
final class WatcherGroup: FrameWatcher {
    private let watchers: [any FrameWatcher]

    init(_ watchers: [any FrameWatcher]) {
        self.watchers = watchers
    }

    func beginFrame(_ frame: WatchedFrame) {
        for watcher in watchers { watcher.beginFrame(frame) }
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
