import FilterAPI
import Foundation
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Testing

@testable import ProxyRuntime

@Suite("The example of docs/adding-a-filter.md")
struct AddingAFilterTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    @Test("It is the filter that is tested here, word for word")
    func sameText() throws {
        let code = try String(contentsOf: Self.folder.appending(path: "TopicGuardFilter.swift"), encoding: .utf8)
        let page = try String(
            contentsOf: Self.folder.deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "docs/adding-a-filter.md"), encoding: .utf8)
        #expect(page.contains("```swift\n\(code)```"))
    }

    @Test(
        "It refuses reserved names, and lets the others of the request pass",
        arguments: [
            (["a", "b"], ["a", "b"], ["a NONE", "b NONE"]),
            (["internal-x", "a"], ["a"], ["internal-x TOPIC_AUTHORIZATION_FAILED", "a NONE"]),
            (["internal-x"], [], ["internal-x TOPIC_AUTHORIZATION_FAILED"]),
        ] as [([String], [String], [String])])
    func guards(asked: [String], forwarded: [String], answered: [String]) throws {
        for version in CreateTopicsRequest.validVersions {
            let filter = TopicGuardFilter(configuration: .init(reserved: [.prefix("internal-")]))
            let connections = try Connections([
                FilterChain.Entry(name: "guard", type: "topic_guard", filter: filter, isDryRun: false, when: nil)
            ])
            var request = CreateTopicsRequest()
            request.topics = asked.map { name in
                var topic = CreateTopicsRequest.CreatableTopic()
                topic.name = name
                return topic
            }
            try connections.clientSends(request, version: version, id: 1)
            for frame in try connections.brokerGot() {
                let got = try #require(try KafkaFrame.decodeRequest(frame).body as? CreateTopicsRequest)
                #expect(got.topics.map(\.name) == forwarded)
                var response = CreateTopicsResponse()
                response.topics = got.topics.map { topic in
                    var result = CreateTopicsResponse.CreatableTopicResult()
                    result.name = topic.name
                    return result
                }
                try connections.brokerAnswers(frame, response)
            }
            let frame = try #require(try connections.clientGot().first)
            let answer = try KafkaFrame.decodeResponse(frame, apiKey: .createTopics, apiVersion: version).body
            #expect((answer as? CreateTopicsResponse)?.topics.map { "\($0.name) \($0.errorCode)" } == answered)
        }
    }
}
