import NIOCore
import NIOHTTP1
import NIOPosix
import SluiceConfiguration

/// One request over HTTP/1.1 and its answer, on a connection of its own: what keys and tokens need, and no more.
/// Bounded in size and time; redirections are not followed, so that a secret goes nowhere but where it was meant to.
struct HTTPQuestion: Sendable {
    /// Why there is no answer.
    enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case status(Int)
        case tooLarge(limit: Int)
        case closed
        case timedOut
        case httpsUnavailable

        var description: String {
            switch self {
            case .status(let code): "the server answers with status \(code)"
            case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
            case .closed: "the server closed the connection"
            case .timedOut: "the server did not answer in time"
            case .httpsUnavailable: "https is not available"
            }
        }
    }

    private let address: HTTPAddress
    private let method: HTTPMethod
    private let fields: [(String, String)]
    private let body: [UInt8]
    private let largest: Int

    /// Gets what is at an address.
    static func get(_ address: HTTPAddress, largest: Int) -> HTTPQuestion {
        HTTPQuestion(address: address, method: .GET, fields: [], body: [], largest: largest)
    }

    /// Posts a form.
    static func post(
        _ address: HTTPAddress, form: [(String, String)], fields: [(String, String)], largest: Int
    ) -> HTTPQuestion {
        let text = form.map { "\(FormText.encode($0))=\(FormText.encode($1))" }.joined(separator: "&")
        return HTTPQuestion(
            address: address, method: .POST,
            fields: fields + [("Content-Type", "application/x-www-form-urlencoded")], body: Array(text.utf8),
            largest: largest)
    }

    /// Sends it.
    ///
    /// - Returns: the body of the answer; fails unless its status is 200.
    func send(on loop: any EventLoop, timeout: TimeAmount) -> EventLoopFuture<[UInt8]> {
        guard !address.isSecure else { return loop.makeFailedFuture(Failure.httpsUnavailable) }
        let promise = loop.makePromise(of: [UInt8].self)
        let question = self
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        HTTPAnswerHandler(promise: promise, largest: question.largest))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                switch result {
                case .failure(let error): promise.fail(error)
                case .success(let channel):
                    let alarm = channel.eventLoop.scheduleTask(in: timeout) {
                        promise.fail(Failure.timedOut)
                        channel.close(promise: nil)
                    }
                    promise.futureResult.whenComplete { _ in
                        alarm.cancel()
                        channel.close(promise: nil)
                    }
                    question.write(to: channel)
                }
            }
        return promise.futureResult
    }

    private func write(to channel: any Channel) {
        let isUsual = address.port == (address.isSecure ? 443 : 80)
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        var headers: HTTPHeaders = [
            "Host": isUsual ? host : "\(host):\(address.port)", "Accept": "application/json", "Connection": "close",
            "User-Agent": "sluice",
        ]
        for (name, value) in fields { headers.add(name: name, value: value) }
        if method == .POST { headers.add(name: "Content-Length", value: String(body.count)) }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: address.path, headers: headers)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !body.isEmpty {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }
}

/// Text in a form (`application/x-www-form-urlencoded`).
enum FormText {
    static func encode(_ text: String) -> String {
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

/// Puts an answer together.
private final class HTTPAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<[UInt8]>
    private let largest: Int
    private var status = 0
    private var body: [UInt8] = []

    init(promise: EventLoopPromise<[UInt8]>, largest: Int) {
        self.promise = promise
        self.largest = largest
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let bytes):
            guard body.count + bytes.readableBytes <= largest else {
                promise.fail(HTTPQuestion.Failure.tooLarge(limit: largest))
                return
            }
            body += bytes.readableBytesView
        case .end:
            if status == 200 {
                promise.succeed(body)
            } else {
                promise.fail(HTTPQuestion.Failure.status(status))
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(HTTPQuestion.Failure.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
