import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

extension ByteBuffer {
    /// A frame that begins with its size, without it.
    var withoutSize: ByteBuffer {
        var frame = self
        frame.moveReaderIndex(forwardBy: min(4, frame.readableBytes))
        return frame
    }

    /// Overwrites a correlation ID in place.
    ///
    /// The channel keeps a reference to the memory that it reads into, in order to use it again, so that an ordinary
    /// write would copy the whole chunk.
    mutating func patch(_ value: Int32, at index: Int) {
        guard index >= readerIndex, index + 4 <= writerIndex else { return }
        withVeryUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            // Safety: the chunk was handed to this loop by a channel of this loop. The channel looks at it again only
            // once nobody else holds it, and slices of it that are on their way out are older frames, other bytes.
            UnsafeMutableRawPointer(mutating: base + index).storeBytes(of: value.bigEndian, as: Int32.self)
        }
    }

    /// Reads the header of a request whose frame, without its size, begins at an index.
    func readHead(at index: Int, frameSize: Int) throws(WireError) -> RequestHead.Outcome {
        var failure: WireError?
        let outcome = withUnsafeReadableBytes { bytes -> RequestHead.Outcome in
            let start = index - readerIndex
            let end = min(bytes.count, start + frameSize)
            guard start <= end else { return .needsMore }
            do throws(WireError) {
                return try RequestHead.read(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), frameSize: frameSize)
            } catch {
                failure = error
                return .needsMore
            }
        }
        if let failure { throw failure }
        return outcome
    }

    /// Reads `acks` of a Produce request whose frame, without its size, begins at an index.
    func readAcks(_ head: RequestHead, at index: Int, size: Int) -> AcksReader.Outcome {
        let isFlexible = HeaderForm.request(head.apiKey, head.apiVersion) == .flexible
        let available = min(writerIndex - index, size)
        return withUnsafeReadableBytes { bytes in
            let start = index - readerIndex
            guard available >= 0, start + available <= bytes.count else { return .needsMore }
            var reader = AcksReader(
                UnsafeRawBufferPointer(rebasing: bytes[start..<start + available]), position: head.length, end: size)
            return reader.read(isFlexible: isFlexible, hasTransactionalID: head.apiVersion >= 3)
        }
    }

    /// Walks a frame that is there whole; the reader index stays.
    ///
    /// - Parameters:
    ///   - program: the steps.
    ///   - walker: whose memory is used.
    ///   - index: where the frame begins, behind its size.
    ///   - bodyOffset: where its body begins.
    ///   - size: the size of the frame in bytes.
    ///   - sink: what is reported to.
    /// - Returns: false if the frame ends before the message does.
    /// - Throws: ``WireError`` if the bytes are not such a message.
    func walkWhole<Sink: FieldSink>(
        _ program: WalkProgram, _ walker: inout FieldWalker, at index: Int, bodyOffset: Int, size: Int,
        _ sink: inout Sink
    ) throws(WireError) -> Bool {
        walker.begin(program, position: bodyOffset, end: size)
        var failure: WireError?
        let start = index - readerIndex
        let progress = withUnsafeReadableBytes { bytes -> FieldWalker.Progress in
            guard start >= 0, bodyOffset <= size, start + size <= bytes.count else { return .needsMore }
            var consumed = 0
            do throws(WireError) {
                return try walker.resume(
                    UnsafeRawBufferPointer(rebasing: bytes[start + bodyOffset..<start + size]), consumed: &consumed,
                    sink: &sink)
            } catch {
                failure = error
                return .needsMore
            }
        }
        if let failure { throw failure }
        return progress == .finished
    }

    /// Lets a walker go on with the readable bytes, up to the end of its frame, and moves the reader index behind what
    /// it used.
    ///
    /// - Parameters:
    ///   - walker: begun for the frame.
    ///   - end: the size of the frame in bytes.
    ///   - sink: what is reported to.
    /// - Returns: how far the walk came.
    /// - Throws: ``WireError`` if the bytes are not such a message; the reader index has then moved too.
    mutating func walk<Sink: FieldSink>(
        _ walker: inout FieldWalker, end: Int, _ sink: inout Sink
    ) throws(WireError) -> FieldWalker.Progress {
        var consumed = 0
        var failure: WireError?
        let progress = withUnsafeReadableBytes { bytes -> FieldWalker.Progress in
            let count = min(bytes.count, max(0, end - walker.position))
            do throws(WireError) {
                return try walker.resume(
                    UnsafeRawBufferPointer(rebasing: bytes[..<count]), consumed: &consumed, sink: &sink)
            } catch {
                failure = error
                return .finished
            }
        }
        moveReaderIndex(forwardBy: consumed)
        if let failure { throw failure }
        return progress
    }
}

/// Where the tagged fields of a response's header end.
enum HeaderTags {
    case needsMore
    case malformed
    /// The index behind them.
    case end(Int)
}

extension ByteBuffer {
    /// Steps over a section of tagged fields.
    ///
    /// - Parameters:
    ///   - index: where it begins.
    ///   - end: where the frame ends; what lies behind it belongs to another.
    /// - Returns: the index behind the section; ``HeaderTags/malformed`` if the frame cannot hold it.
    func skipTags(at index: Int, end: Int) -> HeaderTags {
        guard index < end else { return .malformed }
        guard index < writerIndex else { return .needsMore }
        // All brokers send none today.
        if getInteger(at: index, as: UInt8.self) == 0 { return .end(index + 1) }
        let here = min(end, writerIndex)
        let short = here == end ? HeaderTags.malformed : .needsMore
        var position = index
        switch varint(at: &position, upTo: here) {
        case nil: return short
        case .some(nil): return .malformed
        case .some(let count?):
            for _ in 0..<count {
                guard let tag = varint(at: &position, upTo: here), let size = varint(at: &position, upTo: here) else {
                    return short
                }
                guard tag != nil, let size, Int(size) <= end - position else { return .malformed }
                position += Int(size)
                guard position <= here else { return .needsMore }
            }
        }
        return .end(position)
    }

    /// Reads a varint without sign: nil if it has not all come, nil within if it does not end.
    private func varint(at position: inout Int, upTo end: Int) -> UInt32?? {
        var value: UInt32 = 0
        for shift in stride(from: UInt32(0), to: 28, by: 7) {
            guard position < end, let byte = getInteger(at: position, as: UInt8.self) else { return .none }
            position += 1
            value |= UInt32(byte & 0x7f) << shift
            if byte < 0x80 { return .some(value) }
        }
        return .some(nil)
    }

    /// Where the body of a response begins, the frame being whole and read before.
    func bodyOffset(hasTags: Bool) -> Int {
        guard hasTags, case .end(let end) = skipTags(at: readerIndex + 4, end: writerIndex) else { return 4 }
        return end - readerIndex
    }

    /// Overwrites one byte in place, of a part that was read already but not sent; see ``patch(_:at:)``.
    mutating func patchBehind(byte: UInt8, at index: Int) {
        guard index >= 0, index < writerIndex else { return }
        withVeryUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            // Safety: as above; the byte belongs to the frame that is being read.
            UnsafeMutableRawPointer(mutating: base + index).storeBytes(of: byte, as: UInt8.self)
        }
    }
}
