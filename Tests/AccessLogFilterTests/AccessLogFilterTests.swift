import FilterAPI
import Foundation
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Settings
import Sinks
import Telemetry
import Testing

@testable import AccessLogFilter

@Suite("An access log")
struct AccessLogFilterTests {
    let folder: Folder
    let metrics = MetricsRegistry()

    init() throws {
        folder = try Folder()
    }

    private func configuration(_ name: String = "log", fields: [AccessLogField] = [.clientID]) -> AccessLogConfiguration
    {
        AccessLogConfiguration(path: folder.file(name), format: .json(fields))
    }

    private func sample(_ clientID: String) -> Sample {
        var sample = Sample()
        sample.clientID = clientID
        return sample
    }

    private func line(_ clientID: String) -> String { "{\"client_id\":\"\(clientID)\"}" }

    @Test("is told of the end of all requests, and looks at nothing else")
    func interests() throws {
        let filter = try AccessLogFilter.make(configuration(fields: [.topics]))
        #expect(filter.interests.map(\.depth) == [.completion, .completion])
        #expect(filter.interests.map(\.direction) == [.request, .response])
        #expect(filter.interests.allSatisfy { $0.apiKeys == nil && $0.topics })
    }

    @Test("asks for topics only where a line shows them")
    func topicInterest() throws {
        let filter = try AccessLogFilter.make(configuration(fields: [.api]))
        #expect(filter.interests.allSatisfy { !$0.topics })
    }

    @Test("writes a line for each request, and counts it")
    func writes() async throws {
        let filter = try AccessLogFilter.make(configuration(), metrics: metrics)
        try await sendLines([sample("a"), sample("b")], to: filter)
        try await eventually { folder.lines("log") == [line("a"), line("b")] }
        await filter.flushFile()
        #expect(await metrics.count("sluice_access_log_lines_total") == 2)
        #expect(await metrics.count("sluice_access_log_lines_dropped_total") == 0)
    }

    @Test("hands lines over when the flush interval is over, and not one by one")
    func flushInterval() async throws {
        let filter = try AccessLogFilter.make(configuration())
        let loop = NIOAsyncTestingEventLoop()
        try await loop.executeInContext {
            let connection = Sample().connection(on: loop)
            let part = filter.makeConnectionFilter(connection)
            part.completed(Sample().request(on: connection))
            part.completed(Sample().request(on: connection))
        }
        await loop.advanceTime(by: .milliseconds(199))
        await filter.flushFile()
        #expect(folder.lines("log") == [])
        await loop.advanceTime(by: .milliseconds(1))
        try await eventually { folder.lines("log").count == 2 }
        await loop.shutdownGracefully()
    }

    @Test("hands over a full batch at once, and a huge line whole")
    func fullBatch() async throws {
        var small = configuration(fields: [.topics])
        small.maxBuffered = .kibibytes(512)
        let filter = try AccessLogFilter.make(small)
        var huge = Sample()
        huge.topics = (0..<RequestFacts.mostTopics).map { "\($0)" + String(repeating: "\u{1}", count: 250) }
        try await sendLines([huge], to: filter, advance: .zero)
        try await eventually { folder.lines("log").count == 1 }
        let values = try JSONLine(folder.lines("log")[0]).values
        #expect(values["topics"] == .list(huge.topics))
    }

