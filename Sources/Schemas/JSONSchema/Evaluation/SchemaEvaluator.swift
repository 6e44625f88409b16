import CSimdjson

/// Evaluates a compiled schema for one record.
///
/// Safety: the program and the record's tape outlive the evaluator, which lives in one call. Indices into the program's
/// tables come from the compiler, those into the tape from the parser.
struct SchemaEvaluator {
    /// Which members or items of a value were evaluated, a byte for each; none if nobody asks.
    typealias Marks = UnsafeMutableBufferPointer<UInt8>?

    let program: SchemaProgram
    let tape: JSONTape
    var arena: ScratchArena
    /// The steps that are left.
    var steps: Int
    private let options: JSONSchemaOptions
    private let nodes: UnsafePointer<SchemaNode>?
    private var depth = 0
    /// Above 0 where a failure decides nothing yet.
    private var quiet = 0
    /// The resources that are under way, the outermost first; only kept if there are dynamic references.
    private var scopes: [Int32] = []
    private let keepsScopes: Bool
    var failure: SchemaFailure?
    /// Whether the evaluation was given up: then no result of a schema means anything.
    var isStopped = false

    init(
        _ program: SchemaProgram, _ tape: JSONTape, _ options: JSONSchemaOptions, _ arena: ScratchArena, steps: Int
    ) {
        self.program = program
        self.tape = tape
        self.options = options
        self.arena = arena
        self.steps = steps
        nodes = program.nodes.elements.baseAddress
        keepsScopes = !program.dynamicAnchors.elements.isEmpty
    }

    /// Evaluates the whole.
    mutating func run() -> SchemaViolation? {
        let isValid = evaluate(program.root, 0, nil)
        if isValid, !isStopped { return nil }
        return failure?.violation(program, tape) ?? SchemaViolation("does not match its schema")
    }

    /// Notes the first failure that decides something.
    @inline(never)
    mutating func fail(
        _ keyword: SchemaKeyword, _ node: Int32, _ index: UInt32, detail: Int32 = -1
    ) -> Bool {
        if quiet == 0, failure == nil, !isStopped {
            failure = SchemaFailure(keyword: keyword, node: node, value: index, detail: detail)
        }
        return false
    }

    /// Gives up.
    @inline(never)
    mutating func stop(_ keyword: SchemaKeyword, _ node: Int32, _ index: UInt32) -> Bool {
        if !isStopped {
            isStopped = true
            failure = SchemaFailure(keyword: keyword, node: node, value: index, detail: -1)
        }
        return false
    }

    /// Takes steps; false if there are none left.
    @inline(__always)
    mutating func take(_ count: Int, _ node: Int32, _ index: UInt32) -> Bool {
        steps -= count
        return steps > 0 || stop(.steps, node, index)
    }

    /// Evaluates a node for a value, and marks what of the value is evaluated. If the node fails, there may be marks too.
    mutating func evaluate(_ number: Int32, _ index: UInt32, _ marks: Marks) -> Bool {
        guard let nodes, take(1, number, index) else { return false }
        let node = nodes + Int(number)
        let value = tape[index]
        let kind = value.kind
        if node.pointee.kinds & (1 << kind.rawValue) == 0 {
            return fail(node.pointee.isNever ? .never : .type, number, index)
        }
        if node.pointee.isIntegersOnly, kind == .number, value.isMarked {
            guard take(Int(value.length) / 16, number, index) else { return false }
            if !JSONNumber(tape.text(value)).isInteger { return fail(.type, number, index) }
        }
        if node.pointee.constants.count > 0 || node.pointee.constant >= 0 {
            guard matchesConstants(node, number, index) else { return false }
        }
        switch kind {
        case .number:
            if node.pointee.number >= 0, !evaluateNumber(node.pointee.number, number, index) { return false }
        case .string:
            if node.pointee.string >= 0, !evaluateString(node.pointee.string, number, index) { return false }
        case .array, .object: return evaluateContainer(node, number, index, kind, marks)
        default: break
        }
        if node.pointee.applicators.count == 0 { return true }
        return nested(node, number, index) { evaluator in evaluator.apply(node, number, index, nil) }
    }

    /// Does what lies one level deeper.
    @inline(__always)
    private mutating func nested(
        _ node: UnsafePointer<SchemaNode>, _ number: Int32, _ index: UInt32, _ body: (inout Self) -> Bool
    ) -> Bool {
        guard depth < options.maxEvaluationDepth else { return stop(.depth, number, index) }
        depth += 1
        let entersScope = keepsScopes && scopes.last != node.pointee.resource
        if entersScope { scopes.append(node.pointee.resource) }
        let result = body(&self)
        if entersScope { scopes.removeLast() }
        depth -= 1
        return result
    }

