import FilterAPI
import Foundation
import Glibc
import NIOCore
import NIOPosix
import Settings
import Telemetry
import Testing

@testable import Sinks

@Suite("A file sink")
struct FileSinkTests {
    let folder: Folder
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let metrics: LoopMetrics

    init() async throws {
        folder = try Folder()
        metrics = try await LoopMetrics(loop)
    }

    private func sink(
        _ name: String = "log", rotate: Int = 1 << 30, keep: Int = 5, maxBuffered: Int = 8 << 20,
        log: RecordingLog = RecordingLog()
    ) throws -> FileSink {
        try FileSink(
            FileSinkConfiguration(
                path: folder.file(name), rotate: .init(bytes: rotate), keep: keep,
                maxBuffered: .init(bytes: maxBuffered)),
            purpose: "tap", context: .make(metrics.registry, logger: log.logger))
    }

    private func numbers(_ range: Range<Int>) -> [String] { range.map { "{\"n\":\($0)}" } }

    @Test func `writes each document on a line, and counts it`() async throws {
        let sink = try sink()
        _ = try await sink.offer(numbers(0..<1000), on: loop, metrics)
        try await eventually { folder.lines("log").count == 1000 }
        await sink.shutDown()
        #expect(folder.lines("log") == numbers(0..<1000))
        #expect(await metrics.value("offered_total") == 1000)
        #expect(await metrics.value("written_total") == 1000)
        #expect(await metrics.value("queued") == 0)
        #expect(await metrics.value("queued_bytes") == 0)
    }

    @Test func `is put aside at its size, keeps as many as it may, and loses nothing before`() async throws {
        let sink = try sink(rotate: 1000, keep: 2)
        for start in stride(from: 0, to: 300, by: 10) {
            _ = try await sink.offer(numbers(start..<start + 10), on: loop, metrics)
            await sink.shutDown()
        }
        #expect(folder.names == ["log", "log.1", "log.2"])
        let sizes = ["log", "log.1", "log.2"].map { folder.lines($0).joined(separator: "\n").utf8.count + 1 }
        #expect(sizes.allSatisfy { $0 <= 1000 })
        let kept = folder.lines("log.2") + folder.lines("log.1") + folder.lines("log")
        #expect(kept == Array(numbers(0..<300).suffix(kept.count)))
        #expect(kept.count > 200)
        #expect(await metrics.value("written_total") == 300)
    }

    @Test func `that cannot be put aside goes on, which is counted and logged`() async throws {
        let log = RecordingLog()
        let sink = try sink(rotate: 100, keep: 1, log: log)
        try FileManager.default.createDirectory(
            atPath: folder.file("log.1/full"), withIntermediateDirectories: true)
        _ = try await sink.offer(numbers(0..<10), on: loop, metrics)
        await sink.shutDown()
        _ = try await sink.offer(numbers(10..<20), on: loop, metrics)
        await sink.shutDown()
        #expect(folder.lines("log") == numbers(0..<20))
        #expect(log.messages == ["tap cannot be rotated, and grows"])
        #expect(await metrics.value("errors_total") == 1)
    }

    @Test func `begins a new line where a process before ended in the middle of one`() async throws {
        try Data("{\"half\":".utf8).write(to: URL(fileURLWithPath: folder.file("log")))
        let sink = try sink()
        _ = try await sink.offer(["{}"], on: loop, metrics)
        await sink.shutDown()
        #expect(folder.lines("log") == ["{\"half\":", "{}"])
    }

    @Test func `says at once when too much waits, and accounts for every record`() async throws {
        let path = folder.file("log")
        try #require(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        var sink: FileSink? = try sink(maxBuffered: 256 << 10)
        let long = "\"" + String(repeating: "x", count: 998) + "\""
        let offers = try await sink?.offer(Array(repeating: long, count: 1000), on: loop, metrics) ?? []
        let accepted = offers.count { $0 == .accepted }
        #expect(accepted == 261)
        #expect(offers.last == .dropped(.bufferFull))
        #expect(await metrics.value("dropped_total", "buffer_full") == 1000 - accepted)
        // The pipe takes what it holds and no more; the sink ends all the same, and says what became of the rest.
        await sink?.shutDown()
        sink = nil
        try await eventually {
            let written = await metrics.value("written_total")
            let lost = await metrics.value("dropped_total", "shut_down")
            return written > 0 && lost > 0 && written + lost == accepted
        }
        #expect(await metrics.value("queued") == 0)
        #expect(await metrics.value("queued_bytes") == 0)
    }

