import FilterAPI
import NIOCore
import NIOPosix
import Telemetry
import Testing

@testable import Sinks

@Suite("A live sink")
struct LiveSinkTests {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let metrics: LoopMetrics
    let sink: LiveSink

    init() async throws {
        metrics = try await LoopMetrics(loop)
        sink = LiveSink(.make(metrics.registry))
    }

    private func watch(limit: Int? = nil) throws -> AsyncStream<ByteBuffer> {
        try #require(sink.stream).watch(limit: limit)
    }

    private func text(_ stream: AsyncStream<ByteBuffer>) async -> String {
        var text = ""
        for await lines in stream { text += String(buffer: lines) }
        return text
    }

    @Test func `drops everything while nobody watches`() async throws {
        #expect(try await sink.offer(["{}"], on: loop, metrics) == [.dropped(.noWatcher)])
        #expect(await metrics.value("dropped_total", "no_watcher") == 1)
    }

    @Test func `shows what passes to everybody who watches, up to the limit`() async throws {
        let first = try watch(limit: 2)
        let second = try watch(limit: 3)
        _ = try await sink.offer(["1", "2", "3"], on: loop, metrics)
        #expect(await text(first) == "1\n2\n")
        #expect(await text(second) == "1\n2\n3\n")
        try await eventually { await metrics.value("written_total") == 3 }
    }

    @Test func `is closed again when the last watcher has gone`() async throws {
        var iterator: AsyncStream<ByteBuffer>.AsyncIterator? = try watch(limit: 1).makeAsyncIterator()
        _ = try await sink.offer(["1"], on: loop, metrics)
        #expect(await iterator?.next() != nil)
        #expect(await iterator?.next() == nil)
        iterator = nil
        #expect(try await sink.offer(["2"], on: loop, metrics) == [.dropped(.noWatcher)])
    }

    @Test func `cuts a watcher off that does not keep up, and says so in the last line`() async throws {
        let slow = try watch()
        let long = String(repeating: "x", count: 1 << 20)
        for count in 1...3 {
            _ = try await sink.offer([long], on: loop, metrics)
            try await eventually { await metrics.value("written_total") == count }
        }
        _ = try await sink.offer([long], on: loop, metrics)
        try await eventually { await metrics.value("dropped_total", "no_watcher") == 1 }
        let lines = await text(slow).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.last == "{\"stream_ended\":\"the watcher does not keep up\"}")
    }

    @Test func `ends its streams with the filter`() async throws {
        let stream = try watch()
        await sink.shutDown()
        #expect(await text(stream) == "{\"stream_ended\":\"the filter has ended\"}\n")
    }

    @Test func `ends a stream whose watcher goes away in the middle`() async throws {
        let stream = try watch()
        let task = Task { await text(stream) }
        task.cancel()
        #expect(await task.value == "")
        #expect(try await sink.offer(["1"], on: loop, metrics) == [.dropped(.noWatcher)])
    }
}
