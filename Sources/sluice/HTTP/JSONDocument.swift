import Foundation
import Settings

/// A JSON document of unknown form, as a page of the admin server.
struct JSONDocument: Decodable {
    let value: JSONValue

    /// Reads a document; nil if it is none.
    init?(_ text: String) {
        guard let document = try? JSONDecoder().decode(JSONDocument.self, from: Data(text.utf8)) else { return nil }
        self = document
    }

    init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: Key.self) {
            value = .object(
                try keyed.allKeys.sorted { $0.stringValue < $1.stringValue }.map { key in
                    JSONValue.Member(key.stringValue, try keyed.decode(JSONDocument.self, forKey: key).value)
                })
            return
        }
        if var list = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !list.isAtEnd { elements.append(try list.decode(JSONDocument.self).value) }
            value = .array(elements)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            value = .null
        } else if let bool = try? single.decode(Bool.self) {
            value = .bool(bool)
        } else if let integer = try? single.decode(Int.self) {
            value = .integer(integer)
        } else if let number = try? single.decode(Double.self) {
            value = .number(number)
        } else {
            value = .string(try single.decode(String.self))
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
