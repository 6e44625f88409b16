import KafkaCodec
public import KafkaMessages
import KafkaWire
import Synchronization

/// Which fields a filter reads of frames, and the steps of reading them, worked out once for each API, version and
/// direction.
///
/// Make one for each use and keep it for as long as the process lives: a `static let` of the filter.
public final class FieldSelection: @unchecked Sendable {
    // Safety: the table is written through its atomics alone, each place once, and freed with the last reference.
    /// The roles of the fields.
    public let roles: FieldRoles
    /// Roles by which elements of arrays are known that may be taken out; see ``FilteredFrame/removeElement(of:)``.
    public let elementRoles: FieldRoles
    private let programs: UnsafeMutablePointer<AtomicLazyReference<WalkProgram>>

    /// All fields that have a role.
    public static let everything = FieldSelection(.all)
    /// No field: for finding the end of a body.
    static let nothing = FieldSelection([])

    /// Keys and versions that have a place in the table; there are no others.
    private static let keys = 128
    private static let versions = 32
    private static let count = keys * versions * 2

    /// A selection.
    ///
    /// - Parameters:
    ///   - roles: the roles of the fields.
    ///   - elementRoles: the elements of arrays are told that hold a field of one of these roles directly, or are one.
    public init(_ roles: FieldRoles, elementsBy elementRoles: FieldRoles = []) {
        self.roles = roles
        self.elementRoles = elementRoles
        programs = .allocate(capacity: Self.count)
        for index in 0..<Self.count { (programs + index).initialize(to: AtomicLazyReference()) }
    }

    deinit {
        programs.deinitialize(count: Self.count)
        programs.deallocate()
    }

    /// The steps for a message; nil if it is not known at that version.
    func program(_ key: APIKey, _ version: Int16, _ direction: Direction) -> WalkProgram? {
        guard (0..<Int16(Self.keys)).contains(key.rawValue), (0..<Int16(Self.versions)).contains(version) else {
            return nil
        }
        let index =
            (Int(key.rawValue) * Self.versions + Int(version)) * 2 + (direction == .request ? 0 : 1)
        if let known = programs[index].load() { return known }
        guard let layout = MessageLayout.layout(key, direction), layout.validVersions.contains(version) else {
            return nil
        }
        return programs[index].storeIfNil(
            WalkProgram(layout: layout, version: version, roles: roles, reportingElementsOf: elementRoles))
    }
}
