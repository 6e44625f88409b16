/// Why a text is not a JSON Schema that can be used, and where.
package struct JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in one line.
    package let reason: String
    /// Where: `#` and a JSON Pointer (RFC 6901) into the schema, behind the URI or name of one that it refers to.
    package let location: String

    init(_ reason: String, at location: String) {
        self.reason = reason
        self.location = location
    }

    /// The location and the reason.
    package var description: String { "\(location): \(reason)" }
}
