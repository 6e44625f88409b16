package import KafkaWire

/// The layout of one message: what a walk over its bytes needs, without building values.
package struct MessageLayout: Sendable {
    /// Kafka's name, as `ProduceRequest`.
    package let name: String
    /// Which API it belongs to.
    package let apiKey: APIKey
    /// Whether it is the request or the response.
    package let direction: Direction
    /// The versions that it can be read and written at.
    package let validVersions: ClosedRange<Int16>
    /// The first version with compact lengths and tagged fields; `Int16.max` where there is none.
    package let firstFlexibleVersion: Int16
    /// Its fields, in the order of the wire.
    package let fields: [FieldLayout]

    /// The layout of an API's request or response; nil for a key that is not known.
    ///
    /// All layouts are parsed on first use, once for the process.
    package static func layout(_ key: APIKey, _ direction: Direction) -> MessageLayout? {
        let layouts = direction == .request ? requests : responses
        let index = Int(key.rawValue)
        return layouts.indices.contains(index) ? layouts[index] : nil
    }

    private static let requests = table(.request)
    private static let responses = table(.response)

    /// The layouts of one direction, at the index of their API key.
    private static func table(_ direction: Direction) -> [MessageLayout?] {
        let last = APIKey.known.map(\.rawValue).max() ?? 0
        return (0...last).map { number in
            let key = APIKey(rawValue: number)
            let text = direction == .request ? key.requestLayoutText : key.responseLayoutText
            guard let type = key.messageType(direction), let text else { return nil }
            return MessageLayout(
                name: type.name, apiKey: key, direction: direction, validVersions: type.validVersions,
                firstFlexibleVersion: type.firstFlexibleVersion, fields: LayoutParser.fields(text))
        }
    }
}
