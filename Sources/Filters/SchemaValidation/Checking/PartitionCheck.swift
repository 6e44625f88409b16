import FilterAPI
import KafkaRecords
import KafkaWire
import NIOCore
import Schemas
import Settings

/// Checks the batches of one partition against a rule.
struct PartitionCheck {
    private let rule: Rule
    private let topic: String
    /// Milliseconds since 1970.
    private let now: Int64
    /// How many bad records are looked for.
    private let mostErrors: Int
    private let reader: DataReader

    private var verdict = PartitionVerdict()
    private var faults: [RefusedRecord] = []
    private var first: (record: Int?, fault: RecordFault)?
    /// How many records the batches before have.
    private var base = 0

    /// A check.
    ///
    /// - Parameters:
    ///   - rule: what the records must be.
    ///   - topic: their topic's name.
    ///   - now: milliseconds since 1970.
    ///   - mostErrors: how many bad records are looked for.
    ///   - reader: reads keys and values.
    init(rule: Rule, topic: String, now: Int64, mostErrors: Int, reader: DataReader) {
        self.rule = rule
        self.topic = topic
        self.now = now
        self.mostErrors = mostErrors
        self.reader = reader
    }

    /// Checks all batches of a partition.
    ///
    /// - Parameters:
    ///   - set: the partition.
    ///   - frame: the frame; batches that are opened stay open for other filters.
    /// - Returns: the verdict; it has no meaning while the reader lacks a schema.
    mutating func run(_ set: RecordSet, in frame: inout FilteredFrame) -> PartitionVerdict {
        do throws(RecordFault) {
            try checkBatches(set, in: &frame)
        } catch {
            if first == nil { first = (nil, error) }
        }
        if let first {
            let place = first.record.map { "record \($0): " } ?? ""
            let message = Rejection.shortened("rule '\(rule.name)': \(place)\(first.fault.words)")
            verdict.rejection = Rejection(reason: first.fault.reason, message: message, records: faults)
        }
        return verdict
    }

    private mutating func checkBatches(_ set: RecordSet, in frame: inout FilteredFrame) throws(RecordFault) {
        do throws(RecordsError) {
            let editor = try frame.editor(of: set)
            for index in 0..<editor.batchCount where !editor.isDropped(batch: index) {
                let header = editor.batch(index).header
                if let fault = fault(of: header) {
                    first = first ?? (nil, fault)
                    return
                }
                if rule.opensRecords {
                    try checkRecords(of: index, in: editor)
                    // Enough is found: what is left stays unread, as the batch is rejected anyhow.
                    if faults.count >= mostErrors { return }
                } else {
                    verdict.records += max(0, Int(header.recordCount))
                }
                base += max(0, Int(header.recordCount))
            }
        } catch {
            throw RecordFault(error)
        }
    }

    /// What is wrong with a batch, by its header.
    private func fault(of header: RecordBatchHeader) -> RecordFault? {
        guard header.isCurrentFormat else {
            return RecordFault(.oldFormat, "message format \(header.magic) is not accepted, only format 2")
        }
        // As a broker does: markers of transactions are its own.
        if header.isControl { return RecordFault(.control, "control records are not accepted from clients") }
        guard let codec = header.attributes.codec else {
            return RecordFault(.unreadable, "codec \(header.attributes.codecNumber) is not known")
        }
        guard rule.codecs & 1 << codec.rawValue == 0 else { return nil }
        return RecordFault(.codec, "compression '\(codec.name)' is not allowed")
    }

    private mutating func checkRecords(of batch: Int, in editor: RecordsEditor) throws(RecordsError) {
        try editor.visit(batch: batch) { record throws(RecordsError) in
            guard faults.count < mostErrors else { return }
            verdict.records += 1
            let unchecked = reader.unchecked
            let found = try fault(of: record)
            if reader.unchecked != unchecked { verdict.unchecked += 1 }
            guard let found else { return }
            verdict.invalid += 1
            let index = base + record.record.index
            first = first ?? (index, found)
            if rule.wantsDeadLetters {
                verdict.deadLetters.append(try DeadLetter(record, index: index, found))
            }
            faults.append(RefusedRecord(index: Int32(clamping: index), message: Rejection.shortened(found.words)))
        }
    }

    // MARK: One record

    private func fault(of record: borrowing VisitedRecord) throws(RecordsError) -> RecordFault? {
        let configuration = rule.configuration
        if let most = configuration.maxRecordSize?.bytes {
            let size = max(0, record.keyCount) + max(0, record.valueCount) + max(0, record.record.headers.length)
            if size > most { return RecordFault(.size, "has \(size) bytes, at most \(most) are allowed") }
        }
        if configuration.requiresKey, record.keyCount < 0 { return RecordFault(.key, "has no key") }
        if !configuration.allowsNullValues, record.valueCount < 0 {
            return RecordFault(.tombstone, "has a null value")
        }
        if let fault = timestampFault(record.timestamp) { return fault }
        if !configuration.headers.isEmpty, let fault = try headersFault(record) { return fault }
        if let check = rule.key, let key = record.key {
            if let fault = try reader.fault(of: key, check, topic, rule, record) { return fault }
        }
        if let check = rule.value, let value = record.value {
            if let fault = try reader.fault(of: value, check, topic, rule, record) { return fault }
        }
        return nil
    }

    private func timestampFault(_ timestamp: Int64) -> RecordFault? {
        guard rule.checksTimestamps else { return nil }
        let (ahead, overflows) = timestamp.subtractingReportingOverflow(now)
        let isPast = overflows ? timestamp < 0 : ahead < 0
        let distance = overflows ? UInt64.max : ahead.magnitude
        if !isPast, let most = rule.maxAhead, distance > most {
            return RecordFault(.timestamp, "has a timestamp too far ahead of the clock")
        }
        if isPast, let most = rule.maxAge, distance > most {
            return RecordFault(.timestamp, "has a timestamp too far behind the clock")
        }
        return nil
    }

    private func headersFault(_ record: borrowing VisitedRecord) throws(RecordsError) -> RecordFault? {
        let headers = try record.headers()
        let configuration = rule.configuration.headers
        for header in headers where !configuration.forbidden.isEmpty {
            let name = String(buffer: header.key)
            if configuration.forbidden.contains(where: { $0.matches(name) }) {
                return RecordFault(.headers, "has a header that is forbidden")
            }
        }
        for required in configuration.required {
            // The last header of a name is the one that counts in Kafka's clients.
            guard
                let header = headers.last(where: {
                    $0.key.readableBytesView.elementsEqual(required.name.utf8)
                })
            else { return RecordFault(.headers, "lacks the header '\(required.name)'") }
            guard let pattern = required.pattern else { continue }
            guard let value = header.value, pattern.occurs(in: String(buffer: value)) else {
                return RecordFault(.headers, "has a header '\(required.name)' that is not as it must be")
            }
        }
        return nil
    }
}

extension RecordFault {
    /// A batch that cannot be read within the bounds.
    init(_ error: RecordsError) {
        switch error.reason {
        case .tooLarge, .ratioExceeded, .budgetExhausted:
            self.init(.decompressedSize, "the batch is too large when it is decompressed")
        default: self.init(.unreadable, "the batch cannot be read: \(error)")
        }
    }
}
