/// Types that registries take to be known everywhere, and so do not serve: Google's well-known types and some of its
/// common ones, and Confluent's decimals.
enum WellKnownProtobufTypes {
    /// The enum of the null in a `google.protobuf.Value`.
    static let nullValue = "google.protobuf.NullValue"

    /// The messages, without a package's or a file's other things.
    static let messages: [ProtobufMessage] = definitions.split(separator: "\n").map(message)

    /// A message a line: its name, then a field each as `NUMBER:TYPE` (`*` for repeated ones, `%` for map entries).
    private static let definitions = """
        google.protobuf.Any 1:text 2:bytes
        google.protobuf.BoolValue 1:varint
        google.protobuf.BytesValue 1:bytes
        google.protobuf.DoubleValue 1:fixed64
        google.protobuf.Duration 1:varint 2:varint
        google.protobuf.Empty
        google.protobuf.FieldMask 1:*text
        google.protobuf.FloatValue 1:fixed32
        google.protobuf.Int32Value 1:varint
        google.protobuf.Int64Value 1:varint
        google.protobuf.ListValue 1:*google.protobuf.Value
        google.protobuf.SourceContext 1:text
        google.protobuf.StringValue 1:text
        google.protobuf.Struct 1:*google.protobuf.Struct.FieldsEntry
        %google.protobuf.Struct.FieldsEntry 1:text 2:google.protobuf.Value
        google.protobuf.Timestamp 1:varint 2:varint
        google.protobuf.UInt32Value 1:varint
        google.protobuf.UInt64Value 1:varint
        google.protobuf.Value 1:varint 2:fixed64 3:text 4:varint 5:google.protobuf.Struct 6:google.protobuf.ListValue
        google.type.Date 1:varint 2:varint 3:varint
        google.type.Interval 1:google.protobuf.Timestamp 2:google.protobuf.Timestamp
        google.type.LatLng 1:fixed64 2:fixed64
        google.type.Money 1:text 2:varint 3:varint
        google.type.TimeOfDay 1:varint 2:varint 3:varint 4:varint
        confluent.type.Decimal 1:bytes 2:varint 3:varint
        """

    private static func message(_ line: Substring) -> ProtobufMessage {
        var words = line.split(separator: " ")
        let isMapEntry = line.hasPrefix("%")
        let name = String(words.removeFirst().drop { $0 == "%" })
        let fields = words.compactMap { word -> ProtobufField? in
            let parts = word.split(separator: ":")
            guard parts.count == 2, let number = Int32(parts[0]) else { return nil }
            let type = String(parts[1].drop { $0 == "*" })
            let kind: ProtobufField.Kind =
                switch type {
                case "varint": .varint
                case "fixed64": .fixed64
                case "fixed32": .fixed32
                case "bytes": .bytes
                case "text": .text
                default: .message
                }
            return ProtobufField(
                name: String(number), number: number, kind: kind, typeName: kind == .message ? type : "",
                isRepeated: parts[1].hasPrefix("*"), isRequired: false)
        }
        return ProtobufMessage(name: name, fields: fields, isMapEntry: isMapEntry)
    }
}
