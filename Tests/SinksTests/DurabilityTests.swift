import FilterAPI
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Settings
import Synchronization
import Telemetry
import Testing

@testable import Sinks

/// A disk that writes down what is synced, by name, and does what a test wants in the middle of a write.
private final class WatchedDisk: Sendable {
    private struct State {
        var synced: [String] = []
        var failing: Set<String> = []
        var longest = Int.max
        var afterWrite: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// The names of what was synced, in order.
    var synced: [String] { state.withLock { $0.synced } }

    /// From now on, a write takes as many bytes, and then this happens, once.
    func afterNextWrite(of count: Int, _ body: @escaping @Sendable () -> Void) {
        state.withLock {
            $0.longest = count
            $0.afterWrite = body
        }
    }

    /// A file of this name cannot be synced.
    func fail(_ name: String) { state.withLock { _ = $0.failing.insert(name) } }

    var disk: Disk {
        Disk(
            write: { [self] descriptor, bytes, count in
                let (longest, body) = state.withLock { state in
                    defer {
                        state.longest = .max
                        state.afterWrite = nil
                    }
                    return (state.longest, state.afterWrite)
                }
                let written = Glibc.write(descriptor, bytes, min(count, longest))
                body?()
                return written
            },
            sync: { [self] in note($0) }, syncFolder: { [self] in note($0) })
    }

    private func note(_ descriptor: Int32) -> Int32 {
        let name = Self.name(of: descriptor)
        let isFailing = state.withLock { state in
            state.synced.append(name)
            return state.failing.contains(name)
        }
        if isFailing {
            errno = EIO
            return -1
        }
        return fsync(descriptor)
    }

    private static func name(of descriptor: Int32) -> String {
        var text = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(descriptor)", &text, text.count)
        let path = String(decoding: text.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").last.map(String.init) ?? ""
    }
}

@Suite("What a file makes durable")
struct DurabilityTests {
    private let folder: Folder
    private let watched = WatchedDisk()
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let metrics: LoopMetrics

    init() async throws {
        folder = try Folder()
        metrics = try await LoopMetrics(loop)
    }

    private var folderName: String { folder.path.split(separator: "/").last.map(String.init) ?? "" }

    private func sink(rotate: Int = 1 << 30) throws -> FileSink {
        try FileSink(
            FileSinkConfiguration(path: folder.file("log"), rotate: .init(bytes: rotate), keep: 2),
            purpose: "audit", context: .make(metrics.registry), disk: watched.disk)
    }

    @Test func `the name of a new file, as well as what is in it`() async throws {
        let sink = try sink()
        #expect(watched.synced == [folderName])
        try await sink.offerDurably("{}", on: loop, metrics)
        #expect(watched.synced == [folderName, "log"])
    }

    @Test func `the names of files that were put aside`() async throws {
        let sink = try sink(rotate: 10)
        try await sink.offerDurably("{\"n\":1}", on: loop, metrics)
        try await sink.offerDurably("{\"n\":2}", on: loop, metrics)
        #expect(folder.names == ["log", "log.1"])
        #expect(watched.synced == [folderName, "log", folderName, "log"])
    }

    @Test func `the lines of a batch that are in the file before, when it is opened anew in the middle`() async throws {
        let sink = try sink()
        let moved = folder.file("moved")
        watched.afterNextWrite(of: 3) { [folder] in
            rename(folder.file("log"), moved)
            sink.reopenFiles()
        }
        try await sink.offerDurably("{\"n\":1}", on: loop, metrics)
        #expect(watched.synced == [folderName, folderName, "moved", "log"])
    }

    @Test func `nothing, where the file before cannot be synced`() async throws {
        let sink = try sink()
        let moved = folder.file("moved")
        watched.fail("moved")
        watched.afterNextWrite(of: 3) { [folder] in
            rename(folder.file("log"), moved)
            sink.reopenFiles()
        }
        await #expect(throws: SinkError(.writeFailed)) {
            try await sink.offerDurably("{\"n\":1}", on: loop, metrics, within: .seconds(60))
        }
    }
}
