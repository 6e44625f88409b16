import CSimdjson

/// Finds the values at some paths in the texts of documents, so that they can be hidden without writing the rest anew.
package struct JSONPathMask: Sendable, Hashable {
    /// The paths.
    package let paths: [JSONPath]
    /// What a document may be at most.
    package let limits: JSONLimits

    /// A mask for the values at all of some paths.
    package init(_ paths: [JSONPath], limits: JSONLimits = JSONLimits()) {
        self.paths = paths
        self.limits = limits
    }

    /// The places of the values, in bytes, from the first to the last; none overlap. A string's quotes and an array's or
    /// object's brackets are part of it. Where an object has several members of a name, each of them counts.
    ///
    /// - Throws: Why the bytes are not a JSON document within the limits. Nothing is known of its values then.
    package func ranges(
        in bytes: RawSpan, scratch: ValidationScratch
    ) throws(SchemaViolation) -> [Range<Int>] {
        let scratch = scratch.state(JSONScratch.self)
        let result: Result<[Range<Int>], SchemaViolation> = bytes.withUnsafeBytes { bytes in
            scratch.withDocument(
                bytes, limits, { tape, arena in .success(ranges(tape, &arena)) }, refused: { .failure($0) })
        }
        return try result.get()
    }

    /// The bytes with a replacement, itself a JSON value, for each of the values.
    ///
    /// - Throws: As `ranges(in:scratch:)` does.
    package func masked(
        _ bytes: RawSpan, by replacement: StaticString = "\"***\"", scratch: ValidationScratch
    ) throws(SchemaViolation) -> [UInt8] {
        let ranges = try ranges(in: bytes, scratch: scratch)
        return bytes.withUnsafeBytes { bytes in
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count)
            var at = 0
            for range in ranges {
                result += bytes[at..<range.lowerBound]
                replacement.withUTF8Buffer { result += $0 }
                at = range.upperBound
            }
            return result + bytes[at...]
        }
    }

    private func ranges(_ tape: JSONTape, _ arena: inout ScratchArena) -> [Range<Int>] {
        var found: [Range<Int>] = []
        for path in paths { Self.find(path.segments[...], tape, 0, &arena, &found) }
        found.sort { $0.lowerBound != $1.lowerBound ? $0.lowerBound < $1.lowerBound : $0.upperBound > $1.upperBound }
        // Values are within one another or apart, so one that begins before the last one's end is part of it.
        var result: [Range<Int>] = []
        for range in found where range.lowerBound >= result.last?.upperBound ?? 0 { result.append(range) }
        return result
    }

    /// Recursion goes as deep as the document, which the parser bounds.
    private static func find(
        _ segments: ArraySlice<JSONPath.Segment>, _ tape: JSONTape, _ index: UInt32, _ arena: inout ScratchArena,
        _ found: inout [Range<Int>]
    ) {
        let value = tape[index]
        guard let segment = segments.first else {
            found.append(Int(value.offset)..<Int(value.offset) + Int(value.length))
            return
        }
        guard value.kind == .object || value.kind == .array else { return }
        let isObject = value.kind == .object
        var position = 0
        for child in tape.children(of: index) {
            let inner = isObject ? child + 1 : child
            let isMatch =
                switch segment {
                case .all: true
                case .element(let wanted): !isObject && position == wanted
                case .name(let name), .anywhere(let name): isObject && isNamed(name, tape, child, &arena)
                }
            if isMatch { find(segments.dropFirst(), tape, inner, &arena, &found) }
            if case .anywhere = segment { find(segments, tape, inner, &arena, &found) }
            position += 1
        }
    }

    private static func isNamed(
        _ name: [UInt8], _ tape: JSONTape, _ index: UInt32, _ arena: inout ScratchArena
    ) -> Bool {
        let mark = arena.mark
        defer { arena.release(mark) }
        let text = tape.string(tape[index], &arena)
        return name.withUnsafeBufferPointer { JSONEquality.areEqual($0, text) }
    }
}
