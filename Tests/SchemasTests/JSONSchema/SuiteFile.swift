@testable import Schemas

/// A file of the suite. Schemas and data are kept as they are written, since some are numbers that would change.
struct SuiteFile {
    struct Group {
        var description = ""
        var schema: [UInt8] = []
        var tests: [Case] = []
    }

    struct Case {
        var description = ""
        var data: [UInt8] = []
        var isValid = false
    }

    let groups: [Group]

    init(_ bytes: [UInt8]) throws {
        let document = try JSONText(bytes.span.bytes, JSONLimits())
        let tape = document.tape
        func members(_ index: UInt32) -> [String: UInt32] {
            var result: [String: UInt32] = [:]
            for name in tape.children(of: index) {
                result[String(decoding: tape.content(tape[name]), as: UTF8.self)] = name + 1
            }
            return result
        }
        func written(_ index: UInt32?) -> [UInt8] { index.map { Array(tape.text(tape[$0])) } ?? [] }
        groups = tape.children(of: 0).map { group in
            let group = members(group)
            var result = Group(
                description: String(decoding: written(group["description"]), as: UTF8.self),
                schema: written(group["schema"]))
            if let tests = group["tests"] {
                result.tests = tape.children(of: tests).map { test in
                    let test = members(test)
                    return Case(
                        description: String(decoding: written(test["description"]), as: UTF8.self),
                        data: written(test["data"]), isValid: written(test["valid"]) == Array("true".utf8))
                }
            }
            return result
        }
    }
}
