/// How a JSON Schema is compiled and evaluated.
package struct JSONSchemaOptions: Sendable, Hashable {
    /// The drafts of JSON Schema that are known.
    package enum Dialect: String, Sendable, Hashable, CaseIterable {
        /// Draft 7, <http://json-schema.org/draft-07/schema>.
        case draft7 = "http://json-schema.org/draft-07/schema"
        /// Draft 2020-12, <https://json-schema.org/draft/2020-12/schema>.
        case draft2020 = "https://json-schema.org/draft/2020-12/schema"
    }

    /// The dialect of schemas without `$schema`. Default: draft 7, as schema registries have it.
    package var defaultDialect: Dialect
    /// Whether `format` is checked, for the formats in ``StringFormat``. Default: it only says what is meant.
    package var assertsFormats: Bool
    /// What a record may be at most.
    package var limits: JSONLimits
    /// The most steps that checking one record may take; a step is a value checked by a schema, a value compared with
    /// another, or 16 bytes matched with a pattern: 10 to 200 ns. At least 1. Default: 1,000,000.
    package var maxSteps: Int
    /// The most schemas that may be under way inside of one another, from 1 to 1024. Default: 512.
    package var maxEvaluationDepth: Int
    /// The most bytes of a schema and all that it refers to. Default: 4 MiB.
    package var maxSchemaBytes: Int

    /// The most levels of arrays and objects in a schema's text.
    static let maxSchemaDepth = 256
    /// The most subschemas of a schema and all that it refers to.
    static let maxNodes = 100_000
    /// What the tables of its patterns may take.
    static let maxTableBytes = 16_777_216

    /// Options; numbers out of range are moved into it.
    package init(
        defaultDialect: Dialect = .draft7, assertsFormats: Bool = false, limits: JSONLimits = JSONLimits(),
        maxSteps: Int = 1_000_000, maxEvaluationDepth: Int = 512, maxSchemaBytes: Int = 4_194_304
    ) {
        self.defaultDialect = defaultDialect
        self.assertsFormats = assertsFormats
        self.limits = limits
        self.maxSteps = max(maxSteps, 1)
        self.maxEvaluationDepth = min(max(maxEvaluationDepth, 1), 1024)
        self.maxSchemaBytes = min(max(maxSchemaBytes, 1), JSONLimits.maxBytesBound)
    }
}
