/// Where a field is in a message, and what it means: the facts that a walk over the bytes needs.
package struct FieldLayout: Sendable {
    /// Kafka's name, as `TopicData`.
    package let name: String
    /// What it holds.
    package let type: FieldType
    /// The versions that have it; `8+` in the definitions ends at `Int16.max`.
    package let versions: ClosedRange<Int16>
    /// The versions in which it may be null.
    package let nullableVersions: ClosedRange<Int16>?
    /// The versions in which it is in the section of tagged fields.
    package let taggedVersions: ClosedRange<Int16>?
    /// Its tag there.
    package let tag: UInt32?
    /// What a proxy may want it for.
    package let role: FieldRole

    /// Creates a layout.
    package init(
        name: String, type: FieldType, versions: ClosedRange<Int16>, nullableVersions: ClosedRange<Int16>? = nil,
        taggedVersions: ClosedRange<Int16>? = nil, tag: UInt32? = nil, role: FieldRole = .none
    ) {
        self.name = name
        self.type = type
        self.versions = versions
        self.nullableVersions = nullableVersions
        self.taggedVersions = taggedVersions
        self.tag = tag
        self.role = role
    }
}
