import HTTPTypes
import Hummingbird
import HummingbirdCore

/// What the admin server reads of an HTTP request.
struct AdminRequest: Sendable {
    var method: HTTPRequest.Method
    /// Without the query, and without a slash at its end.
    var path: String
    /// Parameters of the query and, where a form was sent, of the form, in the order in which they stand there.
    private(set) var allParameters: [AdminParameter]
    /// The names in the path of an endpoint that has some.
    var pathParameters: [String: String] = [:]
    var headers: HTTPFields
    /// The `Host` header.
    var authority: String?

    init(
        method: HTTPRequest.Method, path: String, parameters: KeyValuePairs<String, String> = [:],
        headers: HTTPFields = [:],
        authority: String? = nil
    ) {
        self.method = method
        self.path = path
        allParameters = parameters.map { AdminParameter(name: $0, value: $1) }
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
        for parameter in uri.queryParameters {
            let name = PercentEncoding.decode(parameter.key) ?? String(parameter.key)
            allParameters.append(AdminParameter(name: name, value: String(parameter.value)))
        }
    }

    /// The parameters by name; of several with one name, the first.
    var parameters: [String: String] {
        Dictionary(allParameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
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
