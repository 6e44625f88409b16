import NIOConcurrencyHelpers
import NIOCore

@testable import Schemas

/// A registry that answers from a table, or when it is told to.
final class ScriptedRegistry: RegistryTransport {
    /// What it does with a question.
    enum Reply: Sendable {
        case answer(Int, String)
        case silence
        case later
    }

    private struct State {
        var replies: [String: [Reply]] = [:]
        var paths: [String] = []
        var headers: [(name: String, value: String)] = []
        var waiting: [(path: String, promise: EventLoopPromise<RegistryAnswer>)] = []
    }

    private struct Silence: Error {}

    private let state = NIOLockedValueBox(State())

    init(_ replies: [String: Reply] = [:]) {
        for (path, reply) in replies { set(path, reply) }
    }

    /// Sets the replies to a path: one after another, and then the last one again.
    func set(_ path: String, _ replies: Reply...) {
        state.withLockedValue { $0.replies[path] = replies }
    }

    /// The paths that have been asked for.
    var paths: [String] { state.withLockedValue { $0.paths } }

    /// The headers of the last question.
    var headers: [(name: String, value: String)] { state.withLockedValue { $0.headers } }

    /// Answers the questions that wait.
    func answer(_ status: Int, _ body: String) {
        let waiting = state.withLockedValue { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for question in waiting { question.promise.succeed(.init(status: status, body: ByteBuffer(string: body))) }
    }

    func get(
        _ path: String, headers: [(name: String, value: String)], on eventLoop: any EventLoop
    ) -> EventLoopFuture<RegistryAnswer> {
        let promise = eventLoop.makePromise(of: RegistryAnswer.self)
        let reply = state.withLockedValue { state -> Reply in
            state.paths.append(path)
            state.headers = headers
            guard var replies = state.replies[path], let reply = replies.first else { return .answer(404, "{}") }
            if replies.count > 1 { replies.removeFirst() }
            state.replies[path] = replies
            if case .later = reply { state.waiting.append((path, promise)) }
            return reply
        }
        switch reply {
        case .answer(let status, let body): promise.succeed(.init(status: status, body: ByteBuffer(string: body)))
        case .silence: promise.fail(Silence())
        case .later: break
        }
        return promise.futureResult
    }
}

/// Texts as members of JSON.
enum JSONWriting {
    static func quote(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
