import NIOCore
package import Schemas
import Settings

/// Checks data outside of any request, as rules do: for trying out schemas.
package struct DataChecker {
    private let check: DataCheck
    private let scratch = ValidationScratch()

    /// A checker.
    ///
    /// - Parameter configuration: the format, with its schema if it needs one; not a registry's.
    /// - Throws: ``SchemaError`` if the schema cannot be used.
    package init(_ configuration: DataConfiguration) throws(SchemaError) {
        check = try DataCheck(configuration, isKey: false, registries: [:])
    }

    /// What is wrong with some data; nil if nothing is.
    package func problem(in bytes: [UInt8]) -> String? {
        DataReader(schemas: nil, scratch: scratch, isLastTurn: true).fault(of: ByteBuffer(bytes: bytes), check)?.words
    }
}
