/// Which keywords a schema resource has.
struct SchemaDialect: Sendable, Hashable {
    /// The draft that says what keywords mean.
    let draft: JSONSchemaOptions.Dialect
    /// The vocabulary of `type`, `minimum`, `required` and their like.
    var validates = true
    /// The vocabulary of keywords that apply schemas.
    var applies = true
    /// The vocabulary of `unevaluatedItems` and `unevaluatedProperties`.
    var hasUnevaluated = true
    /// The vocabulary in which `format` is checked.
    var assertsFormats = false

    init(_ draft: JSONSchemaOptions.Dialect) {
        self.draft = draft
        hasUnevaluated = draft == .draft2020
    }

    private static let prefix = "https://json-schema.org/draft/2020-12/vocab/"

    /// The dialect of a metaschema's `$vocabulary`: names and whether they must be known.
    init(vocabularies: [(name: String, isRequired: Bool)]) throws(UnknownVocabulary) {
        draft = .draft2020
        (validates, applies, hasUnevaluated) = (false, false, false)
        for (name, isRequired) in vocabularies {
            switch name.hasPrefix(Self.prefix) ? name.dropFirst(Self.prefix.count) : "" {
            case "validation": validates = true
            case "applicator": applies = true
            case "unevaluated": hasUnevaluated = true
            case "format-assertion": assertsFormats = true
            case "core", "meta-data", "content", "format-annotation": break
            default:
                if isRequired { throw UnknownVocabulary(name: name) }
            }
        }
    }
}

/// A vocabulary that a metaschema asks for, and that is not known.
struct UnknownVocabulary: Error {
    let name: String
}
