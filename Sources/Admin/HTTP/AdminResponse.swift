import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Telemetry

/// What the admin server answers.
struct AdminResponse: Sendable {
    var status: HTTPResponse.Status = .ok
    var contentType: String
    var body: String
    /// What comes behind the body, as it comes; nil if nothing does.
    var stream: AsyncStream<ByteBuffer>?
    var extraHeaders: HTTPFields = [:]

    static func text(_ body: String, status: HTTPResponse.Status = .ok) -> AdminResponse {
        AdminResponse(status: status, contentType: "text/plain; charset=utf-8", body: body)
    }

    /// Lines of JSON as they come.
    static func lines(_ stream: AsyncStream<ByteBuffer>) -> AdminResponse {
        AdminResponse(contentType: "application/jsonl", body: "", stream: stream)
    }

    static func json(text: String, status: HTTPResponse.Status = .ok) -> AdminResponse {
        AdminResponse(status: status, contentType: "application/json", body: text)
    }

    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> AdminResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let data = try? encoder.encode(value) else {
            return .text("this page could not be written\n", status: .internalServerError)
        }
        return .json(text: String(decoding: data, as: UTF8.self) + "\n", status: status)
    }

    /// As a response of Hummingbird's, with the headers that keep browsers from lending the page to other sites.
    func response(toHead isHead: Bool) -> Response {
        var headers = extraHeaders
        headers[.contentType] = contentType
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in Self.isolationHeaders where headers[name] == nil {
            headers[name] = value
        }
        let content: ResponseBody =
            stream.map { ResponseBody(asyncSequence: $0) } ?? ResponseBody(byteBuffer: ByteBuffer(string: body))
        let response = Response(status: status, headers: headers, body: content)
        return isHead ? response.createHeadResponse() : response
    }

    private static let isolationHeaders: [(HTTPField.Name, String)] = [
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}