    private mutating func evaluateContainer(
        _ node: UnsafePointer<SchemaNode>, _ number: Int32, _ index: UInt32, _ kind: JSONKind, _ outer: Marks
    ) -> Bool {
        nested(node, number, index) { evaluator in
            let unevaluated =
                kind == .array ? node.pointee.unevaluatedItems : node.pointee.unevaluatedProperties
            let mark = evaluator.arena.mark
            defer { evaluator.arena.release(mark) }
            var marks = outer
            if unevaluated >= 0 {
                // Marks of its own: what those around have evaluated does not count here.
                let count = evaluator.tape[index].elementCount
                guard evaluator.take(count / 16, number, index) else { return false }
                marks = evaluator.arena.allocateZeros(count)
            }
            if kind == .array {
                let rules = node.pointee.array
                if rules >= 0, !evaluator.evaluateArray(rules, number, index, marks) { return false }
            } else {
                let rules = node.pointee.object
                if rules >= 0, !evaluator.evaluateObject(rules, number, index, marks) { return false }
            }
            if node.pointee.applicators.count > 0, !evaluator.apply(node, number, index, marks) { return false }
            guard unevaluated >= 0, let marks else { return true }
            guard evaluator.evaluateRest(unevaluated, index, kind, marks) else { return false }
            if let outer { Self.merge(marks, into: outer) }
            return true
        }
    }

    /// Evaluates what was not evaluated otherwise.
    private mutating func evaluateRest(
        _ rest: Int32, _ index: UInt32, _ kind: JSONKind, _ marks: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var position = 0
        for child in tape.children(of: index) {
            if marks[position] == 0 {
                guard evaluate(rest, kind == .object ? child + 1 : child, nil) else { return false }
                marks[position] = 1
            }
            position += 1
        }
        return true
    }

    private static func merge(
        _ marks: UnsafeMutableBufferPointer<UInt8>, into outer: UnsafeMutableBufferPointer<UInt8>
    ) {
        for position in 0..<min(marks.count, outer.count) { outer[position] |= marks[position] }
    }

    // MARK: Applicators

    private mutating func apply(
        _ node: UnsafePointer<SchemaNode>, _ number: Int32, _ index: UInt32, _ marks: Marks
    ) -> Bool {
        let lists = program.lists.elements
        for place in node.pointee.applicators.indices {
            let applicator = program.applicators.elements[place]
            let range = applicator.nodes.indices
            switch applicator.kind {
            case .reference, .allOf:
                for item in range {
                    guard evaluate(lists[item], index, marks) else { return false }
                }
            case .dynamicReference:
                let looked = scopes.count * program.dynamicAnchors.elements.count
                guard take(looked / 16, number, index), evaluate(dynamicTarget(range), index, marks) else {
                    return false
                }
            case .anyOf:
                var isMatch = false
                for item in range {
                    if attempt(lists[item], index, marks) {
                        isMatch = true
                        // Where marks are asked for, each branch that matches adds its own.
                        if marks == nil { break }
                    }
                    if isStopped { return false }
                }
                guard isMatch else { return fail(.anyOf, number, index) }
            case .oneOf:
                var matches = 0
                for item in range {
                    if attempt(lists[item], index, marks) { matches += 1 }
                    if isStopped { return false }
                    if matches > 1 { return fail(.oneOfMany, number, index) }
                }
                guard matches == 1 else { return fail(.oneOf, number, index) }
            case .not:
                let isMatch = attempt(lists[range.lowerBound], index, nil)
                if isStopped { return false }
                guard !isMatch else { return fail(.not, number, index) }
            case .condition:
                let isMatch = attempt(lists[range.lowerBound], index, marks)
                if isStopped { return false }
                let next = lists[range.lowerBound + (isMatch ? 1 : 2)]
                guard next < 0 || evaluate(next, index, marks) else { return false }
            }
        }
        return true
    }

    /// Does something whose failures decide nothing yet.
    @inline(__always)
    mutating func quietly(_ body: (inout Self) -> Bool) -> Bool {
        quiet += 1
        defer { quiet -= 1 }
        return body(&self)
    }

    /// Evaluates a node whose failure decides nothing yet, and takes over its marks if it matches.
    private mutating func attempt(_ number: Int32, _ index: UInt32, _ marks: Marks) -> Bool {
        quiet += 1
        defer { quiet -= 1 }
        guard let marks, marks.count > 0 else { return evaluate(number, index, nil) }
        guard take(marks.count / 16, number, index) else { return false }
        let mark = arena.mark
        defer { arena.release(mark) }
        let own = arena.allocateZeros(marks.count)
        guard evaluate(number, index, own) else { return false }
        Self.merge(own, into: marks)
        return true
    }

    /// The node that a dynamic reference is: that of the outermost resource under way that has its anchor.
    private func dynamicTarget(_ range: Range<Int>) -> Int32 {
        let lists = program.lists.elements
        let anchor = lists[range.lowerBound + 1]
        guard anchor >= 0 else { return lists[range.lowerBound] }
        for scope in scopes {
            for entry in program.dynamicAnchors.elements where entry.anchor == anchor && entry.resource == scope {
                return entry.node
            }
        }
        return lists[range.lowerBound]
    }
}
