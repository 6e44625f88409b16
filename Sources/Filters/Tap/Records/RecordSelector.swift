import KafkaRecords
import NIOCore
import Settings
import Sinks
import Telemetry

/// Decides which records are copied, and opens only the batches that it must.
final class RecordSelector {
    private let filter: TapFilter
    private let loop: TapLoop
    private let keys: KeySampler
    private let conditions: [(name: String, matcher: StringMatcher)]
    /// True if records must be read to know whether they are wanted.
    private let readsRecords: Bool
    private let limits: DecompressionLimits

    init(_ filter: TapFilter, _ loop: TapLoop) {
        self.filter = filter
        self.loop = loop
        let configuration = filter.configuration
        keys = KeySampler(rate: configuration.sample.rate)
        conditions = configuration.headers.map { (name: $0.key, matcher: $0.value) }
        readsRecords = !conditions.isEmpty || (configuration.sample.unit == .key && configuration.sample.rate < 1)
        limits = DecompressionLimits(maxOutputBytes: min(64 << 20, configuration.maxPending.bytes))
    }

    /// What is to be done with a batch that begins.
    ///
    /// - Parameters:
    ///   - header: its header; of an old message only the magic counts.
    ///   - batchBytes: its bytes, header included.
    ///   - isSink: true if a tap writes to its topic.
    ///   - tally: of its partition.
    ///   - chosen: the records that are drawn, from 0.
    /// - Returns: how the stream is to go on.
    func course(
        of header: RecordBatchHeader, batchBytes: Int, isSink: Bool, _ tally: inout PartitionTally,
        _ chosen: inout [Int]
    ) -> BatchStream.Course {
        chosen.removeAll(keepingCapacity: true)
        guard !header.isControl else { return .skip }
        let count = header.isCurrentFormat ? Int(header.recordCount) : 1
        guard count > 0, count <= mostRecords(header, batchBytes) || !header.isCurrentFormat else { return .skip }
        guard !isSink else {
            tally.matched += count
            tally.drop(.loop, count)
            return .skip
        }
        guard header.isCurrentFormat, !readsRecords else {
            return gather(batchBytes, count, &tally)
        }
        tally.matched += count
        choose(of: count, &chosen)
        tally.sampledOut += count - chosen.count
        guard let first = chosen.first else {
            tally.records += count
            return .skip
        }
        guard loop.port.isOpen else {
            tally.drop(.noWatcher, chosen.count)
            tally.records += count
            return .skip
        }
        // A sink that cannot keep up is not to cost the path its copies.
        guard loop.port.hasRoom(for: batchBytes / count) else {
            tally.refuse(chosen.count)
            tally.records += count
            return .skip
        }
        guard header.attributes.codecNumber == 0 else {
            guard filter.pending.take(batchBytes) else {
                tally.drop(.pendingFull, chosen.count)
                tally.records += count
                return .skip
            }
            return .gather
        }
        return .walk(to: first)
    }

    /// No more can be in a batch: whoever writes such a header has no records, and is not to have as many drawn.
    ///
    /// Records differ in their offsets, so that no codec makes less of them than some bits: of the smallest ones,
    /// Zstandard at its highest level leaves 6, gzip 11.
    private func mostRecords(_ header: RecordBatchHeader, _ batchBytes: Int) -> Int {
        let body = max(0, batchBytes - RecordBatchLayout.headerSize)
        guard header.attributes.codecNumber != 0 else { return body / RecordBatchLayout.smallestRecord }
        return min(body * Self.mostRecordsPerByte, limits.maxOutputBytes / RecordBatchLayout.smallestRecord)
    }

    private static let mostRecordsPerByte = 8

    private func gather(_ batchBytes: Int, _ count: Int, _ tally: inout PartitionTally) -> BatchStream.Course {
        guard filter.pending.take(batchBytes) else {
            tally.matched += count
            tally.drop(.pendingFull, count)
            tally.records += count
            return .skip
        }
        return .gather
    }

