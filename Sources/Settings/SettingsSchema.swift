/// Collects the JSON Schema of settings, with the definitions that several of them share.
struct SettingsSchema {
    private(set) var definitions: [JSONValue.Member] = []
    private var known: Set<String> = []

    /// A reference to the definition called `name`, which is made on first use.
    mutating func reference(to name: String, _ make: (inout SettingsSchema) -> JSONValue) -> JSONValue {
        if known.insert(name).inserted {
            let definition = make(&self)
            definitions.append(.init(name, definition))
        }
        return ["$ref": .string("#/$defs/\(name)")]
    }

    /// `schema`, or text in which variables of the environment are expanded, whose value no editor can know.
    mutating func orVariable(_ schema: JSONValue) -> JSONValue {
        let variable = reference(to: "environment_variable") { _ in
            [
                "type": "string",
                "description": "Text in which a variable of the environment is expanded.",
                "pattern": #"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"#,
            ]
        }
        return ["anyOf": [schema, variable]]
    }

    /// The whole document: `root` with the definitions it needs.
    func document(_ root: JSONValue, title: String, description: String) -> JSONValue {
        let head: [JSONValue.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", .string(title)),
            .init("description", .string(description)),
        ]
        let sorted = definitions.sorted { $0.key < $1.key }
        let tail: [JSONValue.Member] = sorted.isEmpty ? [] : [.init("$defs", .object(sorted))]
        guard case .object(let members) = root else { return .object(head + tail) }
        return .object(head + members + tail)
    }
}
