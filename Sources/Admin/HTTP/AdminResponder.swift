import HTTPTypes
import Hummingbird
import HummingbirdCore
import Telemetry

/// Brings HTTP requests to the endpoints: the guard, the methods, the bound on bodies.
struct AdminResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    /// The most bytes of a request's body; nothing here needs more than a short form.
    static let maxBodyBytes = 16 << 10

    private let endpoints: [String: [AdminEndpoint]]
    /// The paths among them that have names in them.
    private let patterns: [(pattern: PathPattern, path: String)]
    private let list: String
    private let requestGuard: RequestGuard?

    /// Makes a responder.
    ///
    /// - Parameters:
    ///   - endpoints: what is served.
    ///   - requestGuard: what refuses browsers of other sites; `nil` where only open pages are served.
    init(endpoints: [AdminEndpoint], requestGuard: RequestGuard?) {
        self.endpoints = Dictionary(grouping: endpoints, by: \.path)
        patterns = self.endpoints.keys.sorted().compactMap { path in PathPattern(path).map { ($0, path) } }
        self.requestGuard = requestGuard
        var table = TextTable("METHOD", "PATH", "")
        for endpoint in endpoints {
            table.add(endpoint.method.rawValue, endpoint.path, endpoint.summary)
        }
        list = table.text
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        var adminRequest = AdminRequest(request)
        let isHead = request.method == .head
        if let refusal = refusal(of: adminRequest) {
            return refusal.response(toHead: isHead)
        }
        if request.method == .post {
            guard let body = try? await request.body.collect(upTo: Self.maxBodyBytes) else {
                let tooLarge = "a request's body has at most \(Self.maxBodyBytes) bytes\n"
                return AdminResponse.text(tooLarge, status: .contentTooLarge).response(toHead: false)
            }
            if request.headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true {
                adminRequest.addForm(String(buffer: body))
            }
        }
        return await respond(to: adminRequest).response(toHead: isHead)
    }

    /// The answer to a request that has not been refused.
    func respond(to request: AdminRequest) async -> AdminResponse {
        var request = request
        let atPath: [AdminEndpoint]
        switch endpoints(for: request.path) {
        case .none: return .text("no such page; there are:\n\n\(list)", status: .notFound)
        case .malformed(let problem): return .text("\(problem)\n", status: .badRequest)
        case .found(let found, let parameters):
            atPath = found
            request.pathParameters = parameters
        }
        let method = request.method == .head ? .get : request.method
        guard let endpoint = atPath.first(where: { $0.method == method }) else {
            let allowed = atPath.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] }
                .joined(separator: ", ")
            let path = VisibleText.escaped(request.path)
            return .text("\(path) takes \(allowed)\n", status: .methodNotAllowed, allow: allowed)
        }
        return await endpoint.handler(request)
    }

    private enum Found {
        case none
        case malformed(String)
        case found([AdminEndpoint], [String: String])
    }

    private func endpoints(for path: String) -> Found {
        // A pattern is not a path: whoever writes its braces means a name that has braces.
        if !path.contains("{"), let exact = endpoints[path] { return .found(exact, [:]) }
        for (pattern, key) in patterns {
            switch pattern.match(path) {
            case .none: continue
            case .malformed(let problem): return .malformed(problem)
            case .parameters(let parameters): return .found(endpoints[key] ?? [], parameters)
            }
        }
        return .none
    }

    /// The answer to a request that is refused, or `nil`.
    func refusal(of request: AdminRequest) -> AdminResponse? {
        let isOpen = endpoints[request.path]?.allSatisfy(\.isOpen) ?? false
        guard let reason = requestGuard?.refusal(of: request, isOpen: isOpen) else { return nil }
        return .text("refused: \(VisibleText.escaped(reason))\n", status: .forbidden)
    }
}
