import KafkaMessages
import KafkaWire

/// Turns the layout of a message into the steps of a walk.
struct WalkCompiler {
    let version: Int16
    let flexible: Bool
    let roles: FieldRoles
    let elementRoles: FieldRoles
    private(set) var steps = ContiguousArray<WalkStep>()
    private(set) var tagTables = ContiguousArray<ContiguousArray<TagEntry>>()
    private(set) var deepest = 0
    private var depth = 0

    init(version: Int16, flexible: Bool, roles: FieldRoles, elementRoles: FieldRoles) {
        self.version = version
        self.flexible = flexible
        self.roles = roles
        self.elementRoles = elementRoles
    }

    /// Adds a step; runs of skips become one.
    mutating func emit(_ step: WalkStep) {
        if step.code == .skip, let last = steps.last, last.code == .skip, !isJumpTarget(steps.count) {
            steps[steps.count - 1].a += step.a
            return
        }
        steps.append(step)
    }

    /// The steps that a jump may lead to; nothing may be folded into what stands before them.
    private var jumpTargets: Set<Int> = []

    private func isJumpTarget(_ step: Int) -> Bool {
        jumpTargets.contains(step)
    }

    /// Adds the steps of a structure, its section of tagged fields included.
    mutating func compile(_ fields: [FieldLayout]) {
        for field in fields where field.versions.contains(version) && !isTagged(field) {
            compile(field)
        }
        guard flexible else { return }
        compileTags(fields.filter { $0.versions.contains(version) && isTagged($0) })
    }

    private func isTagged(_ field: FieldLayout) -> Bool {
        field.taggedVersions?.contains(version) ?? false
    }

    private func wants(_ field: FieldLayout) -> Bool {
        roles.has(field.role) || wants(field.type)
    }

    private func wants(_ type: FieldType) -> Bool {
        switch type {
        case .structure(let fields): fields.contains { $0.versions.contains(version) && wants($0) }
        case .array(let element): wants(element)
        default: false
        }
    }

    private mutating func compile(_ field: FieldLayout) {
        let role = roles.has(field.role) ? field.role : .none
        switch field.type {
        case .structure(let fields):
            guard field.nullableVersions?.contains(version) ?? false else {
                compile(fields)
                return
            }
            let start = steps.count
            steps.append(WalkStep(.optionalStructure))
            jumpTargets.insert(steps.count)
            compile(fields)
            steps[start].a = Int32(steps.count)
            jumpTargets.insert(steps.count)
        case .array(let element):
            compileArray(of: element, role: role)
        default:
            compile(scalar: field.type, role: role)
        }
    }

    private mutating func compile(scalar type: FieldType, role: FieldRole) {
        if let size = type.fixedSize {
            emit(WalkStep(role == .none ? .skip : .fixed, role: role, a: Int32(size)))
            return
        }
        let code: WalkCode =
            switch type {
            case .string: flexible ? .compactString : .string
            case .records: flexible ? .compactRecords : .records
            default: flexible ? .compactBytes : .bytes
            }
        emit(WalkStep(code, role: role))
    }

    private mutating func compileArray(of element: FieldType, role: FieldRole) {
        if role == .none, let size = element.fixedSize {
            emit(WalkStep(flexible ? .compactFixedArray : .fixedArray, a: Int32(size)))
            return
        }
        // An array of names or of structures with a name: what is left out is one of its elements.
        var reportsElements = elementRoles.has(role)
        if case .structure(let fields) = element {
            reportsElements = fields.contains { elementRoles.has($0.role) && $0.versions.contains(version) }
        }
        let start = steps.count
        let smallest = max(1, element.smallestSize(version: version, flexible: flexible))
        steps.append(
            WalkStep(flexible ? .compactArray : .array, reportsElements: reportsElements, b: Int32(clamping: smallest))
        )
        jumpTargets.insert(steps.count)
        depth += 1
        deepest = max(deepest, depth)
        switch element {
        case .structure(let fields): compile(fields)
        case .array(let inner): compileArray(of: inner, role: role)
        default: compile(scalar: element, role: role)
        }
        depth -= 1
        steps.append(WalkStep(.nextElement, reportsElements: reportsElements, a: Int32(start + 1)))
        steps[start].a = Int32(steps.count)
        jumpTargets.insert(steps.count)
    }

    /// The section of tagged fields of a structure; the bodies of those that somebody wants stand behind it.
    private mutating func compileTags(_ tagged: [FieldLayout]) {
        let wanted = tagged.filter { wants($0) }
        guard !wanted.isEmpty else {
            steps.append(WalkStep(.skipTags))
            jumpTargets.insert(steps.count)
            return
        }
        let start = steps.count
        steps.append(WalkStep(.tags, a: Int32(tagTables.count)))
        let table = tagTables.count
        tagTables.append([])
        depth += 1
        deepest = max(deepest, depth)
        for field in wanted {
            jumpTargets.insert(steps.count)
            tagTables[table].append(TagEntry(tag: field.tag ?? 0, step: Int32(steps.count)))
            compile(field)
            steps.append(WalkStep(.endTag, a: Int32(start)))
        }
        depth -= 1
        // The step after the section: where the walk goes when the last tagged field has passed.
        steps[start].b = Int32(steps.count)
        jumpTargets.insert(steps.count)
    }
}

extension FieldType {
    /// The size in bytes, where every value has the same.
    var fixedSize: Int? {
        switch self {
        case .bool, .int8: 1
        case .int16, .uint16: 2
        case .int32, .uint32: 4
        case .int64, .float64: 8
        case .uuid: 16
        case .string, .bytes, .records, .structure, .array: nil
        }
    }

    /// The smallest number of bytes that a value takes.
    func smallestSize(version: Int16, flexible: Bool) -> Int {
        if let fixedSize { return fixedSize }
        switch self {
        case .string: return flexible ? 1 : 2
        case .bytes, .records, .array: return flexible ? 1 : 4
        case .structure(let fields):
            let present = fields.filter {
                $0.versions.contains(version) && !($0.taggedVersions?.contains(version) ?? false)
            }
            let sizes = present.map {
                ($0.nullableVersions?.contains(version) ?? false) && $0.type.isStructure
                    ? 1 : $0.type.smallestSize(version: version, flexible: flexible)
            }
            return sizes.reduce(0, +) + (flexible ? 1 : 0)
        default: return 1
        }
    }

    private var isStructure: Bool {
        if case .structure = self { true } else { false }
    }
}