    @Test("appends to a file that is there, readable by its owner and group only")
    func appends() async throws {
        let filter = try AccessLogFilter.make(configuration())
        try await sendLines([sample("a")], to: filter)
        try await eventually { folder.lines("log") == [line("a")] }
        let again = try AccessLogFilter.make(configuration())
        try await sendLines([sample("b")], to: again)
        try await eventually { folder.lines("log") == [line("a"), line("b")] }
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file("log"))[.posixPermissions] as? Int
        #expect((mode ?? 0o777) & 0o137 == 0)
    }

    @Test("says at once which file cannot be opened")
    func missingFolder() {
        let path = folder.file("missing/log")
        let error = #expect(throws: LineFileError.self) {
            _ = try AccessLogFilter.make(AccessLogConfiguration(path: path))
        }
        #expect(error?.description == "cannot open the access log '\(path)': No such file or directory")
    }

    @Test("writes requests without an answer, and those that a closed connection ended")
    func endings() async throws {
        let filter = try AccessLogFilter.make(configuration(fields: [.result, .closeReason]))
        var quiet = Sample()
        quiet.result = .noResponse
        var cut = Sample()
        cut.result = .closed("drain_timeout")
        try await sendLines([quiet, cut], to: filter)
        try await eventually {
            folder.lines("log") == [
                #"{"result":"no_response","close_reason":null}"#,
                #"{"result":"closed","close_reason":"drain_timeout"}"#,
            ]
        }
    }

    @Test("writes only errors, only slow requests, or both")
    func selections() async throws {
        var failed = sample("failed")
        failed.errorCode = .notController
        var closed = sample("closed")
        closed.result = .closed("client")
        var slow = sample("slow")
        slow.duration = .milliseconds(101)
        let samples = [sample("good"), failed, closed, slow]
        let cases: [(Bool, Duration?, [String])] = [
            (true, nil, ["failed", "closed"]), (false, .milliseconds(100), ["slow"]),
            (true, .milliseconds(100), ["failed", "closed", "slow"]),
        ]
        for (index, (onlyErrors, slowerThan, expected)) in cases.enumerated() {
            var settings = configuration("log\(index)")
            settings.onlyErrors = onlyErrors
            settings.slowerThan = slowerThan
            try await sendLines(samples, to: try AccessLogFilter.make(settings))
            try await eventually { folder.lines("log\(index)") == expected.map(line) }
        }
    }

    @Test("follows what changes on a connection")
    func changingConnection() async throws {
        let filter = try AccessLogFilter.make(
            configuration(fields: [.clientID, .principal, .clientAddress, .api, .softwareName, .softwareVersion]))
        let loop = NIOAsyncTestingEventLoop()
        try await loop.executeInContext {
            let first = Sample().connection(on: loop)
            let part = filter.makeConnectionFilter(first)
            func end(_ change: (inout Sample) -> Void = { _ in }) {
                var sample = Sample()
                change(&sample)
                part.completed(sample.request(on: first))
            }
            end()
            end { $0.clientID = nil }
            end()
            first.principal = "User:bob"
            end()
            first.clientAddress = "::1"
            end()
            first.softwareName = nil
            end()
            first.softwareVersion = "3"
            end()
        }
        await loop.advanceTime(by: .seconds(1))
        func line(_ id: String, _ principal: String, _ address: String, _ name: String, _ version: String) -> String {
            "{\"client_id\":\(id),\"principal\":\"User:\(principal)\",\"client_address\":\"\(address)\","
                + "\"api\":\"Produce\",\"software_name\":\(name),\"software_version\":\"\(version)\"}"
        }
        let name = "\"librdkafka\""
        let expected = [
            line("\"billing\"", "alice", "10.1.2.3", name, "2.3.0"), line("null", "alice", "10.1.2.3", name, "2.3.0"),
            line("\"billing\"", "alice", "10.1.2.3", name, "2.3.0"),
            line("\"billing\"", "bob", "10.1.2.3", name, "2.3.0"), line("\"billing\"", "bob", "::1", name, "2.3.0"),
            line("\"billing\"", "bob", "::1", "null", "2.3.0"), line("\"billing\"", "bob", "::1", "null", "3"),
        ]
        try await eventually { folder.lines("log") == expected }
    }

    @Test("neither opens nor writes a file in a dry run, but counts")
    func dryRun() async throws {
        let filter = try AccessLogFilter.make(configuration(), metrics: metrics, isDryRun: true)
        try await sendLines([sample("a")], to: filter)
        #expect(!FileManager.default.fileExists(atPath: folder.file("log")))
        #expect(await metrics.count("sluice_access_log_lines_would_write_total") == 1)
        #expect(await metrics.count("sluice_access_log_lines_total") == 0)
    }
}
