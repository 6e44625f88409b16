/// A JSON Schema, draft 7 or 2020-12 (or 4 or 6, read as 7), compiled for checking records.
package struct JSONSchema: RecordValidator {
    /// How it was compiled, and is evaluated.
    package let options: JSONSchemaOptions
    private let program: SchemaProgram

    /// Compiles a schema.
    ///
    /// Nothing is fetched: what it refers to is in itself, among `references`, or the metaschema of a draft.
    ///
    /// - Parameters:
    ///   - text: The schema's text.
    ///   - references: Texts of other schemas, by the URI or the name by which they are referred to. Those that are not
    ///     referred to may be anything.
    ///   - options: How to compile and evaluate it.
    /// - Throws: What is wrong and where: malformed JSON, a `$schema` that is not known, a keyword's wrong value, a
    ///   reference without target, references in a circle, a pattern that is malformed or not supported.
    package init(
        _ text: RawSpan, references: [String: [UInt8]] = [:], options: JSONSchemaOptions = JSONSchemaOptions()
    ) throws(JSONSchemaError) {
        self.options = options
        var compiler = SchemaCompiler(references: references, options: options)
        program = try compiler.compile(text)
    }

    /// Checks that the bytes are one JSON document that the schema describes.
    package func validate(_ bytes: RawSpan, scratch: ValidationScratch) -> SchemaViolation? {
        let steps = scratch.steps?.begin(bytes: bytes.byteCount) ?? options.maxSteps
        return bytes.withUnsafeBytes { bytes in
            scratch.state(JSONScratch.self).withDocument(
                bytes, options.limits,
                { tape, arena in
                    var evaluator = SchemaEvaluator(program, tape, options, arena, steps: steps)
                    defer {
                        arena = evaluator.arena
                        scratch.steps?.take(steps - evaluator.steps)
                    }
                    return evaluator.run()
                }, refused: { $0 })
        }
    }
}
