/// One of several forms that a setting may take, told by a key that only this form has, or by a word.
public struct SettingVariant<Value: Sendable>: Sendable {
    let key: String
    let summary: String
    let read: @Sendable (inout SettingsReader) -> Value?

    /// Makes a variant.
    ///
    /// - Parameters:
    ///   - key: The key, or the word, that tells this variant from the others.
    ///   - summary: One line on what it is, for the schema.
    ///   - read: Declares and reads its keys.
    public init(
        _ key: String,
        _ summary: String,
        read: @escaping @Sendable (_ reader: inout SettingsReader) -> Value?
    ) {
        self.key = key
        self.summary = summary
        self.read = read
    }
}

extension SettingType {
    /// A mapping in one of several forms, each told by a key of its own:
    /// `{ file: … }` or `{ cluster: …, topic: … }`.
    public static func oneOf(_ variants: [SettingVariant<Value>]) -> SettingType {
        let keys = variants.map(\.key)
        let list = keys.joined(separator: ", ")
        return SettingType(
            expected: "a mapping with one of the keys \(list)",
            schema: { schema in
                let forms = variants.map { variant in
                    var reader = SettingsReader(describing: schema)
                    _ = variant.read(&reader)
                    let form = reader.finishDescription(&schema)
                    return form.merging([
                        .init("description", .string(variant.summary)),
                        .init("required", form.requiring(variant.key)),
                    ])
                }
                return ["oneOf": .array(forms)]
            },
            read: { node, context in
                guard case .mapping(let entries) = node.content else {
                    context.report("expected a mapping with one of the keys \(list), found \(node.found)", at: node)
                    return nil
                }
                let present = variants.filter { variant in entries.contains { $0.key == variant.key } }
                guard let variant = present.first else {
                    let near = entries.lazy.compactMap { NearestName.of($0.key, among: keys) }.first
                    context.report("needs one of the keys \(list)", at: node, suggestion: near)
                    return nil
                }
                guard present.count == 1 else {
                    let given = present.map { "'\($0.key)'" }.joined(separator: " and ")
                    context.report("\(given) exclude each other", at: node)
                    return nil
                }
                var reader = SettingsReader(node, context)
                let value = variant.read(&reader)
                assert(
                    value == nil || reader.declaresTheSameKeys(as: .description(of: variant.read)), unconditionalKeys)
                return reader.finish(value, &context)
            },
            render: { _ in nil }
        )
    }

    /// A mapping whose other keys depend on the word under one key: `{ mode: ports, … }`.
    ///
    /// - Parameters:
    ///   - key: The key that holds the word.
    ///   - documentation: What the word decides, for the schema.
    ///   - variants: The words that are known, and what each has for keys.
    ///   - common: Declares and reads the keys that every variant has, when the word is missing or unknown.
    /// - Returns: The type of the setting.
    public static func selected(
        by key: String,
        _ documentation: String,
        _ variants: [SettingVariant<Value>],
        common: @escaping @Sendable (_ reader: inout SettingsReader) -> Void = { _ in }
    ) -> SettingType {
        let words = variants.map(\.key)
        let list = words.joined(separator: ", ")
        return SettingType(
            expected: "a mapping with the key \(key)",
            schema: { schema in
                let forms = variants.map { variant in
                    var reader = SettingsReader(describing: schema)
                    reader.declareConstant(key, variant.key, documentation)
                    _ = variant.read(&reader)
                    return reader.finishDescription(&schema).merging([.init("description", .string(variant.summary))])
                }
                return ["oneOf": .array(forms)]
            },
            read: { node, context in
                guard case .mapping = node.content else {
                    context.report("expected a mapping, found \(node.found)", at: node)
                    return nil
                }
                var reader = SettingsReader(node, context)
                if let variant = reader.variant(by: key, of: variants, list: list) {
                    reader.declareConstant(key, variant.key, documentation)
                    let value = variant.read(&reader)
                    assert(
                        value == nil
                            || reader.declaresTheSameKeys(
                                as: .description { reader in
                                    reader.declareConstant(key, variant.key, documentation)
                                    return variant.read(&reader)
                                }),
                        unconditionalKeys
                    )
                    return reader.finish(value, &context)
                }
                reader.tolerateAllKeys()
                common(&reader)
                _ = reader.finish(Value?.none, &context)
                return nil
            },
            render: { _ in nil }
        )
    }

    /// A setting with a short form, which is no mapping, and a long one, which is: `10.0.0.1` or `{ prefix: … }`.
    public static func either(_ short: SettingType, or long: SettingType) -> SettingType {
        SettingType(
            expected: "\(short.expected), or \(long.expected)",
            schema: { schema in
                let first = short.schema(&schema)
                return ["anyOf": [first, long.schema(&schema)]]
            },
            read: { node, context in
                switch node.content {
                case .mapping: return long.read(node, &context)
                case .scalar: return short.read(node, &context)
                case .sequence, .null, .invalid:
                    context.report("expected \(short.expected), or \(long.expected), found \(node.found)", at: node)
                    return nil
                }
            },
            render: { short.render($0) ?? long.render($0) }
        )
    }
}

extension SettingsReader {
    /// The variant whose word stands under `key`; what is wrong with the word is recorded.
    fileprivate mutating func variant<Value>(
        by key: String,
        of variants: [SettingVariant<Value>],
        list: String
    ) -> SettingVariant<Value>? {
        let words = variants.map(\.key)
        let known = words.isEmpty ? "none is available" : "expected one of \(list)"
        guard let entry = entry(key) else {
            let near = NearestName.of(key, among: keysInFile)
            report(
                near == nil ? "missing: \(known)" : "missing: \(known); '\(near ?? "")' stands there instead", at: key)
            return nil
        }
        if entry.value.isInvalid { return nil }
        guard case .scalar(let scalar) = entry.value.content else {
            report("\(known), found \(entry.value.found)", at: key)
            return nil
        }
        if let variant = variants.first(where: { $0.key == scalar.text }) { return variant }
        let near = scalar.written == nil ? NearestName.of(scalar.text, among: words) : nil
        report("\(known), found \(entry.value.found)", at: key, suggestion: near)
        return nil
    }
}

extension JSONValue {
    /// The list of required keys of this object's schema, with `key` in it.
    fileprivate func requiring(_ key: String) -> JSONValue {
        guard case .array(let keys)? = self["required"] else { return [.string(key)] }
        return .array(keys.contains(.string(key)) ? keys : [.string(key)] + keys)
    }
}
