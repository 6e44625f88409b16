import Foundation

/// Reads the message definitions of a Kafka release: JSON with comments, one file a message.
enum KafkaJSON {
    /// All messages of a folder, by name, with their API key.
    static func messages(in folder: String) throws -> [String: (apiKey: Int?, message: Message?)] {
        var messages: [String: (apiKey: Int?, message: Message?)] = [:]
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        for name in names where name.hasSuffix(".json") {
            let text = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
            do {
                let source = try JSONDecoder().decode(Source.self, from: Data(withoutComments(text).utf8))
                messages[source.name] = (source.apiKey, try source.message())
            } catch {
                throw ToolError("\(folder)/\(name): \(error)")
            }
        }
        return messages
    }

    /// Removes `// …` outside of strings.
    static func withoutComments(_ text: String) -> String {
        var result = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var inString = false
            var escaped = false
            var previousSlash = false
            var kept = ""
            for character in line {
                if inString {
                    if escaped {
                        escaped = false
                    } else if character == "\\" {
                        escaped = true
                    } else if character == "\"" {
                        inString = false
                    }
                } else if character == "\"" {
                    inString = true
                } else if character == "/" {
                    if previousSlash {
                        kept.removeLast()
                        break
                    }
                }
                previousSlash = !inString && character == "/"
                kept.append(character)
            }
            result += kept + "\n"
        }
        return result
    }

    /// A file as it is.
    private struct Source: Decodable {
        var apiKey: Int?
        var type: String
        var name: String
        var validVersions: String
        var flexibleVersions: String?
        var commonStructs: [CommonStructure]?
        var fields: [SourceField]?

        /// nil for a message of which no version is valid any more, and for kinds that are not ours.
        func message() throws -> Message? {
            guard let kind = Message.Kind(rawValue: type), let versions = try VersionRange(validVersions) else {
                return nil
            }
            return Message(
                name: name, kind: kind, versions: versions,
                flexible: try flexibleVersions.flatMap { try VersionRange($0) },
                structures: try (commonStructs ?? []).map {
                    Structure(name: $0.name, fields: try $0.fields.map { try $0.field() })
                },
                fields: try (fields ?? []).map { try $0.field() })
        }
    }

    private struct CommonStructure: Decodable {
        var name: String
        var fields: [SourceField]
    }

    private struct SourceField: Decodable {
        var name: String
        var type: String
        var versions: String
        var nullableVersions: String?
        var taggedVersions: String?
        var tag: Scalar?
        var flexibleVersions: String?
        var `default`: Scalar?
        var mapKey: Bool?
        var entityType: String?
        var fields: [SourceField]?

        func field() throws -> Field {
            guard let versions = try VersionRange(versions) else { throw ToolError("\(name) has no version") }
            return Field(
                name: name, type: type, versions: versions,
                nullable: try nullableVersions.flatMap { try VersionRange($0) },
                tagged: try taggedVersions.flatMap { try VersionRange($0) }, tag: tag.flatMap { Int($0.text) },
                neverFlexible: flexibleVersions == "none", defaultValue: `default`?.text,
                isMapKey: mapKey ?? false, entityType: entityType, fields: try (fields ?? []).map { try $0.field() })
        }
    }

    /// A default: a string, a number or a bool.
    private struct Scalar: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let bool = try? container.decode(Bool.self) {
                text = "\(bool)"
            } else if let number = try? container.decode(Int.self) {
                text = "\(number)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }
}
