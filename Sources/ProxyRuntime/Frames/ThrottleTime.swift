import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// The time in a response by which a broker slows its client.
enum ThrottleTime {
    private struct Sink: FieldSink {
        var location: FieldLocation?
        var milliseconds: Int32 = 0

        mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
            guard self.location == nil, value.count == 4 else { return }
            self.location = location
            milliseconds = Int32(bigEndian: value.loadUnaligned(as: Int32.self))
        }
    }

    /// Writes the larger of a time and the broker's own into a whole response. Versions without the field stay.
    ///
    /// - Parameters:
    ///   - time: rounded up to milliseconds.
    ///   - bytes: what holds the frame.
    ///   - start: where the frame begins, behind its size.
    ///   - bodyOffset: the size of its header, in bytes.
    ///   - apiKey: which API it answers.
    ///   - apiVersion: its version.
    static func raise(
        to time: Duration, in bytes: inout ByteBuffer, frameAt start: Int, bodyOffset: Int, _ apiKey: APIKey,
        _ apiVersion: Int16
    ) {
        guard let layout = MessageLayout.layout(apiKey, .response), layout.validVersions.contains(apiVersion),
            var body = bytes.getSlice(at: start + bodyOffset, length: bytes.writerIndex - start - bodyOffset)
        else { return }
        var walker = FieldWalker(
            program: WalkProgram(layout: layout, version: apiVersion, roles: [.throttleTime]), position: bodyOffset,
            end: bodyOffset + body.readableBytes)
        var sink = Sink()
        _ = try? body.walk(&walker, end: bodyOffset + body.readableBytes, &sink)
        guard let location = sink.location else { return }
        let (seconds, attoseconds) = time.components
        let milliseconds = Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        if milliseconds > sink.milliseconds { bytes.patch(milliseconds, at: start + location.valueStart) }
    }
}
