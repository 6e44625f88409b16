import CLZ4
import CZlib
import CZstd
package import NIOCore

/// The codecs and their working memory, which is made when first used and then kept: an event loop has one of its own.
///
/// Not for several threads at once.
package final class CompressionContexts {
    // Safety: each pointer is made, used and freed by this object alone, which belongs to one thread at a time.
    var inflater: UnsafeMutablePointer<z_stream>?
    var deflater: UnsafeMutablePointer<z_stream>?
    /// The level that `deflater` was made with.
    var deflaterLevel = 0
    var lz4Decoder: OpaquePointer?
    var lz4Encoder: OpaquePointer?
    var zstdDecoder: OpaquePointer?
    var zstdEncoder: OpaquePointer?
    private let allocator: ByteBufferAllocator

    /// Creates contexts; nothing is allocated before it is needed.
    ///
    /// - Parameter allocator: of the buffers that results come in.
    package init(allocator: ByteBufferAllocator = ByteBufferAllocator()) {
        self.allocator = allocator
    }

    deinit {
        if let inflater {
            inflateEnd(inflater)
            inflater.deallocate()
        }
        if let deflater {
            deflateEnd(deflater)
            deflater.deallocate()
        }
        LZ4F_freeDecompressionContext(lz4Decoder)
        LZ4F_freeCompressionContext(lz4Encoder)
        ZSTD_freeDCtx(zstdDecoder)
        ZSTD_freeCCtx(zstdEncoder)
    }

    /// Decompresses all of a buffer's readable bytes.
    ///
    /// - Parameters:
    ///   - codec: how they are compressed; with `none` they come back as they are.
    ///   - input: one batch's compressed records.
    ///   - limits: how many bytes may come out.
    ///   - budget: from which the bytes that come out are taken; who lets go of the result gives them back. On an error
    ///     they have been given back.
    ///   - hasOldLZ4Header: whether the checksum of an LZ4 header may be wrong, as it is in messages of format 0.
    /// - Returns: the bytes, in memory of their own except with `none`.
    /// - Throws: `corrupt`, `tooLarge`, `ratioExceeded`, `budgetExhausted`, `trailingGarbage`, `unsupported`,
    ///   `outOfMemory`.
    package func decompress(
        _ codec: CompressionCodec, _ input: ByteBuffer, limits: DecompressionLimits,
        budget: (any DecompressionBudget)? = nil, hasOldLZ4Header: Bool = false
    ) throws(RecordsError) -> ByteBuffer {
        var output = BoundedOutput(
            for: input.readableBytes, limits: limits, budget: budget, allocator: allocator)
        do throws(RecordsError) {
            switch codec {
            case .none: return input
            case .gzip: try gunzip(input.readableBytesSpan, into: &output)
            case .snappy: try unsnappy(input.readableBytesSpan, into: &output)
            case .lz4: try unlz4(input.readableBytesSpan, into: &output, hasOldHeader: hasOldLZ4Header)
            case .zstd: try unzstd(input.readableBytesSpan, into: &output)
            }
        } catch {
            output.discard()
            throw error
        }
        return output.finish()
    }

    /// Compresses all of a buffer's readable bytes to the end of another.
    ///
    /// - Parameters:
    ///   - codec: with `none` the bytes are copied.
    ///   - input: one batch's records.
    ///   - level: within the codec's ``CompressionCodec/levels``, else the nearest; nil for its default.
    ///   - output: Snappy gets the framing of the Java library, which all clients read.
    ///   - hasOldLZ4Header: whether LZ4 is to have the wrong checksum of its header that messages of format 0 have.
    /// - Throws: `outOfMemory`, `lengthTooLarge` for more than 1 GiB.
    package func compress(
        _ codec: CompressionCodec, _ input: ByteBuffer, level: Int? = nil, into output: inout ByteBuffer,
        hasOldLZ4Header: Bool = false
    ) throws(RecordsError) {
        guard input.readableBytes <= Self.maxInputBytes else {
            throw RecordsError(
                .lengthTooLarge, expected: Self.maxInputBytes, actual: input.readableBytes, field: "records")
        }
        let level = min(max(level ?? codec.defaultLevel, codec.levels.lowerBound), codec.levels.upperBound)
        switch codec {
        case .none: output.writeImmutableBuffer(input)
        case .gzip: try gzip(input.readableBytesSpan, level: level, into: &output)
        case .snappy: try snappy(input.readableBytesSpan, into: &output)
        case .lz4:
            try lz4(input.readableBytesSpan, level: level, into: &output, hasOldHeader: hasOldLZ4Header)
        case .zstd: try zstd(input.readableBytesSpan, level: level, into: &output)
        }
    }

    /// The most that is compressed at once: a batch cannot be larger than 2 GiB, compressed or not.
    private static let maxInputBytes = 1 << 30
}
