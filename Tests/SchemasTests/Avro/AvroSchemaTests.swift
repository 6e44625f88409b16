import Testing

@testable import Schemas

@Suite("Avro schemas")
struct AvroSchemaTests {
    @Test(arguments: [
        "", "{}", "1", #""strin""#, #"{"type":"record","fields":[]}"#, #"{"type":"record","name":"R"}"#,
        #"{"type":"record","name":"1R","fields":[]}"#, #"{"type":"record","name":"int","fields":[]}"#,
        #"{"type":"record","name":"R","fields":[{"name":"a"}]}"#,
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#,
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"R"}]}"#,
        #"["int","int"]"#, #"["int",["null","string"]]"#, #"{"type":"array"}"#, #"{"type":"map"}"#,
        #"{"type":"enum","name":"E"}"#, #"{"type":"enum","name":"E","symbols":["A","A"]}"#,
        #"{"type":"fixed","name":"F"}"#, #"{"type":"fixed","name":"F","size":-1}"#,
        #"[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":2}]"#,
        #"{"type":"fixed","name":"F","size":1} x"#,
    ])
    func `what is no schema is refused`(text: String) {
        #expect(throws: SchemaError.self) { _ = try AvroValidator(AvroSchema(text)) }
    }

    @Test(arguments: [
        (#"{"type":"record","name":"R","namespace":"a.b","fields":[]}"#, "a.b.R"),
        (#"{"type":"record","name":"c.R","namespace":"a.b","fields":[]}"#, "c.R"),
        (#"{"type":"fixed","name":"F","size":1}"#, "F"),
        (#"{"type":{"type":"enum","name":"E","symbols":["A"]}}"#, "E"),
    ])
    func `a named type has its full name`(text: String, name: String) throws {
        #expect(try AvroSchema(text).name == name)
    }

    @Test func `names are looked for in the namespace around them`() throws {
        let schema = """
            {"type":"record","name":"R","namespace":"a","fields":[
            {"name":"x","type":{"type":"fixed","name":"F","size":2}},
            {"name":"y","type":{"type":"record","name":"b.S","fields":[{"name":"z","type":"a.F"}]}},
            {"name":"f","type":"F"}]}
            """
        let validator = try AvroValidator(AvroSchema(schema))
        #expect(validator.fault(in: [UInt8](repeating: 0, count: 6).span.bytes) == nil)
        #expect(throws: SchemaError.self) { _ = try AvroSchema(schema.replacing(#""a.F""#, with: #""F""#)) }
    }

    @Test func `schemas may use the types of others`() throws {
        let customer = #"{"type":"record","name":"shop.Customer","fields":[{"name":"country","type":"shop.Country"}]}"#
        let country = #"{"type":"enum","name":"Country","namespace":"shop","symbols":["NL","DE"]}"#
        let order = #"{"type":"record","name":"shop.Order","fields":[{"name":"by","type":"Customer"}]}"#
        let validator = try AvroValidator(AvroSchema(order, references: [country, customer]))
        #expect(validator.fault(in: ([2] as [UInt8]).span.bytes) == nil)
        #expect(validator.fault(in: ([4] as [UInt8]).span.bytes)?.reason == .symbol)
        #expect(throws: SchemaError.self) { _ = try AvroSchema(order, references: [customer]) }
    }

    @Test func `deep schemas are refused, not followed`() {
        let text = String(repeating: #"{"type":"array","items":"#, count: 100_000)
        #expect(throws: SchemaError.self) { _ = try AvroSchema(text) }
    }
}
