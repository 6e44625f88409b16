import Foundation
import Schemas
import Testing

/// The official test suite of JSON Schema (<https://github.com/json-schema-org/JSON-Schema-Test-Suite>), which states what
/// is valid for whom: all that it requires of both drafts, and of what is optional the files whose subject is supported.
/// Left out are those about content encodings, other drafts, `idn-hostname` and `uri-template`.
@Suite("The JSON Schema test suite")
struct SuiteTests {
    private static let folder = Bundle.module.resourceURL?.appending(path: "fixtures/json-schema-suite")

    private static func files(in path: String) -> [String] {
        let names = folder.flatMap {
            try? FileManager.default.contentsOfDirectory(atPath: $0.appending(path: path).path)
        }
        return (names ?? []).filter { $0.hasSuffix(".json") }.map { "\(path)/\($0)" }.sorted()
    }

    static let requiredFiles = files(in: "draft7") + files(in: "draft2020-12")
    static let optionalFiles = files(in: "draft7/optional") + files(in: "draft2020-12/optional")
    static let formatFiles = files(in: "draft7/optional/format") + files(in: "draft2020-12/optional/format")

    /// The schemas that the suite refers to, by the URIs that it gives them.
    private static let remotes: [String: [UInt8]] = {
        guard let root = folder?.appending(path: "remotes"),
            let all = FileManager.default.enumerator(atPath: root.path)
        else { return [:] }
        var result: [String: [UInt8]] = [:]
        for case let path as String in all where path.hasSuffix(".json") {
            guard let data = try? Data(contentsOf: root.appending(path: path)) else { continue }
            result["http://localhost:1234/\(path)"] = Array(data)
        }
        return result
    }()

    /// Labels that are encoded (`xn--`) are names like others: their Punycode is not decoded.
    private static func isLeftOut(_ group: SuiteFile.Group) -> Bool {
        group.description.contains("A-label (punycode) host names")
    }

    private func run(_ file: String, assertsFormats: Bool) throws {
        let url = try #require(Self.folder).appending(path: file)
        let groups = try SuiteFile(Array(Data(contentsOf: url))).groups
        #expect(!groups.isEmpty)
        let options = JSONSchemaOptions(
            defaultDialect: file.hasPrefix("draft7") ? .draft7 : .draft2020, assertsFormats: assertsFormats)
        let scratch = ValidationScratch()
        for group in groups where !Self.isLeftOut(group) {
            let schema: JSONSchema
            do throws(JSONSchemaError) {
                schema = try JSONSchema(group.schema.span.bytes, references: Self.remotes, options: options)
            } catch {
                Issue.record("\(file): \(group.description): \(error)")
                continue
            }
            for test in group.tests {
                let violation = schema.validate(test.data.span.bytes, scratch: scratch)
                #expect(
                    (violation == nil) == test.isValid,
                    "\(file): \(group.description): \(test.description): \(violation?.description ?? "valid")")
            }
        }
    }

    @Test("What is required is so", arguments: requiredFiles)
    func required(file: String) throws {
        try run(file, assertsFormats: false)
    }

    @Test("What is optional is so", arguments: optionalFiles)
    func optional(file: String) throws {
        try run(file, assertsFormats: false)
    }

    @Test("Formats are asserted when that is asked for", arguments: formatFiles)
    func formats(file: String) throws {
        try run(file, assertsFormats: true)
    }
}
