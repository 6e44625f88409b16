/// Turns an Avro schema into a program.
///
/// Records are laid out where they are used. What contains itself, and what is used so often that the program would get
/// long, is laid out once and called.
struct AvroCompiler {
    /// Bounds on programs.
    private enum Limit {
        /// Once so many types have been laid out, records are called, not laid out again. What has no bytes or is merged
        /// with what is before it makes no steps, so these cannot be counted.
        static let inlineTypes = 4096
        /// The most steps.
        static let steps = 1 << 20
        /// How deep records may be laid out in one another.
        static let inlineDepth = 64
    }

    private let namedTypes: [AvroNamedType]
    private let options: AvroOptions
    /// The fewest bytes of each named type; `Int.max` if there is no end to it.
    private let sizes: [Int]
    private var program = AvroProgram()
    /// Steps before this one may be jumped behind, so nothing is merged with them.
    private var barrier = 0
    private var laid = 0
    private var loops = 0
    private var deepestLoop = 0
    private var open: Set<Int> = []
    private var routines: [Int: Int] = [:]
    private var calls: [(step: Int, type: Int)] = []

    /// Compiles a schema.
    ///
    /// - Throws: ``SchemaError`` if a type contains itself without end, or the program would be too long.
    static func compile(_ schema: AvroSchema, options: AvroOptions) throws(SchemaError) -> AvroProgram {
        var compiler = try AvroCompiler(schema, options: options)
        try compiler.lay(schema.type, at: -1)
        compiler.append(.init(code: .end), at: -1)
        var next = 0
        while next < compiler.calls.count {
            let call = compiler.calls[next]
            next += 1
            let routine: Int
            if let known = compiler.routines[call.type] {
                routine = known
            } else {
                routine = compiler.program.instructions.count
                compiler.routines[call.type] = routine
                compiler.barrier = routine
                let place = compiler.place(compiler.namedTypes[call.type].name, in: -1)
                try compiler.layRecord(call.type, at: place)
                compiler.append(.init(code: .return), at: place)
            }
            compiler.program.instructions[call.step].first = Int32(routine)
        }
        compiler.program.frames =
            compiler.calls.isEmpty ? min(compiler.deepestLoop, options.maxDepth) : options.maxDepth
        compiler.program.maxEmptyItems = options.maxEmptyItems
        return compiler.program
    }

    private init(_ schema: AvroSchema, options: AvroOptions) throws(SchemaError) {
        namedTypes = schema.namedTypes
        self.options = options
        var sizes = [Int](repeating: .max, count: namedTypes.count)
        var changes = true
        while changes {
            changes = false
            // What a type refers to is mostly defined inside it, so behind it.
            for index in namedTypes.indices.reversed() where sizes[index] == .max {
                let size = Self.size(of: namedTypes[index].kind, sizes)
                if size != .max {
                    sizes[index] = size
                    changes = true
                }
            }
        }
        if let endless = sizes.firstIndex(of: .max) {
            throw SchemaError("the Avro type \(namedTypes[endless].name) contains itself without end")
        }
        self.sizes = sizes
    }

    private static func size(of kind: AvroNamedType.Kind, _ sizes: [Int]) -> Int {
        switch kind {
        case .unfinished: return .max
        case .enumeration: return 1
        case .fixed(let size, _): return size
        case .record(let fields):
            var total = 0
            for field in fields { total = sum(total, size(of: field.type, sizes)) }
            return total
        }
    }

    /// The fewest bytes of a type; `Int.max` if there is no end to it, or not yet.
    private static func size(of type: AvroType, _ sizes: [Int]) -> Int {
        switch type {
        case .null: return 0
        case .boolean, .int, .long, .bytes, .string, .array, .map: return 1
        case .decimal: return 2
        case .float: return 4
        case .double: return 8
        case .uuid: return 37
        case .union(let branches):
            // At least one byte each: branches are not looked into unless all of them are endless.
            let least = branches.lazy.map { size(of: $0, sizes) }.min() ?? 0
            return least == .max ? .max : 1
        case .named(let index): return sizes[index]
        }
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }

    private func size(of type: AvroType) -> Int { Self.size(of: type, sizes) }

    private mutating func place(_ name: String, in parent: Int32) -> Int32 {
        program.places.append(.init(parent: parent, name: name))
        return Int32(program.places.count - 1)
    }

    private mutating func append(_ instruction: AvroInstruction, at place: Int32) {
        program.instructions.append(instruction)
        program.origins.append(place)
    }

