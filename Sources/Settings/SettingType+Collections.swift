extension SettingType {
    /// A list.
    ///
    /// - Parameters:
    ///   - element: What stands in it.
    ///   - count: How many elements are accepted.
    /// - Returns: The type of the setting.
    public static func list<Element>(
        of element: SettingType<Element>,
        count: ClosedRange<Int> = 0...10_000
    ) -> SettingType where Value == [Element] {
        SettingType(
            expected: "a list",
            schema: { schema in
                var members: [JSONValue.Member] = [.init("type", "array"), .init("items", element.schema(&schema))]
                if count.lowerBound > 0 { members.append(.init("minItems", .integer(count.lowerBound))) }
                members.append(.init("maxItems", .integer(count.upperBound)))
                return .object(members)
            },
            read: { node, context in
                guard case .sequence(let nodes) = node.content else {
                    context.report("expected a list, found \(node.found)", at: node)
                    return nil
                }
                guard count.contains(nodes.count) else {
                    let bound =
                        nodes.count < count.lowerBound
                        ? "needs at least \(count.lowerBound)" : "may have at most \(count.upperBound)"
                    context.report("\(bound) of them, found \(nodes.count)", at: node)
                    return nil
                }
                let readings = nodes.map { element.readElement($0, &context) }
                let found = readings.compactMap(\.self)
                guard found.count == readings.count else { return nil }
                return SettingReading(value: found.map(\.value), effective: .array(found.map(\.effective)))
            },
            render: { values in
                let rendered = values.compactMap { element.render($0) }
                return rendered.count == values.count ? .array(rendered) : nil
            }
        )
    }

    /// One value, or a list of them.
    public static func oneOrMore<Element>(
        of element: SettingType<Element>,
        atMost limit: Int = 1000
    ) -> SettingType where Value == [Element] {
        let list = list(of: element, count: 1...limit)
        return SettingType(
            expected: "\(element.expected), or a list of them",
            schema: { schema in
                let one = element.schema(&schema)
                return ["anyOf": [one, list.schema(&schema)]]
            },
            read: { node, context in
                if case .sequence = node.content { return list.read(node, &context) }
                return element.readElement(node, &context).map { reading in
                    SettingReading(value: [reading.value], effective: .array([reading.effective]))
                }
            },
            render: list.render
        )
    }

    /// A mapping whose keys the user chooses.
    ///
    /// - Parameters:
    ///   - keys: What a key may be.
    ///   - element: What stands under each.
    ///   - count: How many keys are accepted.
    /// - Returns: The type of the setting.
    public static func dictionary<Key: Hashable, Element>(
        keys: SettingType<Key>,
        of element: SettingType<Element>,
        count: ClosedRange<Int> = 0...10_000
    ) -> SettingType where Value == [Key: Element] {
        SettingType(
            expected: "a mapping",
            schema: { schema in
                var members: [JSONValue.Member] = [
                    .init("type", "object"),
                    .init("additionalProperties", element.schema(&schema)),
                ]
                if count.lowerBound > 0 { members.append(.init("minProperties", .integer(count.lowerBound))) }
                members.append(.init("maxProperties", .integer(count.upperBound)))
                return .object(members)
            },
            read: { node, context in
                guard case .mapping(let entries) = node.content else {
                    context.report("expected a mapping, found \(node.found)", at: node)
                    return nil
                }
                guard count.contains(entries.count) else {
                    let bound =
                        entries.count < count.lowerBound
                        ? "needs at least \(count.lowerBound)" : "may have at most \(count.upperBound)"
                    context.report("\(bound) keys, found \(entries.count)", at: node)
                    return nil
                }
                var values: [Key: Element] = [:]
                var effective: [JSONValue.Member] = []
                var isComplete = true
                for entry in entries {
                    let keyNode = SettingsNode(
                        .scalar(.init(text: entry.key)), mark: entry.mark, path: entry.value.path)
                    let key = keys.read(keyNode, &context)
                    let value = element.readElement(entry.value, &context)
                    guard let key, let value else {
                        isComplete = false
                        continue
                    }
                    if values.updateValue(value.value, forKey: key.value) != nil {
                        context.report("the same key as another", at: keyNode)
                        isComplete = false
                    }
                    effective.append(.init(entry.key, value.effective))
                }
                return isComplete ? SettingReading(value: values, effective: .object(effective)) : nil
            },
            render: { $0.isEmpty ? .object([]) : nil }
        )
    }

    /// A mapping whose keys are names that the user chooses.
    public static func dictionary<Element>(
        of element: SettingType<Element>,
        count: ClosedRange<Int> = 0...10_000
    ) -> SettingType where Value == [String: Element] {
        .dictionary(keys: .string(), of: element, count: count)
    }

    /// Reads an element, whose place in a list or mapping may be empty.
    fileprivate func readElement(_ node: SettingsNode, _ context: inout SettingsContext) -> SettingReading<Value>? {
        if node.isInvalid { return nil }
        if node.isNull {
            context.report("has no value: expected \(expected)", at: node)
            return nil
        }
        return read(node, &context)
    }
}
