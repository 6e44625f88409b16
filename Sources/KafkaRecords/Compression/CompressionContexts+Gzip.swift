import CZlib
import NIOCore

extension CompressionContexts {
    /// zlib's window of 32 KiB, and 16 for a gzip header instead of its own.
    private static let windowBits: CInt = 15 + 16

    func gunzip(_ input: RawSpan, into output: inout BoundedOutput) throws(RecordsError) {
        let stream = try readyInflater()
        try input.withUnsafeBytes { (bytes) throws(RecordsError) in
            // zlib reads through the pointer, it does not write.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(clamping: bytes.count)
            while true {
                var status = Z_OK
                var room = 0
                try output.write { free in
                    room = free.count
                    stream.pointee.next_out = free.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = UInt32(clamping: room)
                    status = inflate(stream, Z_NO_FLUSH)
                    return room - Int(stream.pointee.avail_out)
                }
                let left = Int(stream.pointee.avail_in)
                switch status {
                case Z_OK where left > 0 || stream.pointee.avail_out == 0: continue
                case Z_STREAM_END where left == 0: return
                case Z_STREAM_END:
                    // Another member begins, or the bytes do not belong here.
                    let next = bytes.count - left
                    guard left >= 2, bytes[next] == 0x1F, bytes[next + 1] == 0x8B else {
                        throw RecordsError(.trailingGarbage, at: next, actual: left, field: "gzip")
                    }
                    guard inflateReset(stream) == Z_OK else { throw RecordsError(.corrupt, at: next, field: "gzip") }
                case Z_MEM_ERROR: throw RecordsError(.outOfMemory, field: "gzip")
                default: throw RecordsError(.corrupt, at: bytes.count - left, field: "gzip")
                }
            }
        }
    }

    func gzip(_ input: RawSpan, level: Int, into output: inout ByteBuffer) throws(RecordsError) {
        let stream = try readyDeflater(level: level)
        let bound = Int(deflateBound(stream, UInt(input.byteCount)))
        var status = Z_OK
        _ = input.withUnsafeBytes { bytes in
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { free in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
                stream.pointee.avail_in = UInt32(clamping: bytes.count)
                stream.pointee.next_out = free.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(clamping: free.count)
                status = deflate(stream, Z_FINISH)
                return status == Z_STREAM_END ? Int(stream.pointee.total_out) : 0
            }
        }
        guard status == Z_STREAM_END else { throw RecordsError(.outOfMemory, field: "gzip") }
    }

    private func readyInflater() throws(RecordsError) -> UnsafeMutablePointer<z_stream> {
        if let inflater {
            guard inflateReset(inflater) == Z_OK else { throw RecordsError(.outOfMemory, field: "gzip") }
            return inflater
        }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = CInt(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, Self.windowBits, ZLIB_VERSION, size) == Z_OK else {
            stream.deallocate()
            throw RecordsError(.outOfMemory, field: "gzip")
        }
        inflater = stream
        return stream
    }

    private func readyDeflater(level: Int) throws(RecordsError) -> UnsafeMutablePointer<z_stream> {
        if let deflater, deflaterLevel == level, deflateReset(deflater) == Z_OK { return deflater }
        if let deflater {
            deflateEnd(deflater)
            deflater.deallocate()
            self.deflater = nil
        }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = CInt(MemoryLayout<z_stream>.size)
        let memoryLevel: CInt = 8
        let status = deflateInit2_(
            stream, CInt(level), Z_DEFLATED, Self.windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        guard status == Z_OK else {
            stream.deallocate()
            throw RecordsError(.outOfMemory, field: "gzip")
        }
        deflater = stream
        deflaterLevel = level
        return stream
    }
}
