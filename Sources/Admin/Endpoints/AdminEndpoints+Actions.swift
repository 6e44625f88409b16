import HTTPTypes
import Logging
import Settings
import Telemetry

extension AdminEndpoints {
    @Sendable func logging(_ request: AdminRequest) async -> AdminResponse {
        if request.parameters["level"] != nil {
            return .text(
                "to change the level, use POST\n", status: .methodNotAllowed, allow: "POST")
        }
        return await logLevelPage(request)
    }

    @Sendable func setLogging(_ request: AdminRequest) async -> AdminResponse {
        guard let level = request.parameters["level"].flatMap({ Logger.Level(rawValue: $0.lowercased()) }) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            return .text("level: one of \(levels)\n", status: .badRequest)
        }
        await inspection.setLogLevel(level)
        report("log level changed", ["level": "\(level.rawValue)"])
        return await logLevelPage(request)
    }

    private func logLevelPage(_ request: AdminRequest) async -> AdminResponse {
        let level = await inspection.logLevel()
        return page(request, usually: .text) {
            .json(["level": level.rawValue])
        } text: {
            .text("level: \(level.rawValue)\n")
        }
    }

    @Sendable func failHealthcheck(_ request: AdminRequest) async -> AdminResponse {
        await inspection.failHealthcheck()
        report("health check set to fail")
        return .text("/ready now answers 503, until POST /healthcheck/ok\n")
    }

    @Sendable func okHealthcheck(_ request: AdminRequest) async -> AdminResponse {
        await inspection.okHealthcheck()
        report("health check set to ok")
        return .text("/ready now answers as the proxy is\n")
    }

    @Sendable func drainListeners(_ request: AdminRequest) async -> AdminResponse {
        report("draining listeners")
        await inspection.drainListeners()
        return .text("listeners are draining\n")
    }

    @Sendable func reload(_ request: AdminRequest) async -> AdminResponse {
        let dryRun: Bool
        switch request.parameters["dry_run"] {
        case nil, "false", "0": dryRun = false
        case "", "true", "1": dryRun = true
        default: return .text("dry_run: true or false\n", status: .badRequest)
        }
        guard request.format(.text) != nil else {
            return .text("unknown format; there are json and text\n", status: .badRequest)
        }
        if !dryRun { report("asked to reload") }
        let result = await inspection.reload(dryRun: dryRun)
        return page(request, usually: .text) {
            switch result {
            case .accepted(let answer): .json(text: answer.json.prettyPrinted + "\n")
            case .refused(let errors): .errors(errors, status: .unprocessableContent)
            case .unavailable(let why): .errors([why], status: .serviceUnavailable)
            case .unsupported: .errors([Self.noFile], status: .notImplemented)
            }
        } text: {
            switch result {
            case .accepted(let answer): .text(answer.text)
            case .refused(let errors): .text(errors.map { "\($0)\n" }.joined(), status: .unprocessableContent)
            case .unavailable(let why): .text("\(why)\n", status: .serviceUnavailable)
            case .unsupported: .text("\(Self.noFile)\n", status: .notImplemented)
            }
        }
    }

    private static let noFile = "this process has no configuration file to read again"

    @Sendable func resetCounters(_ request: AdminRequest) async -> AdminResponse {
        await registry.resetCounters()
        report("counters reset")
        return .text("counters and histograms are zero\n")
    }

    @Sendable func quit(_ request: AdminRequest) async -> AdminResponse {
        report("asked to quit")
        await inspection.quit()
        return .text("draining, then exiting\n")
    }

    /// Every button that is pressed is in the log.
    func report(_ what: Logger.Message, _ metadata: Logger.Metadata = [:]) {
        logger.notice(what, metadata: metadata)
    }
}

extension AdminResponse {
    /// What is wrong, for programs.
    static func errors(_ errors: [String], status: HTTPResponse.Status) -> AdminResponse {
        let body: JSONValue = ["errors": .array(errors.map { .string($0) })]
        return .json(text: body.prettyPrinted + "\n", status: status)
    }

    /// A refusal that says which methods there are.
    static func text(_ body: String, status: HTTPResponse.Status, allow: String) -> AdminResponse {
        var response = AdminResponse.text(body, status: status)
        response.extraHeaders[.allow] = allow
        return response
    }
}
