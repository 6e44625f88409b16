import CLZ4
import NIOCore

extension CompressionContexts {
    func unlz4(_ input: RawSpan, into output: inout BoundedOutput, hasOldHeader: Bool) throws(RecordsError) {
        let header = try LZ4FrameHeader(input)
        let decoder = try readyLZ4Decoder()
        do throws(RecordsError) {
            try unlz4(input, after: header, with: decoder, into: &output, hasOldHeader: hasOldHeader)
        } catch {
            // Resetting the decoder does not forget how many bytes of a broken frame were to come (lz4 1.9.4), and
            // the next frame would fail for it.
            LZ4F_freeDecompressionContext(decoder)
            lz4Decoder = nil
            throw error
        }
    }

    private func unlz4(
        _ input: RawSpan, after header: LZ4FrameHeader, with decoder: OpaquePointer, into output: inout BoundedOutput,
        hasOldHeader: Bool
    ) throws(RecordsError) {
        try input.withUnsafeBytes { (bytes) throws(RecordsError) in
            var offset = 0
            if hasOldHeader {
                // The decoder gets the header with the checksum that it wants.
                var copy = [UInt8](bytes[..<header.size])
                copy[header.size - 1] = header.checksum
                let isTaken = copy.withUnsafeBytes { copy in
                    var (written, read) = (0, copy.count)
                    let status = LZ4F_decompress(decoder, nil, &written, copy.baseAddress, &read, nil)
                    return LZ4F_isError(status) == 0 && read == copy.count
                }
                guard isTaken else { throw RecordsError(.corrupt, field: "lz4 header") }
                offset = header.size
            }
            while true {
                var status = 0
                var read = bytes.count - offset
                var room = 0
                var written = 0
                try output.write { free in
                    (room, written) = (free.count, free.count)
                    status = LZ4F_decompress(
                        decoder, free.baseAddress, &written, bytes.baseAddress.map { $0 + offset }, &read, nil)
                    return LZ4F_isError(status) == 0 ? written : 0
                }
                guard LZ4F_isError(status) == 0 else { throw RecordsError(.corrupt, at: offset, field: "lz4") }
                offset += read
                if status == 0 { break }
                // The frame has not ended: it goes on as long as there is input, or output that had no room.
                guard offset < bytes.count || written == room else {
                    throw RecordsError(.corrupt, at: offset, field: "lz4")
                }
            }
            guard offset == bytes.count else {
                throw RecordsError(.trailingGarbage, at: offset, actual: bytes.count - offset, field: "lz4")
            }
        }
    }

    func lz4(
        _ input: RawSpan, level: Int, into output: inout ByteBuffer, hasOldHeader: Bool
    ) throws(RecordsError) {
        let encoder = try readyLZ4Encoder()
        var preferences = LZ4F_preferences_t()
        // Blocks of 64 KiB that stand alone, as the Java client has them and asks for: it reads no others.
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.compressionLevel = CInt(level)
        preferences.autoFlush = 1
        let headerIndex = output.writerIndex
        let bound = Int(LZ4F_HEADER_SIZE_MAX) + LZ4F_compressBound(input.byteCount, &preferences)
        var isGood = false
        _ = input.withUnsafeBytes { bytes in
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { free in
                guard var next = free.baseAddress else { return 0 }
                var left = free.count
                var total = 0
                func took(_ count: Int) -> Bool {
                    guard LZ4F_isError(count) == 0 else { return false }
                    next += count
                    left -= count
                    total += count
                    return true
                }
                isGood =
                    took(LZ4F_compressBegin(encoder, next, left, &preferences))
                    && (bytes.isEmpty
                        || took(LZ4F_compressUpdate(encoder, next, left, bytes.baseAddress, bytes.count, nil)))
                    && took(LZ4F_compressEnd(encoder, next, left, nil))
                return isGood ? total : 0
            }
        }
        guard isGood else { throw RecordsError(.outOfMemory, field: "lz4") }
        if hasOldHeader, let frame = output.getSlice(at: headerIndex, length: output.writerIndex - headerIndex) {
            let header = try LZ4FrameHeader(frame.readableBytesSpan)
            output.setInteger(header.oldChecksum, at: headerIndex + header.size - 1)
        }
    }

    private func readyLZ4Decoder() throws(RecordsError) -> OpaquePointer {
        if let lz4Decoder {
            LZ4F_resetDecompressionContext(lz4Decoder)
            return lz4Decoder
        }
        let status = LZ4F_createDecompressionContext(&lz4Decoder, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let lz4Decoder else { throw RecordsError(.outOfMemory, field: "lz4") }
        return lz4Decoder
    }

    private func readyLZ4Encoder() throws(RecordsError) -> OpaquePointer {
        if let lz4Encoder { return lz4Encoder }
        let status = LZ4F_createCompressionContext(&lz4Encoder, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let lz4Encoder else { throw RecordsError(.outOfMemory, field: "lz4") }
        return lz4Encoder
    }
}
