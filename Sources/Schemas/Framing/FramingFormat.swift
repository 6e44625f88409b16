/// How records say which schema they have.
package enum FramingFormat: Sendable, Hashable {
    /// They do not: a record is its payload.
    case none
    /// As Confluent's serializers do it: a zero byte and a four-byte ID before the payload, or an ID or a GUID in the
    /// record header `__key_schema_id` or `__value_schema_id`.
    case confluent
    /// As Apicurio's serializers do it: a zero byte and an ID before the payload, or an ID in a record header
    /// (`apicurio.value.globalId`, `apicurio.value.contentId` and those of keys).
    case apicurio(ApicurioPrefix)

    /// What stands before payloads in Apicurio's framing.
    package struct ApicurioPrefix: Sendable, Hashable {
        /// True if the ID is one of content, as it is by default since Apicurio 3; false if it is a global ID.
        package let isContentID: Bool
        /// True if the ID has eight bytes, as it had by default before Apicurio 3; false for four.
        package let isLong: Bool

        /// A prefix; without arguments, that of Apicurio 3.
        package init(isContentID: Bool = true, isLong: Bool = false) {
            self.isContentID = isContentID
            self.isLong = isLong
        }
    }
}

/// Which part of a record is looked at.
package enum RecordPart: String, Sendable, Hashable, CaseIterable {
    /// Its key.
    case key
    /// Its value.
    case value
}
