import CZstd
import NIOCore

extension CompressionContexts {
    /// The largest window that is accepted, as a power of two: what the highest level writes. The memory of it is used
    /// as far as there are bytes, which are bounded.
    private static let maxWindowLog: CInt = 27

    func unzstd(_ input: RawSpan, into output: inout BoundedOutput) throws(RecordsError) {
        let decoder = try readyZstdDecoder()
        try input.withUnsafeBytes { (bytes) throws(RecordsError) in
            guard let base = bytes.baseAddress, bytes.count > 0 else {
                throw RecordsError(.corrupt, field: "zstd")
            }
            var offset = 0
            while offset < bytes.count {
                let frame = UnsafeRawBufferPointer(start: base + offset, count: bytes.count - offset)
                guard offset == 0 || Self.isFrame(frame) else {
                    throw RecordsError(.trailingGarbage, at: offset, actual: frame.count, field: "zstd")
                }
                let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
                switch size {
                case Self.unknownSize:
                    offset += try streamFrame(frame, with: decoder, at: offset, into: &output)
                case Self.noSize: throw RecordsError(.corrupt, at: offset, field: "zstd")
                default:
                    let size = Int(clamping: size)
                    offset += try takeFrame(frame, of: size, with: decoder, at: offset, into: &output)
                }
            }
        }
    }

    /// What the library says of a frame whose header has no size, and of what is no frame; both are macros with casts.
    private static let unknownSize = UInt64.max
    private static let noSize = UInt64.max - 1

    /// Whether a frame begins here, or one that is to be skipped.
    private static func isFrame(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 4 else { return false }
        let magic = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        return magic == 0xFD2F_B528 || magic & 0xFFFF_FFF0 == 0x184D_2A50
    }

    /// Decompresses a frame that says how large it becomes, straight into the output.
    private func takeFrame(
        _ frame: UnsafeRawBufferPointer, of size: Int, with decoder: OpaquePointer, at offset: Int,
        into output: inout BoundedOutput
    ) throws(RecordsError) -> Int {
        let length = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
        try Self.check(length, at: offset)
        var written = 0
        try output.write(exactly: size) { free in
            written = ZSTD_decompressDCtx(decoder, free.baseAddress, free.count, frame.baseAddress, length)
            return ZSTD_isError(written) == 0 ? written : 0
        }
        try Self.check(written, at: offset)
        return length
    }

    /// Decompresses a frame piece by piece.
    private func streamFrame(
        _ frame: UnsafeRawBufferPointer, with decoder: OpaquePointer, at offset: Int,
        into output: inout BoundedOutput
    ) throws(RecordsError) -> Int {
        var source = ZSTD_inBuffer(src: frame.baseAddress, size: frame.count, pos: 0)
        while true {
            var status = 0
            var isFull = false
            try output.write { free in
                var target = ZSTD_outBuffer(dst: free.baseAddress, size: free.count, pos: 0)
                status = ZSTD_decompressStream(decoder, &target, &source)
                isFull = target.pos == target.size
                return ZSTD_isError(status) == 0 ? target.pos : 0
            }
            try Self.check(status, at: offset + source.pos)
            if status == 0 { return source.pos }
            guard source.pos < source.size || isFull else {
                throw RecordsError(.corrupt, at: offset + source.pos, field: "zstd")
            }
        }
    }

    func zstd(_ input: RawSpan, level: Int, into output: inout ByteBuffer) throws(RecordsError) {
        let encoder = try readyZstdEncoder()
        var written = 0
        _ = input.withUnsafeBytes { bytes in
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: ZSTD_compressBound(bytes.count)) { free in
                written = ZSTD_compressCCtx(
                    encoder, free.baseAddress, free.count, bytes.baseAddress, bytes.count, CInt(level))
                return ZSTD_isError(written) == 0 ? written : 0
            }
        }
        guard ZSTD_isError(written) == 0 else { throw RecordsError(.outOfMemory, field: "zstd") }
    }

    private static func check(_ status: Int, at offset: Int) throws(RecordsError) {
        guard ZSTD_isError(status) != 0 else { return }
        switch ZSTD_getErrorCode(status) {
        case ZSTD_error_memory_allocation: throw RecordsError(.outOfMemory, at: offset, field: "zstd")
        case ZSTD_error_dictionary_wrong, ZSTD_error_frameParameter_windowTooLarge,
            ZSTD_error_frameParameter_unsupported, ZSTD_error_version_unsupported:
            throw RecordsError(.unsupported, at: offset, field: "zstd frame")
        default: throw RecordsError(.corrupt, at: offset, field: "zstd")
        }
    }

    private func readyZstdDecoder() throws(RecordsError) -> OpaquePointer {
        if let zstdDecoder {
            ZSTD_DCtx_reset(zstdDecoder, ZSTD_reset_session_only)
            return zstdDecoder
        }
        zstdDecoder = ZSTD_createDCtx()
        guard let zstdDecoder else { throw RecordsError(.outOfMemory, field: "zstd") }
        ZSTD_DCtx_setParameter(zstdDecoder, ZSTD_d_windowLogMax, Self.maxWindowLog)
        return zstdDecoder
    }

    private func readyZstdEncoder() throws(RecordsError) -> OpaquePointer {
        if let zstdEncoder { return zstdEncoder }
        zstdEncoder = ZSTD_createCCtx()
        guard let zstdEncoder else { throw RecordsError(.outOfMemory, field: "zstd") }
        return zstdEncoder
    }
}