    private func choose(of count: Int, _ chosen: inout [Int]) {
        var next = loop.sampler.first(in: count)
        while let index = next {
            chosen.append(index)
            next = loop.sampler.next(after: index, in: count)
        }
    }

    // MARK: - Opened batches

    /// Opens a batch that was gathered.
    ///
    /// - Parameters:
    ///   - bytes: the batch.
    ///   - chosen: the records that were drawn, where they are drawn by their number.
    ///   - tally: of its partition.
    func open(_ bytes: ByteBuffer, _ chosen: [Int], _ tally: inout PartitionTally) {
        defer { filter.pending.give(bytes.readableBytes) }
        var batches = RecordBatches(bytes)
        do throws(RecordsError) {
            guard let batch = try batches.next() else { throw RecordsError(.truncated) }
            let contents = try batch.open(
                with: loop.contexts, limits: limits, budget: filter.pending, verifyingChecksum: false)
            defer { filter.pending.give(contents.reservedBytes) }
            if chosen.isEmpty {
                try readAll(contents, &tally)
            } else {
                readChosen(contents, chosen, &tally)
            }
        } catch {
            // How many there are of an old message, or with a condition, is not known: they count as one.
            if chosen.isEmpty { tally.matched += 1 }
            tally.drop(error.reason == .budgetExhausted ? .pendingFull : .unreadable, max(1, chosen.count))
        }
    }

    private func readChosen(_ contents: BatchContents, _ chosen: [Int], _ tally: inout PartitionTally) {
        let before = tally.records
        var kept = 0
        var cursor = contents.records
        do throws(RecordsError) {
            while kept < chosen.count, let record = try cursor.next() {
                guard record.index == chosen[kept] else { continue }
                keep(contents.alone(record), at: record.index, &tally)
                kept += 1
            }
        } catch {
            // What has been read before is right.
        }
        tally.drop(.unreadable, chosen.count - kept)
        tally.records = before + Int(contents.batch.recordCount)
    }

    /// Reads records that have to be read to know whether they are wanted.
    private func readAll(_ contents: BatchContents, _ tally: inout PartitionTally) throws(RecordsError) {
        let before = tally.records
        var cursor = contents.records
        while let record = try cursor.next() {
            tally.records = before
            if try isWanted(record, contents) {
                tally.matched += 1
                if !isDrawn(record, contents) {
                    tally.sampledOut += 1
                } else if loop.port.isOpen {
                    keep(contents.alone(record), at: record.index, &tally)
                } else {
                    tally.drop(.noWatcher)
                }
            }
            tally.records = before + record.index + 1
        }
    }

    private func isWanted(_ record: Record, _ contents: BatchContents) throws(RecordsError) -> Bool {
        for (name, matcher) in conditions {
            guard let value = try contents.lastHeader(named: name, of: record), let value,
                matcher.matches(String(buffer: value))
            else { return false }
        }
        return true
    }

    private func isDrawn(_ record: Record, _ contents: BatchContents) -> Bool {
        guard filter.configuration.sample.unit == .key, let key = contents.key(of: record) else {
            return loop.sampler.takesNext()
        }
        return key.withUnsafeReadableBytes { keys.takes($0) }
    }

    /// Keeps a copy until it can be offered.
    ///
    /// - Parameters:
    ///   - contents: the record alone.
    ///   - index: its number in its batch.
    ///   - tally: of its partition.
    func keep(_ contents: BatchContents, at index: Int, _ tally: inout PartitionTally) {
        let copy = Copy(contents: contents, index: tally.records + index)
        let cost = copy.cost
        guard filter.pending.take(cost) else { return tally.drop(.pendingFull) }
        loop.counters.pendingBytes.increment(by: Int64(cost))
        tally.keep(copy)
    }
}

extension PendingBudget: DecompressionBudget {
    func reserve(_ bytes: Int) -> Bool { take(bytes) }
    func release(_ bytes: Int) { give(bytes) }
}
