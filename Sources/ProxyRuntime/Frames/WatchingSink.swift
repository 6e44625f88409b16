import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// Shows a frame that is there whole to who watches it.
struct WatchingSink: FieldSink {
    let watcher: any FrameWatcher

    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        watcher.field(role, value)
    }

    mutating func beginRecords(_ location: FieldLocation) {
        watcher.beginRecords(bytes: location.valueLength)
    }

    mutating func recordBytes(_ bytes: UnsafeRawBufferPointer) {
        watcher.recordBytes(bytes)
    }

    mutating func endRecords() {
        watcher.endRecords()
    }

    /// Shows a frame.
    ///
    /// - Parameters:
    ///   - frame: without its size.
    ///   - program: the steps that report what is watched.
    ///   - bodyOffset: where its body begins.
    ///   - watched: what is told of it.
    ///   - watcher: who watches. A frame that cannot be read does not end for it.
    static func show(
        _ frame: ByteBuffer, _ program: WalkProgram?, bodyOffset: Int, _ watched: WatchedFrame,
        to watcher: any FrameWatcher
    ) {
        guard watcher.beginFrame(watched) else { return }
        if let program {
            var sink = WatchingSink(watcher: watcher)
            var walker = FieldWalker()
            let isRead = try? frame.walkWhole(
                program, &walker, at: frame.readerIndex, bodyOffset: bodyOffset, size: frame.readableBytes, &sink)
            guard isRead == true else { return }
        }
        watcher.endFrame()
    }
}
