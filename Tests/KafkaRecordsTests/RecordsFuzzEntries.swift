import NIOCore

@testable import KafkaRecords

/// What the fuzz targets of records do with their bytes. A promise that is broken traps, which is what a fuzzer finds.
package enum RecordsFuzzEntries {
    /// All entries, by the name of their target and its corpus.
    package static let all: [String: @Sendable (UnsafeRawBufferPointer) -> Void] = [
        "batches": batches, "codecs": codecs,
    ]

    private static let limits = DecompressionLimits(maxOutputBytes: 1 << 20, maxRatio: 100, alwaysAllowedBytes: 65_536)

    /// Counts what is taken, to see that all of it is given back.
    private final class Budget: DecompressionBudget {
        private(set) var taken = 0

        func reserve(_ bytes: Int) -> Bool {
            precondition(bytes >= 0)
            guard taken + bytes <= 1 << 20 else { return false }
            taken += bytes
            return true
        }

        func release(_ bytes: Int) {
            precondition(bytes >= 0 && bytes <= taken)
            taken -= bytes
        }
    }

    /// Decompresses what follows the first byte, which chooses the codec; what comes out is compressed and comes out
    /// again. Then compresses it as it is.
    @Sendable
    package static func codecs(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first, let codec = CompressionCodec(rawValue: first % 4 + 1) else { return }
        let isOld = first & 0x80 != 0
        let input = ByteBuffer(bytes: bytes[1...])
        let contexts = CompressionContexts()
        let budget = Budget()
        let output = try? contexts.decompress(
            codec, input, limits: limits, budget: budget, hasOldLZ4Header: isOld)
        precondition(budget.taken == output?.readableBytes ?? 0, "\(codec) kept \(budget.taken)")
        precondition(budget.taken <= limits.bound(for: input.readableBytes), "\(codec) went over the bound")
        for plain in [output, input].compactMap({ $0 }) {
            var compressed = ByteBuffer()
            guard (try? contexts.compress(codec, plain, into: &compressed, hasOldLZ4Header: isOld)) != nil else {
                preconditionFailure("\(codec) does not compress")
            }
            let again = try? contexts.decompress(
                codec, compressed, limits: DecompressionLimits(maxRatio: .max), hasOldLZ4Header: isOld)
            precondition(again == plain, "\(codec) changed")
        }
    }

    /// Reads and edits a field of records. The first byte says where it comes from, and whether checksums are to be
    /// made right, without which little would ever be opened.
    @Sendable
    package static func batches(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let source: RecordsEditor.Source = first & 1 == 0 ? .producer : .log
        var field = ByteBuffer(bytes: bytes[1...])
        if first & 2 == 0 { field = withChecksums(field) }
        let budget = Budget()
        do {
            let editor = try? RecordsEditor(
                field, from: source, contexts: CompressionContexts(), limits: limits, budget: budget)
            if let editor { edit(editor, field) }
        }
        precondition(budget.taken == 0, "the budget lacks \(budget.taken)")
    }

    /// The field with the checksums that its batches should have.
    private static func withChecksums(_ field: ByteBuffer) -> ByteBuffer {
        typealias Layout = RecordBatchLayout
        var fixed = field
        var batches = RecordBatches(field)
        var start = field.readerIndex
        while let batch = try? batches.next() {
            let span = batch.bytes.readableBytesSpan
            if batch.header.isCurrentFormat {
                let checksum = CRC32C.checksum(span.extracting(droppingFirst: Layout.attributesOffset))
                fixed.setInteger(checksum, at: start + Layout.checksumOffset)
            } else {
                let checksum = RecordBatch.oldChecksum(span.extracting(droppingFirst: Layout.magicOffset))
                fixed.setInteger(checksum, at: start + Layout.oldChecksumOffset)
            }
            start += batch.bytes.readableBytes
        }
        return fixed
    }

    private static func edit(_ editor: RecordsEditor, _ field: ByteBuffer) {
        var expected: [Int: [ByteBuffer?]] = [:]
        for index in 0..<editor.batchCount {
            var values: [ByteBuffer?] = []
            let isRead: Void? = try? editor.visit(batch: index) { record throws(RecordsError) in
                values.append(record.value)
                _ = try? record.headers()
            }
            if isRead != nil { expected[index] = values }
        }
        guard (try? editor.finish()) == field else { preconditionFailure("reading changed the field") }
        guard expected.count == editor.batchCount else { return }
        var values: [ByteBuffer?] = []
        let isEdited: Void? = try? editor.visit { record throws(RecordsError) in
            if record.record.index % 3 == 1, (try? record.drop()) != nil { return }
            if record.record.index % 3 == 2 {
                record.value = ByteBuffer(string: "edited")
                if record.batch.isCurrentFormat { try record.appendHeader(RecordHeader("a", "b")) }
            }
            values.append(record.value)
        }
        guard isEdited != nil, let output = try? editor.finish() else { preconditionFailure("cannot be edited") }
        // What was written is read again, by another editor, and says the same.
        guard
            let second = try? RecordsEditor(
                output, from: .log, contexts: CompressionContexts(),
                limits: DecompressionLimits(maxRatio: .max))
        else { preconditionFailure("what was written is no field of records") }
        var read: [ByteBuffer?] = []
        guard (try? second.visit { record throws(RecordsError) in read.append(record.value) }) != nil else {
            preconditionFailure("what was written cannot be read")
        }
        precondition(read == values, "what was written is not what was edited")
    }
}
