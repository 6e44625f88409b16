import CSimdjson

/// The keywords that can fail, and the bounds of an evaluation.
enum SchemaKeyword: UInt8, Sendable {
    case never, type, enumeration, constant
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf
    case minLength, maxLength, pattern, format
    case minItems, maxItems, uniqueItems, contains, maxContains
    case minProperties, maxProperties, required, dependentRequired
    case anyOf, oneOf, oneOfMany, not
    case steps, depth
}

/// A failure, as it is noted when it is found; its words are made when it is told.
struct SchemaFailure: Sendable {
    let keyword: SchemaKeyword
    let node: Int32
    let value: UInt32
    /// A name's index, where one is missing.
    let detail: Int32

    /// The failure in words, with the place in the record and the one in the schema.
    func violation(_ program: SchemaProgram, _ tape: JSONTape) -> SchemaViolation {
        let (rule, keyword) = words(program)
        let base = program.location(node)
        let location = keyword.isEmpty ? base : "\(base)/\(keyword)"
        return SchemaViolation("\(rule) (\(location))", at: .path(tape.pointer(to: value)))
    }

    /// The rule in words, and the keyword that has it.
    private func words(_ program: SchemaProgram) -> (String, String) {
        let node = program.nodes.elements[Int(node)]
        switch keyword {
        case .never: return ("is not allowed here", "")
        case .type: return ("must be \(Self.types(node))", "type")
        case .enumeration: return ("must be one of the values listed", "enum")
        case .constant: return ("must be the value given", "const")
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum, .multipleOf:
            return numberWords(program, program.numbers.elements[Int(node.number)])
        case .minLength, .maxLength, .pattern, .format:
            return stringWords(program, program.strings.elements[Int(node.string)])
        case .minItems, .maxItems, .uniqueItems, .contains, .maxContains:
            return arrayWords(program.arrays.elements[Int(node.array)])
        case .minProperties, .maxProperties, .required, .dependentRequired:
            return objectWords(program, program.objects.elements[Int(node.object)])
        case .anyOf: return ("must match at least one of the schemas", "anyOf")
        case .oneOf: return ("must match one of the schemas, and matches none", "oneOf")
        case .oneOfMany: return ("must match one of the schemas only, and matches several", "oneOf")
        case .not: return ("must not match the schema", "not")
        case .steps: return ("takes too many steps to check", "")
        case .depth: return ("its schemas are nested too deeply", "")
        }
    }

    private static func types(_ node: SchemaNode) -> String {
        let names: [(JSONKind, String)] = [
            (.null, "null"), (.true, "a boolean"), (.number, node.isIntegersOnly ? "an integer" : "a number"),
            (.string, "a string"), (.array, "an array"), (.object, "an object"),
        ]
        let allowed = names.filter { node.kinds & 1 << $0.0.rawValue != 0 }.map(\.1)
        return allowed.isEmpty ? "of no type" : allowed.joined(separator: " or ")
    }

    private func numberWords(_ program: SchemaProgram, _ rules: NumberRules) -> (String, String) {
        func text(_ constant: Int32) -> String {
            let constant = program.constants.elements[Int(constant)]
            return String(decoding: constant.tape.text(constant.tape[constant.index]).prefix(40), as: UTF8.self)
        }
        return switch keyword {
        case .minimum: ("must be >= \(text(rules.minimum))", "minimum")
        case .maximum: ("must be <= \(text(rules.maximum))", "maximum")
        case .exclusiveMinimum: ("must be > \(text(rules.exclusiveMinimum))", "exclusiveMinimum")
        case .exclusiveMaximum: ("must be < \(text(rules.exclusiveMaximum))", "exclusiveMaximum")
        default: ("must be a multiple of \(text(rules.multipleOf))", "multipleOf")
        }
    }

    private func stringWords(_ program: SchemaProgram, _ rules: StringRules) -> (String, String) {
        switch keyword {
        case .minLength: ("must have at least \(rules.minLength) characters", "minLength")
        case .maxLength: ("must have at most \(rules.maxLength) characters", "maxLength")
        case .pattern:
            ("must match the pattern \(program.patterns[Int(rules.pattern)].text.prefix(100))", "pattern")
        default: ("must have the format \(StringFormat(rawValue: rules.format)?.name ?? "")", "format")
        }
    }

    private func arrayWords(_ rules: ArrayRules) -> (String, String) {
        switch keyword {
        case .minItems: ("must have at least \(rules.minItems) items", "minItems")
        case .maxItems: ("must have at most \(rules.maxItems) items", "maxItems")
        case .uniqueItems: ("must not be equal to an item before it", "uniqueItems")
        case .contains: ("must contain at least \(rules.minContains) items that match", "contains")
        default: ("must contain at most \(rules.maxContains) items that match", "maxContains")
        }
    }

    private func objectWords(_ program: SchemaProgram, _ rules: ObjectRules) -> (String, String) {
        func name() -> String {
            guard detail >= 0 else { return "" }
            let entry = program.names.elements[Int(detail)]
            let bytes = program.nameBytes.elements[Int(entry.offset)..<Int(entry.offset) + Int(entry.length)]
            return String(decoding: bytes.prefix(100), as: UTF8.self)
        }
        return switch keyword {
        case .minProperties: ("must have at least \(rules.minProperties) members", "minProperties")
        case .maxProperties: ("must have at most \(rules.maxProperties) members", "maxProperties")
        case .required: ("must have the member '\(name())'", "required")
        default: ("must have the member '\(name())' beside another", "dependentRequired")
        }
    }
}