    private mutating func lay(_ type: AvroType, at place: Int32) throws(SchemaError) {
        laid += 1
        guard program.instructions.count < Limit.steps else { throw SchemaError("the Avro schema is too long") }
        switch type {
        case .null: break
        case .boolean: append(.init(code: .boolean), at: place)
        case .int: append(.init(code: .int), at: place)
        case .long: append(.init(code: .long), at: place)
        case .float: skip(4, at: place)
        case .double: skip(8, at: place)
        case .bytes: append(.init(code: .bytes), at: place)
        case .string: append(.init(code: .string), at: place)
        case .decimal(let precision):
            let code: AvroInstruction.Code = options.checksLogicalTypes ? .decimal : .bytes
            append(.init(code: code, first: Int32(clamping: precision)), at: place)
        case .uuid: append(.init(code: options.checksLogicalTypes ? .uuid : .string), at: place)
        case .array(let items): try layBlocks(of: items, hasKeys: false, at: place)
        case .map(let values): try layBlocks(of: values, hasKeys: true, at: place)
        case .union(let branches): try layUnion(branches, at: place)
        case .named(let index): try layNamed(index, at: place)
        }
    }

    private mutating func skip(_ count: Int, at place: Int32) {
        guard count > 0 else { return }
        if program.instructions.count > barrier, let last = program.instructions.last, last.code == .skip {
            let (sum, overflows) = last.first.addingReportingOverflow(Int32(count))
            if !overflows {
                program.instructions[program.instructions.count - 1].first = sum
                return
            }
        }
        append(.init(code: .skip, first: Int32(count)), at: place)
    }

    private mutating func layNamed(_ index: Int, at place: Int32) throws(SchemaError) {
        switch namedTypes[index].kind {
        case .unfinished: break
        case .enumeration(let symbols):
            append(.init(code: .enumeration, first: Int32(clamping: symbols)), at: place)
        case .fixed(let size, let precision):
            if let precision, options.checksLogicalTypes {
                append(
                    .init(code: .fixedDecimal, first: Int32(size), second: Int32(clamping: precision)), at: place)
            } else {
                skip(size, at: place)
            }
        case .record:
            guard sizes[index] > 0 else { return }
            if open.contains(index) || laid > Limit.inlineTypes || open.count >= Limit.inlineDepth {
                calls.append((program.instructions.count, index))
                append(.init(code: .call), at: place)
            } else {
                try layRecord(index, at: place)
            }
        }
    }

    private mutating func layRecord(_ index: Int, at place: Int32) throws(SchemaError) {
        guard case .record(let fields) = namedTypes[index].kind else { return }
        let wasOpen = !open.insert(index).inserted
        for field in fields {
            try lay(field.type, at: self.place(field.name, in: place))
        }
        if !wasOpen { open.remove(index) }
    }

    private mutating func layBlocks(of items: AvroType, hasKeys: Bool, at place: Int32) throws(SchemaError) {
        let size = hasKeys ? Self.sum(1, size(of: items)) : size(of: items)
        guard size > 0 else {
            append(.init(code: .emptyItems), at: place)
            return
        }
        let blocks = program.instructions.count
        append(.init(code: .blocks, second: Int32(clamping: size)), at: place)
        barrier = program.instructions.count
        loops += 1
        deepestLoop = max(deepestLoop, loops)
        let inner = self.place("*", in: place)
        if hasKeys { append(.init(code: .string), at: inner) }
        try lay(items, at: inner)
        append(.init(code: .next, first: Int32(blocks + 1)), at: place)
        loops -= 1
        program.instructions[blocks].first = Int32(program.instructions.count)
        barrier = program.instructions.count
    }

    private mutating func layUnion(_ types: [AvroType], at place: Int32) throws(SchemaError) {
        if types.count == 2, let null = types.firstIndex(of: .null) {
            let other = types[1 - null]
            switch other {
            case .string: append(.init(code: .optionalString, first: Int32(null)), at: place)
            case .long: append(.init(code: .optionalLong, first: Int32(null)), at: place)
            default:
                let step = program.instructions.count
                append(.init(code: .optional, first: Int32(null)), at: place)
                barrier = program.instructions.count
                try lay(other, at: place)
                program.instructions[step].second = Int32(program.instructions.count)
                barrier = program.instructions.count
            }
            return
        }
        let table = program.branches.count
        append(.init(code: .union, first: Int32(table), second: Int32(types.count)), at: place)
        program.branches.append(contentsOf: repeatElement(0, count: types.count))
        var jumps: [Int] = []
        for (index, type) in types.enumerated() {
            program.branches[table + index] = Int32(program.instructions.count)
            barrier = program.instructions.count
            try lay(type, at: place)
            jumps.append(program.instructions.count)
            append(.init(code: .jump), at: place)
        }
        for jump in jumps { program.instructions[jump].first = Int32(program.instructions.count) }
        barrier = program.instructions.count
    }
}
