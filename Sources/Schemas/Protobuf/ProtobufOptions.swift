/// How strictly Protobuf messages are checked, and how much of them is followed.
package struct ProtobufOptions: Sendable, Hashable {
    /// What is done about something that the schema does not have.
    package enum Policy: String, Sendable, Hashable, CaseIterable {
        /// It is passed over, as readers do.
        case allow
        /// It is a violation.
        case deny
    }

    /// How deep messages and groups may be nested. 100 by default, as in Google's libraries.
    package var maxDepth: Int
    /// Fields that the schema does not have: allowed by default, since that is how messages evolve.
    package var unknownFields: Policy
    /// Values that a closed enum (of proto2, or so declared) does not have: denied by default, since readers lose them.
    package var unknownEnumValues: Policy

    /// Options with their defaults.
    package init(maxDepth: Int = 100, unknownFields: Policy = .allow, unknownEnumValues: Policy = .deny) {
        self.maxDepth = min(max(maxDepth, 1), 1024)
        self.unknownFields = unknownFields
        self.unknownEnumValues = unknownEnumValues
    }
}
