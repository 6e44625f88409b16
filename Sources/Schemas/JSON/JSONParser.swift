import CSimdjson

/// Reads JSON documents (RFC 8259), in memory that it keeps for the next one.
///
/// Strict: exactly one document, valid UTF-8, nothing but the grammar. Numbers may have any size and precision, and
/// `\u` escapes may be surrogates that stand alone, as the grammar has it. A parser is used by one event loop.
final class JSONParser {
    /// The bytes of a document up to which the parser keeps its memory.
    private static let keptBytes = 262_144

    /// Safety: made in `init`, freed in `deinit`, used by this object alone.
    private let parser: OpaquePointer?

    init() {
        parser = sluice_json_parser_new()
    }

    deinit {
        if let parser { sluice_json_parser_free(parser) }
    }

    /// Reads a document.
    ///
    /// - Safety: the tape is good as long as the bytes are there and the parser is not used again.
    func parse(
        _ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits
    ) throws(SchemaViolation) -> JSONTape {
        guard bytes.count <= limits.maxBytes else {
            throw SchemaViolation("the JSON document is larger than \(limits.maxBytes) bytes")
        }
        guard let parser, let base = bytes.baseAddress, !bytes.isEmpty else {
            throw SchemaViolation(bytes.isEmpty ? "no JSON document: there are no bytes" : "no memory for a parser")
        }
        let start = base.assumingMemoryBound(to: UInt8.self)
        var values: UnsafePointer<sluice_json_value>?
        var count = 0
        var errorOffset = 0
        let status = sluice_json_parse(
            parser, start, bytes.count, UInt32(limits.maxDepth), Self.keptBytes, &values, &count, &errorOffset)
        guard status == sluice_json_ok, let values else {
            throw Self.violation(status, errorOffset, bytes.count, limits)
        }
        return JSONTape(bytes: start, values: values, count: count)
    }

    private static func violation(
        _ status: sluice_json_status, _ offset: Int, _ count: Int, _ limits: JSONLimits
    ) -> SchemaViolation {
        let rule =
            switch status {
            case sluice_json_empty: "there is only white space"
            case sluice_json_too_large: "too large"
            case sluice_json_too_deep: "more than \(limits.maxDepth) levels of arrays and objects"
            case sluice_json_no_memory: "no memory to read it"
            case sluice_json_utf8: "not valid UTF-8"
            case sluice_json_control_character: "a control character in a string"
            case sluice_json_unclosed_string: "a string does not end"
            case sluice_json_bad_escape: "a wrong escape in a string"
            case sluice_json_bad_number: "a malformed number"
            case sluice_json_bad_literal: "expected true, false or null"
            case sluice_json_expected_name: "expected a member's name"
            case sluice_json_expected_colon: "expected ':'"
            case sluice_json_expected_comma_or_end: "expected ',' or the end of the array or object"
            case sluice_json_trailing: "more behind the document's end"
            default: "expected a value"
            }
        let known = offset >= 0 && offset <= count
        return SchemaViolation("not JSON: \(rule)", at: known ? .offset(offset) : .record)
    }
}
