import HTTPTypes
import Hummingbird
import HummingbirdCore

/// What the admin server reads of an HTTP request.
struct AdminRequest: Sendable {
    var method: HTTPRequest.Method
    /// Without the query, and without a slash at its end.
    var path: String
    /// Parameters of the query and, where a form was sent, of the form.
    var parameters: [String: String]
    var headers: HTTPFields
    /// The `Host` header.
    var authority: String?

    init(
        method: HTTPRequest.Method, path: String, parameters: [String: String] = [:], headers: HTTPFields = [:],
        authority: String? = nil
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.headers = headers
        self.authority = authority
    }

    init(_ request: Request) {
        var path = request.uri.path
        if path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.init(
            method: request.method, path: path, headers: request.headers, authority: request.head.authority)
        add(request.uri)
    }

    /// Adds the parameters of a form.
    mutating func addForm(_ body: String) {
        add(URI("/?\(body.filter { !$0.isWhitespace })"))
    }

    private mutating func add(_ uri: URI) {
        for parameter in uri.queryParameters where parameters[String(parameter.key)] == nil {
            parameters[String(parameter.key)] = String(parameter.value)
        }
    }

    /// In which form to answer: as `format` or the `Accept` header ask, else as given; `nil` for a format that does not exist.
    func format(_ usual: AdminFormat) -> AdminFormat? {
        switch parameters["format"] {
        case "json": .json
        case "text", "prometheus": .text
        case nil: headers[.accept]?.hasPrefix("application/json") == true ? .json : usual
        default: nil
        }
    }
}

/// In which form a page is answered.
enum AdminFormat {
    /// For people on terminals.
    case text
    /// For programs.
    case json
}
