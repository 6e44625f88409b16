package import Settings

/// A request over HTTP.
package struct WebRequest: Sendable {
    /// What is asked.
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// What is asked.
    package var method: Method
    /// Where.
    package var address: HTTPAddress
    /// Fields of the header, beside `Host`, `User-Agent`, `Content-Length` and `Connection`.
    package var fields: [(name: String, value: String)]
    /// What is sent.
    package var body: [UInt8]

    /// Makes a request.
    package init(
        _ method: Method, _ address: HTTPAddress, fields: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.address = address
        self.fields = fields
        self.body = body
    }

    /// A form, posted.
    package static func form(
        _ address: HTTPAddress, _ values: [(name: String, value: String)],
        fields: [(name: String, value: String)] = []
    ) -> WebRequest {
        let text = values.map { "\(FormText.encode($0.name))=\(FormText.encode($0.value))" }.joined(separator: "&")
        return WebRequest(
            .post, address, fields: fields + [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(text.utf8))
    }
}

/// The answer to a request over HTTP.
package struct WebResponse: Sendable {
    /// The status, such as 200.
    package let status: Int
    /// The fields of the header, as they came.
    package let fields: [(name: String, value: String)]
    /// What has come.
    package let body: [UInt8]

    /// The first field of that name, in whatever case.
    package func field(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body.
    ///
    /// - Throws: ``WebError/status(_:)`` unless the status is 200.
    package func requireOK() throws(WebError) -> [UInt8] {
        guard status == 200 else { throw .status(status) }
        return body
    }
}

/// Why a request over HTTP has no answer.
package enum WebError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The answer has a status that is none to go by.
    case status(Int)
    /// The answer is larger than it may be.
    case tooLarge(limit: Int)
    /// The server closed the connection before all was there.
    case closed
    /// The server did not answer in time.
    case timedOut

    package var description: String {
        switch self {
        case .status(let code): "the server answers with status \(code)"
        case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .closed: "the server closed the connection"
        case .timedOut: "the server did not answer in time"
        }
    }
}

/// Text in a form (`application/x-www-form-urlencoded`).
package enum FormText {
    /// Letters, digits and `-._~` stay; all else is written as `%` and two digits.
    package static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
