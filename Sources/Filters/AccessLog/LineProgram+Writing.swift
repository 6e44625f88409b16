import FilterAPI
import KafkaMessages
import KafkaWire

extension LineProgram {
    /// Writes the line of a request.
    ///
    /// - Parameters:
    ///   - request: the request, at its end.
    ///   - moment: when that was.
    ///   - time: writes the moment.
    ///   - runs: what the connection's lines have in common, up to date.
    ///   - cursor: where the line goes; see ``LineCursor/hasOverflowed``.
    @inline(__always)
    func write(
        _ request: CompletedRequest, at moment: LineTime.Moment, with time: inout LineTime, _ runs: ConnectionRuns,
        to cursor: inout LineCursor
    ) {
        let record = request.record
        // Once: each look into the record is checked at run time.
        let facts = record.facts
        let outcome = LineOutcome(request.result, of: record)
        literals.withUnsafeBytes { literals in
            steps.withUnsafeBufferPointer { steps in
                for step in steps {
                    cursor.write(UnsafeRawBufferPointer(rebasing: literals[step.start..<step.end]))
                    switch step.value {
                    case .end: return
                    case .run(let run): runs.copy(run, to: &cursor)
                    case .field(.time):
                        quote(&cursor)
                        time.write(moment, to: &cursor)
                        quote(&cursor)
                    case .field(let field): write(field, of: request, record, facts, outcome, to: &cursor)
                    }
                }
            }
        }
    }

    /// Writes a step of a run.
    func write(
        _ step: Step, of record: RequestRecord, _ connection: ConnectionContext, to cursor: inout LineCursor
    ) {
        literals.withUnsafeBytes { literals in
            cursor.write(UnsafeRawBufferPointer(rebasing: literals[step.start..<step.end]))
        }
        guard case .field(let field) = step.value else { return }
        switch field {
        case .listener: write(text: connection.listener, to: &cursor)
        case .connection: cursor.write(Int(clamping: connection.id))
        case .clientAddress: write(text: connection.clientAddress, to: &cursor)
        case .clientPort: cursor.write(connection.clientPort)
        case .principal: write(text: connection.principal, to: &cursor)
        case .clientID: write(text: record.clientID, to: &cursor)
        case .softwareName: write(text: connection.softwareName, to: &cursor)
        case .softwareVersion: write(text: connection.softwareVersion, to: &cursor)
        default: preconditionFailure("\(field) belongs to a request")
        }
    }

    @inline(__always)
    private func write(
        _ field: AccessLogField, of request: CompletedRequest, _ record: RequestRecord, _ facts: RequestFacts,
        _ outcome: LineOutcome, to cursor: inout LineCursor
    ) {
        switch field {
        case .api: writeAPI(record.apiKey, to: &cursor)
        case .apiKey: cursor.write(Int(record.apiKey.rawValue))
        case .version: cursor.write(Int(record.apiVersion))
        case .correlationID: cursor.write(Int(record.correlationID))
        case .topics: writeTopics(facts, to: &cursor)
        case .records: cursor.write(facts.records)
        case .recordBytes: cursor.write(facts.recordBytes)
        case .requestBytes: cursor.write(record.requestBytes)
        case .responseBytes: cursor.write(request.responseBytes)
        case .duration: writeMilliseconds(request.duration, to: &cursor)
        case .error: writeErrorName(facts.errorCode, outcome, to: &cursor)
        case .errorCode: writeErrorCode(facts.errorCode, outcome, to: &cursor)
        case .result: write(word: outcome.word, to: &cursor)
        case .answeredBy: writeAnswerer(outcome, to: &cursor)
        case .closeReason: write(text: outcome.closeReason, to: &cursor)
        case .upstream: write(text: request.upstream, to: &cursor)
        default: preconditionFailure("\(field) belongs to a connection")
        }
    }

    // MARK: - Values

    @inline(__always)
    private func quote(_ cursor: inout LineCursor) {
        if style == .json { cursor.write(byte: UInt8(ascii: "\"")) }
    }

    @inline(__always)
    private func write(text: String, to cursor: inout LineCursor) {
        quote(&cursor)
        cursor.writeEscaped(text)
        quote(&cursor)
    }

    @inline(__always)
    private func write(text: String?, to cursor: inout LineCursor) {
        if let text { write(text: text, to: &cursor) } else { writeNothing(to: &cursor) }
    }

    @inline(__always)
    private func write(word: StaticString, to cursor: inout LineCursor) {
        quote(&cursor)
        cursor.write(word)
        quote(&cursor)
    }

    private func writeNothing(to cursor: inout LineCursor) {
        switch style {
        case .json: cursor.write("null")
        case .text: cursor.write("-")
        }
    }

    private func writeAPI(_ key: APIKey, to cursor: inout LineCursor) {
        write(text: key.name, to: &cursor)
    }

    private func writeTopics(_ facts: RequestFacts, to cursor: inout LineCursor) {
        let topics = facts.topics
        switch style {
        case .json:
            var separator = UInt8(ascii: "[")
            for topic in topics {
                cursor.write(byte: separator)
                write(text: topic, to: &cursor)
                separator = UInt8(ascii: ",")
            }
            if topics.isEmpty { cursor.write(byte: separator) }
            if facts.hasMoreTopics { cursor.write(",\"…\"") }
            cursor.write(byte: UInt8(ascii: "]"))
        case .text:
            guard !topics.isEmpty else { return writeNothing(to: &cursor) }
            var isFirst = true
            for topic in topics {
                if !isFirst { cursor.write(byte: UInt8(ascii: ",")) }
                cursor.writeEscaped(topic)
                isFirst = false
            }
            if facts.hasMoreTopics { cursor.write(",…") }
        }
    }

    /// Milliseconds with three decimals; less than a microsecond is cut off.
    private func writeMilliseconds(_ duration: Duration, to cursor: inout LineCursor) {
        let attoseconds = max(0, duration.attoseconds)
        let microseconds: UInt
        // One division of 64 bits for all that is shorter than 9 s.
        if let few = UInt64(exactly: attoseconds) {
            microseconds = UInt(few / 1_000_000_000_000)
        } else {
            microseconds = UInt(clamping: attoseconds / 1_000_000_000_000)
        }
        let (milliseconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1000)
        cursor.write(Int(clamping: milliseconds))
        cursor.write(byte: UInt8(ascii: "."))
        cursor.write(rest, digits: 3)
    }

    private func writeErrorName(_ code: ErrorCode, _ outcome: LineOutcome, to cursor: inout LineCursor) {
        if code == .none {
            return outcome.hasReadableResponse ? write(word: "NONE", to: &cursor) : writeNothing(to: &cursor)
        }
        if let name = code.name { return write(text: name, to: &cursor) }
        quote(&cursor)
        cursor.write("ERROR_")
        cursor.write(Int(code.rawValue))
        quote(&cursor)
    }

    private func writeErrorCode(_ code: ErrorCode, _ outcome: LineOutcome, to cursor: inout LineCursor) {
        guard code != .none || outcome.hasReadableResponse else { return writeNothing(to: &cursor) }
        cursor.write(Int(code.rawValue))
    }

    private func writeAnswerer(_ outcome: LineOutcome, to cursor: inout LineCursor) {
        switch outcome.answerer {
        case .broker: write(word: "broker", to: &cursor)
        case .proxy: write(word: "proxy", to: &cursor)
        case .filter: write(text: outcome.filter, to: &cursor)
        case .nobody: writeNothing(to: &cursor)
        }
    }
}
