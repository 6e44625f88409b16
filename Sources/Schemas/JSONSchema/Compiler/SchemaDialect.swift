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
    /// True for draft 4, which is read as draft 7 but for what it calls `id`, and for bounds that booleans make exclusive.
    /// Keywords that came later have their later meaning.
    private(set) var isDraft4 = false

    /// The dialect of a draft's metaschema; nil if it is none that is known.
    ///
    /// Draft 6 has the keywords of draft 7, without some. Draft 4 is what Confluent's serializer for .NET registers.
    ///
    /// - Parameter uri: without a fragment.
    init?(metaschema uri: String) {
        switch uri {
        case "http://json-schema.org/draft-04/schema":
            self.init(.draft7)
            isDraft4 = true
        case "http://json-schema.org/draft-06/schema": self.init(.draft7)
        default:
            guard let draft = JSONSchemaOptions.Dialect(rawValue: uri) else { return nil }
            self.init(draft)
        }
    }

    /// The keyword that gives a schema its URI.
    var idKeyword: String { isDraft4 ? "id" : "$id" }

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
