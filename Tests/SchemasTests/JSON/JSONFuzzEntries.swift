import Schemas

/// What the fuzz targets of JSON do with their bytes. A promise that is broken traps, which is what a fuzzer finds.
package enum JSONFuzzEntries {
    /// All entries, by the name of their target and its corpus.
    package static let all: [String: @Sendable (UnsafeRawBufferPointer) -> Void] = [
        "json": syntax, "json_schema": schema,
    ]

    /// Reads a document, which another reader must find as good or bad; what is masked in it is still a document.
    @Sendable
    package static func syntax(_ bytes: UnsafeRawBufferPointer) {
        let limits = JSONLimits(maxBytes: 100_000, maxDepth: 40)
        let scratch = ValidationScratch()
        let text = Array(bytes)
        let isGood = JSONSyntaxValidator(limits: limits).validate(text.span.bytes, scratch: scratch) == nil
        let isGoodElsewhere = PlainJSONReader.isDocument(text, maxDepth: limits.maxDepth)
        precondition(isGood == isGoodElsewhere, "two readers differ")
        let strict = JSONLimits(maxBytes: 100_000, maxDepth: 40, refusesDuplicateNames: true)
        let isStrictlyGood = JSONSyntaxValidator(limits: strict).validate(text.span.bytes, scratch: scratch) == nil
        precondition(isGood || !isStrictlyGood, "what is refused must not be taken by a stricter validator")
        for path in ["$.a", "$..a", "$[*].b", "$.*[0]"] {
            guard let path = try? JSONPath(parsing: path) else { preconditionFailure("no path") }
            let mask = JSONPathMask([path], limits: limits)
            guard let masked = try? mask.masked(text.span.bytes, by: "0", scratch: scratch) else {
                precondition(!isGood, "a document must be masked")
                continue
            }
            let violation = JSONSyntaxValidator(limits: limits).validate(masked.span.bytes, scratch: scratch)
            precondition(isGood && violation == nil, "what is masked is no document")
        }
    }

    /// Compiles the schema in front of the first zero, and checks the record behind it; what matches must not match the
    /// schema's negation, and the other way round.
    @Sendable
    package static func schema(_ bytes: UnsafeRawBufferPointer) {
        let all = Array(bytes)
        guard let zero = all.firstIndex(of: 0), zero < 10_000 else { return }
        let text = Array(all[..<zero])
        let record = Array(all[(zero + 1)...])
        let options = JSONSchemaOptions(assertsFormats: true, maxSteps: 20_000)
        guard let schema = try? JSONSchema(text.span.bytes, options: options) else { return }
        let scratch = ValidationScratch()
        let violation = schema.validate(record.span.bytes, scratch: scratch)
        precondition(violation == schema.validate(record.span.bytes, scratch: scratch), "two results differ")
        let negation = Array(#"{"not":{"$ref":"positive"}}"#.utf8)
        guard JSONSyntaxValidator().validate(record.span.bytes, scratch: scratch) == nil,
            let negative = try? JSONSchema(negation.span.bytes, references: ["positive": text], options: options)
        else { return }
        let other = negative.validate(record.span.bytes, scratch: scratch)
        let isGivenUp = [violation, other].contains { violation in
            violation.map { $0.reason.contains("too many steps") || $0.reason.contains("too deeply") } ?? false
        }
        precondition(isGivenUp || (violation == nil) != (other == nil), "neither a schema nor its negation decides")
    }
}
