import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite("Logging")
struct LoggingTests {
    private let time = LogTime(seconds: 1_769_861_045, milliseconds: 7)

    @Test("writes text for people on one line, whatever the values hold")
    func textLine() {
        let record = LogRecord(
            time: time, level: .info, label: "sluice.listener", message: "opened\n2026 INFO forged\u{1b}[31m",
            metadata: [
                ("address", "127.0.0.1:9092"), ("client_id", "a \"b\"\r\nINFO forged"), ("empty", ""),
                ("list", ["x", "y"]),
            ])
        let line = record.line(as: .text)
        #expect(
            line
                == #"2026-01-31T12:04:05.007Z INFO     sluice.listener: opened\n2026 INFO forged\u{1b}[31m address=127.0.0.1:9092 client_id="a \"b\"\r\nINFO forged" empty="" list="[\"x\", \"y\"]""#
                + "\n")
    }

    @Test("writes JSON for machines on one line, metadata with its structure")
    func jsonLine() throws {
        let record = LogRecord(
            time: time, level: .error, label: "sluice", message: "no \"way\"\n",
            metadata: [("brokers", ["1", "2"]), ("map", ["b": "2", "a": .stringConvertible(1)])])
        let line = record.line(as: .json)
        #expect(
            line
                == #"{"time":"2026-01-31T12:04:05.007Z","level":"error","logger":"sluice","message":"no \"way\"\n","metadata":{"brokers":["1","2"],"map":{"a":"1","b":"2"}}}"#
                + "\n")
        #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }

    @Test("follows the level that is set at run time, but for loggers with one of their own")
    func followsLevel() throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let control = LogLevelControl(.info)
        let logger = Logger(label: "a") { LineLogHandler(label: $0, level: control, sink: sink) }
        var chatty = Logger(label: "b") { LineLogHandler(label: $0, level: control, sink: sink) }
        chatty.logLevel = .trace
        logger.debug("one")
        chatty.debug("two")
        control.level = .debug
        logger.debug("three", metadata: ["k": "v"])
        control.level = .error
        logger.warning("four")
        #expect(sink.flush())
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text.split(separator: "\n").map { $0.dropFirst(25) } == ["DEBUG    b: two", "DEBUG    a: three k=v"])
    }

    @Test("drops lines instead of waiting when nobody reads, counts them, and says so later")
    func dropsLines() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        let line = String(repeating: "x", count: 99) + "\n"
        let filled = fill(descriptor, with: line)
        let sink = LogSink(format: .json, descriptor: descriptor, maxQueuedBytes: 10_000)
        for _ in 0..<2_000 { sink.write(line) }
        let dropped = sink.droppedLines
        #expect(dropped >= 1_800)
        #expect(!sink.flush(seconds: 0.01))

        // Somebody reads: what filled the pipe, what the writer was stuck with, what was queued, and the notice.
        var text = ""
        var notices: [UInt64] = []
        let reader = pipe.fileHandleForReading.fileDescriptor
        while notices.reduce(0, +) < dropped {
            var readable = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            try #require(poll(&readable, 1, 10_000) == 1, "nothing more was written")
            text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
            notices = text.matches(of: /log lines dropped.*"lines":"([0-9]+)"/).compactMap { UInt64($0.1) }
        }
        #expect(notices.reduce(0, +) == dropped)
        #expect(sink.flush())
        let lines = text.utf8.filter { $0 == UInt8(ascii: "\n") }.count
        #expect(lines + Int(dropped) == filled + 2_000 + notices.count)
    }

    /// Writes lines until the pipe takes no more, and says how many it took.
    private func fill(_ descriptor: Int32, with line: String) -> Int {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        defer { _ = fcntl(descriptor, F_SETFL, flags) }
        var count = 0
        while write(descriptor, line, line.utf8.count) == line.utf8.count { count += 1 }
        return count
    }
}
