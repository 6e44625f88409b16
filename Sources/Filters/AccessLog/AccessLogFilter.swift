package import FilterAPI
import KafkaWire
import NIOCore
import Settings
import Sinks
import Synchronization

/// Writes a line for each request.
///
/// A line is written into memory of its event loop when the request has ended, and handed to the file's own thread in
/// batches: no request ever waits for a file.
package final class AccessLogFilter: Filter {
    private let configuration: AccessLogConfiguration
    private let program: LineProgram
    private let account: LineAccount
    private let backlog: LineBacklog
    /// Nil in a dry run.
    private let lease: LineFileLease?
    /// The lines of each event loop, by the loop.
    private let loops = Mutex<[ObjectIdentifier: LoopLines]>([:])

    /// What the file is for, in messages.
    private static let purpose = "access log"

    /// How long ``shutDown()`` waits for a file that does not take its lines.
    static let shutDownPatience: Duration = .seconds(2)

    init(_ configuration: AccessLogConfiguration, context: FilterContext) throws(LineFileError) {
        self.configuration = configuration
        switch configuration.format {
        case .json(let fields): program = .json(fields)
        case .template(let template): program = LineProgram(template: template)
        }
        account = LineAccount(context)
        backlog = LineBacklog(
            purpose: Self.purpose, maxBytes: configuration.maxBuffered.bytes, batchBytes: LoopLines.batchBytes,
            observer: account)
        lease =
            context.isDryRun
            ? nil
            : try LineFileLease(path: configuration.path, purpose: Self.purpose, logger: context.logger)
    }

    package var interests: [Interest] {
        [
            Interest(nil, .request, depth: .completion, topics: program.needsTopics),
            Interest(nil, .response, depth: .completion, topics: program.needsTopics),
        ]
    }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        let loop = connection.eventLoop
        let lines = loops.withLock { loops in
            let key = ObjectIdentifier(loop)
            if let known = loops[key] { return known }
            let lines = LoopLines(
                loop: loop, program: program, lease: lease, backlog: backlog, account: account,
                flushInterval: configuration.flushInterval)
            loops[key] = lines
            return lines
        }
        return AccessLogConnection(configuration, lines)
    }

    package func reopenFiles() {
        lease?.file.reopen(for: backlog)
    }

    package func shutDown() async {
        for lines in loops.withLock({ Array($0.values) }) { await lines.handOverFromAnywhere() }
        await flushFile()
    }

    /// Waits until what was handed over is in the file, but not for ever.
    func flushFile() async {
        await lease?.file.flush(patience: Self.shutDownPatience)
    }
}

/// The part of an access log in one connection.
final class AccessLogConnection: ConnectionFilter {
    private let onlyErrors: Bool
    private let slowerThan: Duration?
    private let lines: LoopLines
    private let runs = ConnectionRuns()

    init(_ configuration: AccessLogConfiguration, _ lines: LoopLines) {
        onlyErrors = configuration.onlyErrors
        slowerThan = configuration.slowerThan
        self.lines = lines
    }

    func completed(_ request: CompletedRequest) {
        if isWanted(request) { lines.append(request, runs) }
    }

    @inline(__always)
    private func isWanted(_ request: CompletedRequest) -> Bool {
        if !onlyErrors, slowerThan == nil { return true }
        if onlyErrors {
            if request.record.facts.errorCode != .none { return true }
            if case .closed = request.result { return true }
        }
        if let slowerThan { return request.duration > slowerThan }
        return false
    }
}