    @Test func `says whether there is room, and counts what was not made for want of it`() async throws {
        let sink = try sink(maxBuffered: 1000)
        let metrics = metrics
        let answers = try await loop.submit {
            let port = sink.port(on: loop, metrics: metrics.shard.value)
            _ = port.offerLine { $0.writeString(String(repeating: "x", count: 599)) }
            let answers = [400, 401, 1000, 1001].map { port.hasRoom(for: $0) }
            port.refuse(2)
            return answers + [port.offerLine { $0.writeString(String(repeating: "y", count: 400)) } == .accepted]
        }.get()
        // What there is never room for, an offer says.
        #expect(answers == [true, false, false, true, false])
        await sink.shutDown()
        #expect(folder.lines("log") == [String(repeating: "x", count: 599)])
        #expect(await metrics.value("offered_total") == 4)
        #expect(await metrics.value("dropped_total", "buffer_full") == 3)
    }

    @Test func `that is full drops and counts when it cannot wait any longer, and recovers`() async throws {
        let log = RecordingLog()
        try FileManager.default.createSymbolicLink(atPath: folder.file("log"), withDestinationPath: "/dev/full")
        let sink = try sink(maxBuffered: 256 << 10, log: log)
        let long = "\"" + String(repeating: "x", count: 998) + "\""
        let offers = try await sink.offer(Array(repeating: long, count: 300), on: loop, metrics)
        let dropped = offers.count { $0 != .accepted }
        try await eventually { log.messages == ["tap cannot be written"] }
        #expect(await metrics.value("dropped_total", "buffer_full") == dropped)
        try FileManager.default.removeItem(atPath: folder.file("log"))
        sink.reopenFiles()
        try await eventually { folder.lines("log").count == 300 - dropped }
        await sink.shutDown()
        #expect(await metrics.value("written_total") == 300 - dropped)
        #expect(log.messages == ["tap cannot be written", "tap is written again"])
    }

    @Test func `never leaves half a line behind when the disk is full`() async throws {
        let sink = try sink()
        _ = try await sink.offer(["{\"first\":1}"], on: loop, metrics)
        await sink.shutDown()
        // So many bytes may a file have, and no more: the second line has no room.
        var limited = try LimitedFile(path: folder.file("other"), maxBytes: 20)
        let isTakenBack = limited.writeUntilFull("{\"first\":1}\n{\"second\":2}\n")
        #expect(isTakenBack)
        #expect(folder.lines("other") == ["{\"first\":1}"])
    }

    @Test func `tells who waits when a record is on the disk`() async throws {
        let sink = try sink()
        try await sink.offerDurably("{\"n\":1}", on: loop, metrics)
        #expect(folder.lines("log") == ["{\"n\":1}"])
        #expect(await metrics.value("written_total") == 1)
    }

    @Test func `tells who waits at once that the disk is full, and drops the record`() async throws {
        try FileManager.default.createSymbolicLink(atPath: folder.file("log"), withDestinationPath: "/dev/full")
        let sink = try sink()
        await #expect(throws: SinkError(.writeFailed)) {
            try await sink.offerDurably("{}", on: loop, metrics, within: .seconds(60))
        }
        try await eventually { await metrics.value("dropped_total", "write_failed") == 1 }
        #expect(await metrics.value("queued") == 0)
    }

    @Test func `lets nobody wait longer than the time they have, and drops the record then`() async throws {
        let path = folder.file("log")
        try #require(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let sink = try sink()
        let filler = "\"" + String(repeating: "x", count: 1 << 16) + "\""
        _ = try await sink.offer([filler, filler], on: loop, metrics)
        await #expect(throws: SinkError(.timedOut)) {
            try await sink.offerDurably("{}", on: loop, metrics, within: .milliseconds(50))
        }
        var read = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        try await eventually {
            read += max(0, Glibc.read(reader, &chunk, chunk.count))
            return await metrics.value("dropped_total", "timed_out") + metrics.value("written_total") == 3
        }
    }
}

/// A file that may not become larger than a few bytes.
struct LimitedFile {
    private var file: OpenFile
    private let maxBytes: Int

    init(path: String, maxBytes: Int) throws {
        file = try OpenFile(path: path, purpose: "test")
        self.maxBytes = maxBytes
    }

    /// Writes as much as there is room for, as a disk does that becomes full, and takes the rest of the line back.
    mutating func writeUntilFull(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let count = write(file.descriptor, bytes, maxBytes)
        file.size += count
        let partial = bytes[..<count].reversed().prefix { $0 != UInt8(ascii: "\n") }.count
        return file.takeBack(partial)
    }
}
