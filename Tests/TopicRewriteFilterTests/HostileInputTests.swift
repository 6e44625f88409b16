import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

@Suite("Bytes that are not what they should be")
struct HostileInputTests {
    private static let yaml = """
        rules: [{ topic: orders, to: s.canary }, { prefix: "", to_prefix: "s.", hide_others: true }]
        groups: { prefix: "g." }
        """

    @Test("Frames that are changed by chance, cut or random do no harm", arguments: FieldRow.layouts)
    func chance(layout: MessageLayout) throws {
        var random = SystemRandomNumberGenerator()
        let rig = try Rig(
            Self.yaml, cluster: KnownCluster { $0.low % 2 == 0 ? "s.canary" : nil },
            answer: { question in
                if question is MetadataRequest { return MetadataResponse() }
                return DescribeTopicPartitionsResponse()
            })
        let asking = try #require(MessageLayout.layout(layout.apiKey, .request))
        for version in layout.validVersions {
            for seed in UInt64(0)..<12 {
                let frame = NamedFrame(layout, version: version, seed: seed)
                var bytes = frame.bytes
                switch seed % 3 {
                case 0:
                    bytes = bytes.getSlice(at: 0, length: .random(in: frame.bodyOffset...bytes.readableBytes)) ?? bytes
                case 1:
                    for _ in 0..<3 where bytes.readableBytes > frame.bodyOffset {
                        bytes.setInteger(
                            UInt8.random(in: 0...255, using: &random),
                            at: .random(in: frame.bodyOffset..<bytes.readableBytes, using: &random))
                    }
                default:
                    for index in frame.bodyOffset..<bytes.readableBytes {
                        bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: index)
                    }
                }
                if layout.direction == .request {
                    let (action, request) = try rig.request(bytes, bodyOffset: frame.bodyOffset, layout.apiKey, version)
                    if case .forward = action { _ = try? request.frame.leaving() }
                } else {
                    let asked = NamedFrame(asking, version: version, seed: seed)
                    let (_, request) = try rig.request(
                        asked.bytes, bodyOffset: asked.bodyOffset, layout.apiKey, version)
                    let (action, response) = try rig.response(bytes, bodyOffset: frame.bodyOffset, to: request)
                    if case .forward = action { _ = try? response.frame.leaving() }
                }
            }
        }
    }

    @Test("Expressions of any characters do no harm")
    func expressions() throws {
        let translation = RegexTranslation(try view(Self.yaml))
        let parts = [
            "\\", "(", ")", "[", "]", "{", "}", "|", "*", "+", "?", "^", "$", ".", "\\Q", "\\E", "(?", "i)", "a", "s.",
            "é", ":", "-",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...12)).map { _ in parts.randomElement() ?? "" }.joined()
            if let result = try? translation.topics(text) { _ = translation.clientTopics(result) }
            _ = translation.clientTopics(text)
            _ = try? RegexTranslation.names(text, NameAffixes(prefix: "p.", suffix: ".s"))
        }
    }

    @Test("A request that cannot be read is not sent")
    func unreadable() throws {
        let rig = try Rig(Self.yaml)
        guard
            case .close(reason: "unreadable") = try rig.request(
                ByteBuffer(bytes: [0, 0, 0, 9]), bodyOffset: 0, .metadata, 1
            ).action
        else { throw Rig.Unexpected() }
    }
}
