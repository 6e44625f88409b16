/// Why a schema cannot be used: it is not valid itself, or goes past a bound.
package struct SchemaError: Error, Sendable, Hashable {
    /// What is wrong, and where in the schema.
    package let message: String

    /// An error with its words.
    package init(_ message: String) {
        self.message = message
    }
}

extension SchemaError: CustomStringConvertible {
    package var description: String { message }
}
