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
    ///   - cursor: where the line goes; see ``LineCursor/hasOverflowed``.
    func write(
        _ request: CompletedRequest, at moment: LineTime.Moment, with time: inout LineTime, to cursor: inout LineCursor
    ) {
        literals.withUnsafeBytes { literals in
            steps.withUnsafeBufferPointer { steps in
                for step in steps {
                    cursor.write(UnsafeRawBufferPointer(rebasing: literals[step.start..<step.end]))
                    guard let field = step.field else { break }
                    if field == .time {
                        quote(&cursor)
                        time.write(moment, to: &cursor)
                        quote(&cursor)
                    } else {
                        write(field, of: request, to: &cursor)
                    }
                }
            }
        }
    }

    @inline(__always)
    private func write(_ field: AccessLogField, of request: CompletedRequest, to cursor: inout LineCursor) {
        let record = request.record
        let connection = record.connection
        switch field {
        case .time: break
        case .listener: write(text: connection.listener, to: &cursor)
        case .connection: cursor.write(Int(clamping: connection.id))
        case .clientAddress: write(text: connection.clientAddress, to: &cursor)
        case .clientPort: cursor.write(connection.clientPort)
        case .principal: write(text: connection.principal, to: &cursor)
        case .clientID: write(text: record.clientID, to: &cursor)
        case .softwareName: write(text: connection.softwareName, to: &cursor)
        case .softwareVersion: write(text: connection.softwareVersion, to: &cursor)
        case .api: writeAPI(record.apiKey, to: &cursor)
        case .apiKey: cursor.write(Int(record.apiKey.rawValue))
        case .version: cursor.write(Int(record.apiVersion))
        case .correlationID: cursor.write(Int(record.correlationID))
        case .topics: writeTopics(record, to: &cursor)
        case .records: cursor.write(record.facts.records)
        case .recordBytes: cursor.write(record.facts.recordBytes)
        case .requestBytes: cursor.write(record.requestBytes)
        case .responseBytes: cursor.write(request.responseBytes)
        case .duration: writeMilliseconds(request.duration, to: &cursor)
        case .error, .errorCode: writeError(field, of: request, to: &cursor)
        case .result, .answeredBy, .closeReason: writeResult(field, request.result, to: &cursor)
        case .upstream: write(text: request.upstream, to: &cursor)
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

    private func writeTopics(_ record: RequestRecord, to cursor: inout LineCursor) {
        let topics = record.facts.topics
        switch style {
        case .json:
            var separator = UInt8(ascii: "[")
            for topic in topics {
                cursor.write(byte: separator)
                write(text: topic, to: &cursor)
                separator = UInt8(ascii: ",")
            }
            if topics.isEmpty { cursor.write(byte: separator) }
            if record.facts.hasMoreTopics { cursor.write(",\"…\"") }
            cursor.write(byte: UInt8(ascii: "]"))
        case .text:
            guard !topics.isEmpty else { return writeNothing(to: &cursor) }
            var isFirst = true
            for topic in topics {
                if !isFirst { cursor.write(byte: UInt8(ascii: ",")) }
                cursor.writeEscaped(topic)
                isFirst = false
            }
            if record.facts.hasMoreTopics { cursor.write(",…") }
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

    private func writeError(_ field: AccessLogField, of request: CompletedRequest, to cursor: inout LineCursor) {
        let code = request.record.facts.errorCode
        guard code.rawValue != 0 || request.hasReadableResponse else { return writeNothing(to: &cursor) }
        guard field == .error else { return cursor.write(Int(code.rawValue)) }
        if let name = code.name {
            write(text: name, to: &cursor)
        } else {
            quote(&cursor)
            cursor.write("ERROR_")
            cursor.write(Int(code.rawValue))
            quote(&cursor)
        }
    }

    private func writeResult(
        _ field: AccessLogField, _ result: CompletedRequest.Result, to cursor: inout LineCursor
    ) {
        switch (field, result) {
        case (.result, .noResponse): write(word: "no_response", to: &cursor)
        case (.result, .closed): write(word: "closed", to: &cursor)
        case (.result, _): write(word: "answered", to: &cursor)
        case (.answeredBy, .answered): write(word: "broker", to: &cursor)
        case (.answeredBy, .answeredByProxy): write(word: "proxy", to: &cursor)
        case (.answeredBy, .answeredByFilter(let name)): write(text: name, to: &cursor)
        case (.closeReason, .closed(let reason)): write(text: reason, to: &cursor)
        default: writeNothing(to: &cursor)
        }
    }
}

extension CompletedRequest {
    /// True if there was a response, and the proxy knows where its error codes are.
    var hasReadableResponse: Bool {
        switch result {
        case .noResponse, .closed: false
        case .answered, .answeredByFilter, .answeredByProxy:
            ReadableResponses.contains(record.apiKey, record.apiVersion)
        }
    }
}

/// The versions of each API whose responses can be read.
private enum ReadableResponses {
    private static let versions: [ClosedRange<Int16>?] = {
        let last = APIKey.known.map(\.rawValue).max() ?? 0
        return (0...last).map { MessageLayout.layout(APIKey(rawValue: $0), .response)?.validVersions }
    }()

    static func contains(_ key: APIKey, _ version: Int16) -> Bool {
        let index = Int(key.rawValue)
        guard versions.indices.contains(index), let range = versions[index] else { return false }
        return range.contains(version)
    }
}
