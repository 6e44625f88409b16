import HTTPTypes
import Telemetry

/// Watching what filters show live.
extension AdminEndpoints {
    @Sendable func tap(_ request: AdminRequest) async -> AdminResponse {
        guard let filter = request.parameters["filter"] else {
            return .text("say which filter, as ?filter=NAME\n", status: .badRequest)
        }
        var limit: Int?
        if let text = request.parameters["limit"] {
            guard let number = Int(text), number > 0 else {
                return .text("limit is a whole number, at least 1\n", status: .badRequest)
            }
            limit = number
        }
        // Who asks for the headers only does not watch.
        guard request.method == .get else { return AdminResponse(contentType: "application/jsonl", body: "") }
        switch await inspection.watch(filter: filter, listener: request.parameters["listener"], limit: limit) {
        case .lines(let stream): return .lines(stream)
        case .unknown(let why): return .text("\(VisibleText.escaped(why))\n", status: .notFound)
        case .unavailable(let why): return .text("\(VisibleText.escaped(why))\n", status: .conflict)
        }
    }
}
