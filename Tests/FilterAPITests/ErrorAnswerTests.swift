import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import FilterAPI

@Suite("Refusing whole requests, of every API at every version")
struct ErrorAnswerTests {
    private static let refusal = Refusal(.clusterAuthorizationFailed, message: "no")

    /// The error codes of an answer, and whether the version has one above all else.
    private static func errors(_ answer: any ResponseMessage, _ version: Int16) throws -> (codes: [Int16], top: Bool) {
        var writer = WireWriter()
        try answer.encode(into: &writer, version: version)
        let key = type(of: answer).apiKey
        let bytes = writer.finish()
        var frame = FilteredFrame(
            frame: bytes, apiKey: key, apiVersion: version, direction: .response, bodyOffset: 0)
        let codes = try frame.fields().filter { $0.role == .errorCode }.compactMap { field in
            bytes.getInteger(at: bytes.readerIndex + field.location.start, as: Int16.self)
        }
        let layout = try #require(MessageLayout.layout(key, .response))
        return (codes, layout.fields.contains { $0.role == .errorCode && $0.versions.contains(version) })
    }

    @Test("The error stands above all else, or else at each part", arguments: APIKey.known)
    func everyAPI(key: APIKey) throws {
        let type = try #require(key.requestType)
        for version in type.validVersions {
            var isSeen = false
            for seed in UInt64(0)..<30 {
                let asked = try RandomBody.message(type, version: version, seed: seed)
                let answer = try #require(ErrorAnswer.make(for: asked, version: version, Self.refusal))
                #expect(Swift.type(of: answer).apiKey == key)
                let (codes, top) = try Self.errors(answer, version)
                #expect(codes.allSatisfy { $0 == Self.refusal.error.rawValue || $0 == 0 })
                let hasError = codes.contains(Self.refusal.error.rawValue)
                if top { #expect(hasError, "version \(version)") }
                isSeen = isSeen || hasError
            }
            #expect(isSeen || key == .describeLogDirs && version < 3, "version \(version)")
        }
    }

    @Test("Words stand beside the error where there is a place for them")
    func words() {
        let cluster = DescribeClusterRequest().refusal(Self.refusal, version: 0)
        #expect(cluster.errorMessage == "no")
        var users = AlterUserScramCredentialsRequest()
        users.deletions = [with(AlterUserScramCredentialsRequest.ScramCredentialDeletion()) { $0.name = "u" }]
        users.upsertions = [with(AlterUserScramCredentialsRequest.ScramCredentialUpsertion()) { $0.name = "u" }]
        #expect(
            users.refusal(Self.refusal, version: 0).results.map { "\($0.user) \($0.errorMessage ?? "")" } == ["u no"])
    }

    @Test("Who is refused is no producer, no member and no coordinator")
    func nobody() {
        let producer = InitProducerIdRequest().refusal(Self.refusal, version: 4)
        #expect(producer.producerID == -1 && producer.producerEpoch == -1)
        for version in JoinGroupRequest.validVersions {
            let member = JoinGroupRequest().refusal(Self.refusal, version: version)
            #expect(member.generationID == -1 && member.memberID == "" && member.leader == "")
            #expect(member.protocolName == (version >= 7 ? nil : ""))
        }
        var keys = FindCoordinatorRequest()
        keys.coordinatorKeys = ["a", "b"]
        let old = keys.refusal(Self.refusal, version: 3)
        #expect(old.nodeID == -1 && old.port == -1 && old.host == "" && old.errorMessage == "no")
        let coordinators = keys.refusal(Self.refusal, version: 4).coordinators
        #expect(coordinators.map(\.key) == ["a", "b"])
        #expect(coordinators.allSatisfy { $0.nodeID == -1 && $0.port == -1 && $0.errorMessage == "no" })
    }

    @Test("A Fetch is refused above its partitions where it has a place there")
    func fetch() {
        let asked = with(FetchRequest()) {
            $0.sessionID = 9
            $0.sessionEpoch = 3
            $0.topics = [
                with(FetchRequest.FetchTopic()) {
                    $0.topic = "a"
                    $0.partitions = [with(FetchRequest.FetchPartition()) { $0.partition = 4 }]
                }
            ]
        }
        let new = asked.refusal(Self.refusal, version: 7)
        #expect(new.errorCode == .clusterAuthorizationFailed && new.sessionID == 9 && new.responses.isEmpty)
        let old = asked.refusal(Self.refusal, version: 6)
        #expect(old.errorCode == .none)
        #expect(old.responses.first?.partitions.first?.partitionIndex == 4)
        #expect(old.responses.first?.partitions.first?.errorCode == .clusterAuthorizationFailed)
    }
}
