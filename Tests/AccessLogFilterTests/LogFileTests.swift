import FilterAPI
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Settings
import Sinks
import Synchronization
import Telemetry
import Testing

@testable import AccessLogFilter

@Suite("The file of an access log")
struct LogFileTests {
    let folder: Folder
    let metrics = MetricsRegistry()

    init() throws {
        folder = try Folder()
    }

    private func configuration(_ path: String, maxBuffered: Int = 8 << 20) -> AccessLogConfiguration {
        AccessLogConfiguration(
            path: path, format: .json([.clientID, .topics]), maxBuffered: .init(bytes: maxBuffered))
    }

    /// Logs requests whose client IDs are numbers, and lets the flush interval pass.
    private func log(_ numbers: some Sequence<Int>, to filter: AccessLogFilter, topic: String = "t") async throws {
        let samples = numbers.map { number in
            var sample = Sample()
            sample.clientID = "\(number)"
            sample.topics = [topic]
            return sample
        }
        try await sendLines(samples, to: filter)
    }

    private func line(_ number: Int, _ topic: String = "t") -> String {
        "{\"client_id\":\"\(number)\",\"topics\":[\"\(topic)\"]}"
    }

    @Test("is opened anew where it was moved away, and no line is lost")
    func rotation() async throws {
        let filter = try AccessLogFilter.make(configuration(folder.file("log")))
        try await log(0..<10, to: filter)
        try await eventually { folder.lines("log").count == 10 }
        try FileManager.default.moveItem(atPath: folder.file("log"), toPath: folder.file("log.1"))
        try await log(10..<20, to: filter)
        try await eventually { folder.lines("log.1").count == 20 }
        filter.reopenFiles()
        try await log(20..<30, to: filter)
        try await eventually { folder.lines("log").count == 10 }
        #expect(folder.lines("log.1") + folder.lines("log") == (0..<30).map { line($0) })
    }

    @Test("is kept when it cannot be opened anew, which is counted")
    func failedReopening() async throws {
        let sub = folder.file("sub")
        try FileManager.default.createDirectory(atPath: sub, withIntermediateDirectories: true)
        let filter = try AccessLogFilter.make(configuration("\(sub)/log"), metrics: metrics)
        try FileManager.default.moveItem(atPath: sub, toPath: folder.file("moved"))
        filter.reopenFiles()
        try await log(0..<3, to: filter)
        try await eventually { folder.lines("moved/log").count == 3 }
        await filter.flushFile()
        #expect(await metrics.count("sluice_access_log_errors_total") == 1)
        #expect(await metrics.count("sluice_access_log_lines_dropped_total") == 0)
    }

