import NIOCore
import Testing

@testable import Schemas

@Suite("Asking registries")
struct SchemaFetchTests {
    /// Asks until it is done, with answers by path.
    private func fetch(
        _ reference: SchemaReference, _ options: RegistryOptions, _ answers: [String: String]
    ) throws(RegistryFailure) -> (schema: FetchedSchema, paths: [String]) {
        var fetch = SchemaFetch(reference, options: options)
        var step = try fetch.begin()
        var paths: [String] = []
        while true {
            switch step {
            case .get(let path, _):
                paths.append(path)
                let answer = answers[path].map { RegistryAnswer(status: 200, body: ByteBuffer(string: $0)) }
                step = try fetch.take(answer ?? .init(status: 404, body: ByteBuffer()))
            case .finished(let schema): return (schema, paths)
            }
        }
    }

    private func failure(
        _ reference: SchemaReference, _ options: RegistryOptions, _ answers: [String: String]
    ) -> RegistryFailure.Reason? {
        do throws(RegistryFailure) {
            _ = try fetch(reference, options, answers)
            return nil
        } catch {
            return error.reason
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private let confluent = RegistryOptions(kind: .confluent)
    private let apicurio = RegistryOptions(kind: .apicurio)

    @Test func `an ID of Confluent's leads to a schema and its subjects`() throws {
        let (schema, paths) = try fetch(
            .id(7), confluent,
            ["/schemas/ids/7": #"{"schema":"\"string\""}"#, "/schemas/ids/7/subjects": #"["a-value","b-value"]"#])
        #expect(schema.language == .avro)
        #expect(text(schema.text) == #""string""#)
        #expect(schema.subjects == ["a-value", "b-value"])
        #expect(paths == ["/schemas/ids/7", "/schemas/ids/7/subjects"])
    }

    @Test func `subjects are found by their versions where that is the only way`() throws {
        let (schema, paths) = try fetch(
            .id(7), confluent,
            [
                "/schemas/ids/7": #"{"schema":"\"string\""}"#,
                "/schemas/ids/7/versions": #"[{"subject":"a-value","version":1},{"subject":"b-value","version":3}]"#,
            ])
        #expect(schema.subjects == ["a-value", "b-value"])
        #expect(paths == ["/schemas/ids/7", "/schemas/ids/7/subjects", "/schemas/ids/7/versions"])
        #expect(failure(.id(7), confluent, ["/schemas/ids/7": #"{"schema":"\"string\""}"#]) == .notFound)
    }

    @Test func `subjects are not asked for if any will do`() throws {
        var options = confluent
        options.readsSubjects = false
        let (schema, paths) = try fetch(
            .id(7), options, ["/schemas/ids/7": #"{"schema":"{}","schemaType":"JSON"}"#])
        #expect(schema.language == .json)
        #expect(paths == ["/schemas/ids/7"])
    }

    @Test func `a GUID has an ID with which the subjects are found`() throws {
        let guid = SchemaGUID(high: 1, low: 2)
        let path = "/schemas/guids/00000000-0000-0001-0000-000000000002"
        let subjects = ["/schemas/ids/9/subjects": #"["s"]"#]
        let known = try fetch(
            .guid(guid), confluent, subjects.merging([path: #"{"schema":"1","id":9}"#]) { $1 })
        #expect(known.schema.subjects == ["s"])
        #expect(known.paths == [path, "/schemas/ids/9/subjects"])
        let unknown = try fetch(
            .guid(guid), confluent,
            subjects.merging([
                path: #"{"schema":"1"}"#,
                "\(path)/ids": #"[{"context":".x","id":3},{"context":".","id":9}]"#,
            ]) { $1 })
        #expect(unknown.schema.subjects == ["s"])
    }

    @Test func `what a schema uses comes behind what that uses, and once`() throws {
        func schema(_ name: String, _ uses: [String]) -> String {
            let references = uses.map { #"{"name":"\#($0)","subject":"s/\#($0)","version":2}"# }
            return #"{"schema":"\#(name)","references":[\#(references.joined(separator: ","))]}"#
        }
        let (fetched, paths) = try fetch(
            .id(1), confluent,
            [
                "/schemas/ids/1": schema("root", ["a", "b"]),
                "/subjects/s%2Fa/versions/2": schema("A", ["c"]),
                "/subjects/s%2Fb/versions/2": schema("B", ["c", "a"]),
                "/subjects/s%2Fc/versions/2": schema("C", ["b"]),
                "/schemas/ids/1/subjects": "[]",
            ])
        // C uses B, which uses C: such a circle is cut somewhere.
        #expect(fetched.references.map { text($0.text) } == ["B", "C", "A"])
        #expect(fetched.references.map(\.name) == ["b", "c", "a"])
        #expect(Set(paths).count == paths.count)
    }

    @Test func `Protobuf is asked for in serialized form`() throws {
        let file = Base64Text.encode(try BinaryFixtures.bytes("shop.file.binpb"))
        let common = Base64Text.encode(try BinaryFixtures.bytes("common.file.binpb"))
        let (schema, paths) = try fetch(
            .id(1), confluent,
            [
                "/schemas/ids/1": #"{"schema":"syntax = \"proto3\";","schemaType":"PROTOBUF"}"#,
                "/schemas/ids/1?format=serialized": """
                {"schema":"\(file)","schemaType":"PROTOBUF",
                "references":[{"name":"common.proto","subject":"common","version":1}]}
                """,
                "/subjects/common/versions/1?format=serialized": #"{"schema":"\#(common)"}"#,
                "/schemas/ids/1/subjects": #"["orders-value"]"#,
            ])
        #expect(schema.language == .protobuf)
        #expect(
            try ProtobufSchema(file: schema.text, references: schema.references.map(\.text)).hasMessage("shop.v1.Order")
        )
        #expect(paths.count == 4)
    }

    @Test func `Apicurio's IDs lead to content, its references, and its artifacts`() throws {
        let answers = [
            "/ids/globalIds/5": #"{"type":"record","name":"R","fields":[]}"#,
            "/ids/globalIds/5/references":
                #"[{"groupId":"g h","artifactId":"a","version":"1.0","name":"n"},{"artifactId":"b","version":"2","name":"m"}]"#,
            "/search/artifacts?globalId=5&limit=500":
                #"{"artifacts":[{"artifactId":"orders-value","artifactType":"AVRO"}],"count":1}"#,
            "/groups/g%20h/artifacts/a/versions/1.0/content": "A",
            "/groups/g%20h/artifacts/a/versions/1.0/references": "[]",
            "/groups/default/artifacts/b/versions/2/content": "B",
            "/groups/default/artifacts/b/versions/2/references": "[]",
        ]
        let (schema, _) = try fetch(.globalID(5), apicurio, answers)
        #expect(schema.language == .avro)
        #expect(schema.subjects == ["orders-value"])
        #expect(schema.references.map { text($0.text) } == ["A", "B"])
        #expect(failure(.contentID(5), apicurio, answers) == .notFound)
    }

    @Test(arguments: [
        ("{", RegistryFailure.Reason.unavailable), ("[]", .unavailable), (#"{"schema":1}"#, .unavailable),
        (#"{"schema":"","schemaType":"XSD"}"#, .invalidSchema), (#"{"schema":"","references":[{}]}"#, .unavailable),
    ])
    func `answers that are not of the protocol are refused`(answer: String, reason: RegistryFailure.Reason) {
        #expect(failure(.id(1), confluent, ["/schemas/ids/1": answer]) == reason)
    }

    @Test func `a registry of one kind is not asked for the other's IDs`() {
        #expect(failure(.id(1), apicurio, [:]) == .notFound)
        #expect(failure(.contentID(1), confluent, [:]) == .notFound)
    }

    @Test func `what a schema uses is bounded`() {
        var options = confluent
        options.readsSubjects = false
        options.maxReferences = 3
        var answers: [String: String] = [:]
        for index in 0..<10 {
            answers["/subjects/s/versions/\(index)"] =
                #"{"schema":"","references":[{"name":"n","subject":"s","version":\#(index + 1)}]}"#
        }
        answers["/schemas/ids/1"] = answers["/subjects/s/versions/0"]
        #expect(failure(.id(1), options, answers) == .invalidSchema)
        options.maxReferences = 10
        options.maxSchemaBytes = 100
        #expect(failure(.id(1), options, answers) == .invalidSchema)
    }

    @Test(arguments: [
        (401, RegistryFailure.Reason.denied), (403, .denied), (404, .notFound), (400, .notFound),
        (405, .notFound), (422, .notFound), (302, .unavailable), (409, .unavailable),
    ])
    func `a refusal is not asked again`(status: Int, reason: RegistryFailure.Reason) {
        var fetch = SchemaFetch(.id(1), options: confluent)
        do throws(RegistryFailure) {
            _ = try fetch.take(.init(status: status, body: ByteBuffer()))
            Issue.record("it was taken")
        } catch {
            #expect(error.reason == reason)
        }
    }

    @Test(arguments: [nil, 500, 503, 429, 408])
    func `what may pass is asked again, later each time`(status: Int?) throws {
        var options = confluent
        options.attempts = 4
        var fetch = SchemaFetch(.id(1), options: options)
        let answer = status.map { RegistryAnswer(status: $0, body: ByteBuffer()) }
        for delay in [100, 200, 400] as [Int64] {
            #expect(try fetch.take(answer) == .get("/schemas/ids/1", after: .milliseconds(delay)))
        }
        do throws(RegistryFailure) {
            _ = try fetch.take(answer)
            Issue.record("it was taken")
        } catch {
            #expect(error.reason == .unavailable)
        }
    }

    @Test func `base64 is read and written`() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            #expect(Base64Text.encode(plain.utf8) == encoded)
            #expect(Base64Text.decode(encoded.utf8) == Array(plain.utf8))
        }
        let all = (0...255).map { UInt8($0) }
        #expect(Base64Text.decode(Base64Text.encode(all).utf8) == all)
        for bad in ["Zg=", "Z", "Zg==Zg==", "Z*==", "Zm9v "] { #expect(Base64Text.decode(bad.utf8) == nil) }
    }
}
