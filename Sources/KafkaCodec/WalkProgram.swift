public import KafkaMessages
import KafkaWire

/// What one step of a walk does.
///
/// The steps of a message version are a small program: everything that nobody asked for is folded into skips, so that
/// a walk costs what its reader wants and not what the message holds.
@usableFromInline
package enum WalkCode: UInt8, Sendable {
    /// Pass `a` bytes.
    case skip
    /// Report `a` bytes of fixed size.
    case fixed
    /// A string with a 2-byte length; reported where the step has a role.
    case string
    /// A string with a varint length; reported where the step has a role.
    case compactString
    /// Bytes with a 4-byte length.
    case bytes
    /// Bytes with a varint length.
    case compactBytes
    /// Record batches with a 4-byte length.
    case records
    /// Record batches with a varint length.
    case compactRecords
    /// An array with a 4-byte count of elements of `a` bytes each, passed whole.
    case fixedArray
    /// The same with a varint count.
    case compactFixedArray
    /// An array with a 4-byte count: the body begins at the next step, `a` is the step after its end, `b` the
    /// smallest size of an element.
    case array
    /// The same with a varint count.
    case compactArray
    /// The end of an array's body, which begins at step `a`.
    case nextElement
    /// A structure that may be null: one byte says so, `a` is the step after it.
    case optionalStructure
    /// A section of tagged fields; `a` is its entry in the program's tag tables, `b` the step after the section.
    case tags
    /// A section of tagged fields that nobody looks into.
    case skipTags
    /// The end of the body of one tagged field; `a` is the step of its section.
    case endTag
    /// The end of the message.
    case end
}

/// One step of a walk.
@usableFromInline
package struct WalkStep: Sendable {
    @usableFromInline package let code: WalkCode
    /// What the step reports; `.none` where it reports nothing.
    @usableFromInline package let role: FieldRole
    /// True on an array whose elements' bounds are reported.
    @usableFromInline package let reportsElements: Bool
    @usableFromInline package var a: Int32
    @usableFromInline package var b: Int32

    init(_ code: WalkCode, role: FieldRole = .none, reportsElements: Bool = false, a: Int32 = 0, b: Int32 = 0) {
        self.code = code
        self.role = role
        self.reportsElements = reportsElements
        self.a = a
        self.b = b
    }
}

/// Where the body of a tagged field begins in the program.
@usableFromInline
package struct TagEntry: Sendable {
    @usableFromInline package let tag: UInt32
    @usableFromInline package let step: Int32
}

/// The steps of one API, version and direction, for a given set of roles.
///
/// It is only read once it is made. What every frame needs is made once for each event loop.
@usableFromInline
package final class WalkProgram: @unchecked Sendable {
    // Safety: `steps` is written by the initializer alone and freed with the last reference.
    /// The message's layout.
    package let layout: MessageLayout
    /// The version that the steps are for.
    package let version: Int16
    /// True if the version is written with compact lengths and tagged fields.
    package let isFlexible: Bool
    /// True if a step reports record batches.
    package let reportsRecords: Bool
    /// True if no step reports anything: the body can pass unread.
    package let reportsNothing: Bool
    /// How deep arrays and tags nest at most.
    package let depth: Int
    /// The steps, in memory that stays where it is: a walk reads one for every few bytes.
    @usableFromInline let steps: UnsafeMutablePointer<WalkStep>
    private let stepCount: Int
    @usableFromInline let tagTables: ContiguousArray<ContiguousArray<TagEntry>>

    /// Makes the program that reports the fields with one of the roles.
    ///
    /// - Parameters:
    ///   - layout: the message.
    ///   - version: one of its valid versions.
    ///   - roles: what is to be reported.
    ///   - elementRoles: the bounds of elements are reported for arrays of structures that hold a field of one of these
    ///     roles directly, and for arrays whose elements have such a role themselves.
    package init(
        layout: MessageLayout, version: Int16, roles: FieldRoles, reportingElementsOf elementRoles: FieldRoles = []
    ) {
        var compiler = WalkCompiler(
            version: version,
            flexible: version >= layout.firstFlexibleVersion,
            roles: roles,
            elementRoles: elementRoles
        )
        compiler.compile(layout.fields)
        compiler.emit(WalkStep(.end))
        self.layout = layout
        self.version = version
        self.isFlexible = compiler.flexible
        self.stepCount = compiler.steps.count
        self.steps = .allocate(capacity: compiler.steps.count)
        self.steps.initialize(from: Array(compiler.steps), count: compiler.steps.count)
        self.tagTables = compiler.tagTables
        self.depth = compiler.deepest
        precondition(compiler.deepest < FieldWalker.deepest, "\(layout.name) nests too deep")
        self.reportsNothing = !compiler.steps.contains { $0.role != .none || $0.reportsElements }
        self.reportsRecords = compiler.steps.contains { $0.role == .records }
    }

    deinit {
        steps.deinitialize(count: stepCount)
        steps.deallocate()
    }
}

extension WalkProgram {
    /// True if a step reports fields with the role.
    package func reports(_ role: FieldRole) -> Bool {
        UnsafeBufferPointer(start: steps, count: stepCount).contains { $0.role == role }
    }
}
