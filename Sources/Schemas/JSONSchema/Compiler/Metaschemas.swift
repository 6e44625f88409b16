/// The metaschemas that the drafts are published with, at <https://json-schema.org>, under the Academic Free License 3.0
/// or the BSD license.
enum Metaschemas {
    /// The text of a metaschema by its URI.
    static func text(of uri: String) -> String? { texts[uri] }

    private static let texts: [String: String] = [
        "http://json-schema.org/draft-07/schema": draft7,
        "https://json-schema.org/draft/2020-12/schema": schema2020,
        "https://json-schema.org/draft/2020-12/meta/applicator": applicator,
        "https://json-schema.org/draft/2020-12/meta/content": content,
        "https://json-schema.org/draft/2020-12/meta/core": core,
        "https://json-schema.org/draft/2020-12/meta/format-annotation": formatAnnotation,
        "https://json-schema.org/draft/2020-12/meta/format-assertion": formatAssertion,
        "https://json-schema.org/draft/2020-12/meta/meta-data": metaData,
        "https://json-schema.org/draft/2020-12/meta/unevaluated": unevaluated,
        "https://json-schema.org/draft/2020-12/meta/validation": validation,
    ]
}
