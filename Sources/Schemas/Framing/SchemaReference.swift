/// What a record names its schema by.
package enum SchemaReference: Sendable, Hashable {
    /// Confluent's ID of a schema.
    case id(Int32)
    /// Confluent's GUID of a schema.
    case guid(SchemaGUID)
    /// Apicurio's ID of a version of an artifact.
    case globalID(Int64)
    /// Apicurio's ID of content, which versions may share.
    case contentID(Int64)
}

extension SchemaReference: CustomStringConvertible {
    package var description: String {
        switch self {
        case .id(let id): "schema ID \(id)"
        case .guid(let guid): "schema GUID \(guid)"
        case .globalID(let id): "global ID \(id)"
        case .contentID(let id): "content ID \(id)"
        }
    }
}

/// A UUID that a registry has given to a schema.
package struct SchemaGUID: Sendable, Hashable {
    /// The first eight bytes, big-endian.
    package let high: UInt64
    /// The last eight bytes, big-endian.
    package let low: UInt64

    /// A GUID of its two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension SchemaGUID: CustomStringConvertible {
    /// The GUID as registries write it, in lower-case hexadecimal digits with hyphens.
    package var description: String {
        var text = ""
        for (index, half) in [high, low].enumerated() {
            for nibble in (0..<16).reversed() {
                text += String(half >> UInt64(nibble * 4) & 15, radix: 16)
                let written = index * 16 + 16 - nibble
                if written == 8 || written == 12 || written == 16 || written == 20 { text += "-" }
            }
        }
        return text
    }
}