    @Test("is written line by line by several filters, however its path is spelled")
    func sharedFile() async throws {
        // A pipe takes what it has room for: two writers of it would cut off each other's lines.
        let pipe = try Pipe(folder.file("pipe"))
        let name = folder.path.split(separator: "/").last ?? ""
        let first = try AccessLogFilter.make(configuration(folder.file("pipe")))
        let second = try AccessLogFilter.make(configuration("\(folder.path)/../\(name)/pipe"))
        let long = String(repeating: "x", count: 200)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await log(0..<2000, to: first, topic: long) }
            group.addTask { try await log(2000..<4000, to: second, topic: long) }
            try await group.waitForAll()
        }
        try await eventually { pipe.readLines() == 4000 }
        let isAll = Set(pipe.lines) == Set((0..<4000).map { line($0, long) })
        #expect(isAll)
    }

    @Test("that takes no lines costs lines, which are counted, and never more memory than allowed")
    func blockedWriter() async throws {
        let pipe = try Pipe(folder.file("pipe"))
        let filter = try AccessLogFilter.make(configuration(pipe.path, maxBuffered: 256 << 10), metrics: metrics)
        let long = String(repeating: "x", count: 200)
        try await log(0..<10_000, to: filter, topic: long)
        let dropped = try #require(await metrics.count("sluice_access_log_lines_dropped_total"))
        let bytes = line(0, long).utf8.count * (10_000 - Int(dropped))
        #expect(dropped > 0)
        // What is allowed, what is in the pipe itself, and a batch that left in the meantime.
        #expect(bytes < (256 << 10) + (64 << 10) * 4)

        // The pipe is read again, and the lines that were kept come out whole, in order.
        let expected = 10_000 - Int(dropped)
        try await eventually { pipe.readLines() == expected }
        let sent = Set((0..<10_000).map { line($0, long) })
        let areWhole = pipe.lines.allSatisfy(sent.contains)
        #expect(areWhole)
        await filter.flushFile()
        #expect(await metrics.count("sluice_access_log_lines_total") == UInt64(expected))

        try await log([10_000], to: filter)
        try await eventually { pipe.readLines() == expected + 1 }
    }

    @Test("gets whole lines after it was opened anew in the middle of one")
    func rotationWithinALine() async throws {
        let pipe = try Pipe(folder.file("log"))
        let filter = try AccessLogFilter.make(configuration(pipe.path))
        let long = String(repeating: "x", count: 200)
        try await log(0..<1000, to: filter, topic: long)
        // The pipe is full, a line cut off at its end; nobody reads it before another file has its name.
        try await eventually { pipe.waitingBytes >= 60_000 }
        try FileManager.default.moveItem(atPath: pipe.path, toPath: folder.file("log.1"))
        filter.reopenFiles()
        try await eventually { folder.lines("log").last == line(999, long) }
        let whole = String(decoding: pipe.read(), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(whole.last?.isEmpty == false)
        let lines = whole.dropLast().map(String.init) + folder.lines("log")
        let isAll = lines == (0..<1000).map { line($0, long) }
        #expect(isAll, "\(lines.count) lines")
    }

    @Test("that is a pipe without a reader is refused")
    func pipeWithoutReader() throws {
        let pipe = folder.file("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        let error = #expect(throws: LineFileError.self) { _ = try AccessLogFilter.make(configuration(pipe)) }
        #expect(error?.description.hasSuffix("nobody reads from this pipe") == true)
    }

    @Test("that is a pipe whose reader has gone is an error, not the end of the process")
    func closedPipe() async throws {
        let log = RecordingLog()
        let path = folder.file("pipe")
        var pipe: Pipe? = try Pipe(path)
        let filter = try AccessLogFilter.make(configuration(path), logger: log.logger)
        #expect(pipe?.waitingBytes == 0)
        pipe = nil
        try await self.log(0..<3, to: filter)
        try await eventually { log.messages == ["access log cannot be written"] }
        let next = try Pipe(path, isThere: true)
        filter.reopenFiles()
        try await eventually { String(decoding: next.read(), as: UTF8.self).hasSuffix(line(2) + "\n") }
        #expect(next.lines == (0..<3).map { line($0) })
    }

    @Test("that is full is logged once, and its lines are written when they can be")
    func fullDisk() async throws {
        let log = RecordingLog()
        let path = folder.file("log")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
        let filter = try AccessLogFilter.make(configuration(path), metrics: metrics, logger: log.logger)
        try await self.log(0..<3, to: filter)
        try await eventually { !log.messages.isEmpty }
        try await self.log(3..<6, to: filter)
        await filter.flushFile()
        #expect(log.messages == ["access log cannot be written"])
        try #require(await metrics.count("sluice_access_log_errors_total") ?? 0 >= 2)

        try FileManager.default.removeItem(atPath: path)
        filter.reopenFiles()
        try await eventually { folder.lines("log") == (0..<6).map { line($0) } }
        await filter.flushFile()
        #expect(await metrics.count("sluice_access_log_lines_total") == 6)
        #expect(await metrics.count("sluice_access_log_lines_dropped_total") == 0)
        #expect(log.messages == ["access log cannot be written", "access log is written again"])
    }

    @Test("gets its lines without being asked, on real event loops, and the rest at the end")
    func realLoops() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let filter = try AccessLogFilter.make(configuration(folder.file("log")))
        for loop in [group.next(), group.next()] {
            try await loop.submit {
                let connection = Sample().connection(on: loop)
                filter.makeConnectionFilter(connection).completed(Sample().request(on: connection))
            }.get()
        }
        try await eventually { folder.lines("log").count == 2 }
        let loop = group.next()
        try await loop.submit {
            let connection = Sample().connection(on: loop)
            filter.makeConnectionFilter(connection).completed(Sample().request(on: connection))
        }.get()
        await filter.shutDown()
        #expect(folder.lines("log").count == 3)
        try await group.shutdownGracefully()
    }

    @Test("does not keep a shutdown waiting when it takes no lines, and they are counted as dropped")
    func stuckShutDown() async throws {
        let pipe = try Pipe(folder.file("pipe"))
        let long = String(repeating: "x", count: 200)
        var filter: AccessLogFilter? = try .make(configuration(pipe.path), metrics: metrics)
        if let filter { try await log(0..<2000, to: filter, topic: long) }
        await filter?.flushFile()
        filter = nil
        try await eventually {
            let written = await metrics.count("sluice_access_log_lines_total") ?? 0
            let dropped = await metrics.count("sluice_access_log_lines_dropped_total") ?? 0
            return dropped > 0 && written + dropped == 2000
        }
    }
}

/// A named pipe and its reader, which takes only what it is asked to.
final class Pipe {
    let path: String
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var lineFeeds = 0

    struct Failure: Error {
        var code = errno
    }

    init(_ path: String, isThere: Bool = false) throws {
        self.path = path
        guard isThere || mkfifo(path, 0o600) == 0 else { throw Failure() }
        descriptor = open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure() }
    }

    deinit { close(descriptor) }

    /// How many bytes can be read.
    var waitingBytes: Int32 {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? count : -1
    }

    /// Reads what there is; everything that was ever read.
    func read() -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count > 0 { received += chunk[..<count] }
        return received
    }

    /// Reads what there is; how many lines were ever read.
    func readLines() -> Int {
        let known = received.count
        lineFeeds += read()[known...].count { $0 == UInt8(ascii: "\n") }
        return lineFeeds
    }

    /// The lines among what was read.
    var lines: [String] { String(decoding: received, as: UTF8.self).split(separator: "\n").map(String.init) }
}

/// Keeps what is logged.
final class RecordingLog: Sendable {
    private let kept = Mutex<[String]>([])

    var messages: [String] { kept.withLock { $0 } }

    var logger: Logger { Logger(label: "test", factory: { _ in Handler(log: self) }) }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.kept.withLock { $0.append("\(event.message)") }
        }
    }
}
