import ArgumentParser
import Foundation
import SchemaValidationFilter
import Schemas

/// `sluice check`: data in files, checked as the filter `schema_validation` does.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks data in files against a schema, as the filter schema_validation does.",
        discussion: """
            Each file is one key or value. '-' stands for the standard input. The exit status is 0 if all are valid, 1 if \
            one is not or the schema cannot be used.
            """)

    @Option(help: "The format: json, json_schema, avro, protobuf, utf8, bytes or none.")
    var format: String

    @Option(help: "The schema's file: a JSON Schema, an Avro schema, or a descriptor set of Protobuf.")
    var schema: String?

    @Option(help: "What stands before the data: none, confluent, apicurio or apicurio_2.")
    var framing = "none"

    @Option(help: "With Protobuf, the full name of the message; the first of the schema by default.")
    var message: String?

    @Flag(help: "With JSON, objects may not have a key twice.")
    var uniqueKeys = false

    @Argument(help: "The files.")
    var files: [String] = []

    private static let formats: [String: DataConfiguration.Format] = [
        "json": .json, "json_schema": .jsonSchema, "avro": .avro, "protobuf": .protobuf, "utf8": .utf8,
        "bytes": .bytes, "none": .none,
    ]

    func validate() throws {
        guard let known = Self.formats[format] else {
            throw ValidationError("There is no format '\(format)'.")
        }
        let needsSchema = [.jsonSchema, .avro, .protobuf].contains(known)
        guard needsSchema == (schema != nil) else {
            throw ValidationError(needsSchema ? "\(format) needs --schema." : "\(format) has no schema.")
        }
        guard DataConfiguration.Framing(rawValue: framing) != nil else {
            throw ValidationError("There is no framing '\(framing)'.")
        }
        guard !files.isEmpty else { throw ValidationError("Give a file to check.") }
    }

    func run() throws {
        guard let format = Self.formats[format] else { throw ExitCode.failure }
        var configuration = DataConfiguration(format)
        if let schema { configuration.schema = .file(path: schema, try Self.read(schema)) }
        configuration.message = message
        configuration.requiresUniqueKeys = uniqueKeys
        configuration.framing = DataConfiguration.Framing(rawValue: framing) ?? .none
        configuration.requiresFraming = configuration.framing != .none
        let checker: DataChecker
        do throws(SchemaError) {
            checker = try DataChecker(configuration)
        } catch {
            print("\(schema ?? "schema"): \(error)")
            throw ExitCode.failure
        }
        var allAreValid = true
        for file in files {
            let problem = checker.problem(in: try Self.read(file))
            print("\(file): \(problem ?? "valid")")
            if problem != nil { allAreValid = false }
        }
        if !allAreValid { throw ExitCode.failure }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        if path == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
