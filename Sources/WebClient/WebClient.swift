package import NIOCore
import NIOHTTP1
import NIOPosix
import Settings
package import TLS

/// Requests over HTTP/1.1, with TLS for `https`: each on a connection of its own, bounded in size and time.
/// Redirections are not followed, so that a secret goes nowhere but where it was meant to.
package final class WebClient: Sendable {
    private let tls: TLSClientSource?

    /// A client.
    ///
    /// - Parameters:
    ///   - isSecure: whether `https` will be asked for. This loads CAs, which blocks.
    ///   - authorityFiles: PEM files with the CAs that servers' certificates must come from; empty for the system's.
    /// - Throws: what is wrong with a file.
    package init(isSecure: Bool = true, authorityFiles: [String] = []) throws(TLSError) {
        tls = isSecure ? try TLSClientSource(TLSClientSettings(caFiles: authorityFiles)) : nil
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - loop: the event loop that the connection lives on.
    ///   - timeout: for a connection to come about, and then for the answer.
    ///   - largest: how large the body of the answer may be, in bytes.
    /// - Returns: the answer, whatever its status; fails with ``WebError``, `TLSError` or the socket's error.
    package func send(
        _ request: WebRequest, on loop: any EventLoop, timeout: TimeAmount, largest: Int
    ) -> EventLoopFuture<WebResponse> {
        guard request.address.isSecure else { return open(request, nil, loop, timeout, largest) }
        guard let tls else {
            return loop.makeFailedFuture(TLSError(.invalidSetting, "the client was made without TLS"))
        }
        // The files may have changed since; that is looked at where it blocks nobody.
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            _ = tls.refresh()
            return tls.current
        }.flatMap { self.open(request, $0, loop, timeout, largest) }
    }

    private func open(
        _ request: WebRequest, _ context: TLSClientContext?, _ loop: any EventLoop, _ timeout: TimeAmount,
        _ largest: Int
    ) -> EventLoopFuture<WebResponse> {
        let promise = loop.makePromise(of: WebResponse.self)
        let address = request.address
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(
                            TLSHandler(
                                client: context, host: address.host, port: address.port, handshakeTimeout: timeout))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(WebAnswerHandler(promise: promise, largest: largest))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                switch result {
                case .failure(let error): promise.fail(error)
                case .success(let channel):
                    let alarm = channel.eventLoop.scheduleTask(in: timeout) {
                        promise.fail(WebError.timedOut)
                        channel.close(promise: nil)
                    }
                    promise.futureResult.whenComplete { _ in
                        alarm.cancel()
                        channel.close(promise: nil)
                    }
                    Self.write(request, to: channel)
                }
            }
        return promise.futureResult
    }

    private static func write(_ request: WebRequest, to channel: any Channel) {
        let address = request.address
        let isUsual = address.port == (address.isSecure ? 443 : 80)
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        var headers: HTTPHeaders = [
            "Host": isUsual ? host : "\(host):\(address.port)", "Connection": "close", "User-Agent": "sluice",
        ]
        for field in request.fields { headers.add(name: field.name, value: field.value) }
        if !headers.contains(name: "Accept") { headers.add(name: "Accept", value: "application/json") }
        if request.method == .post || request.method == .put || !request.body.isEmpty {
            headers.replaceOrAdd(name: "Content-Length", value: String(request.body.count))
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method.rawValue), uri: address.path,
            headers: headers)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !request.body.isEmpty {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: request.body))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }
}

/// Puts an answer together.
private final class WebAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<WebResponse>
    private let largest: Int
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    /// True if the connection has ended without saying so.
    private var isCutOff = false

    init(promise: EventLoopPromise<WebResponse>, largest: Int) {
        self.promise = promise
        self.largest = largest
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes):
            guard body.count + bytes.readableBytes <= largest else {
                promise.fail(WebError.tooLarge(limit: largest))
                return
            }
            body += bytes.readableBytesView
        case .end:
            guard let head else { return }
            // What has no length ends with the connection, so it must say that this is the end.
            if isCutOff, !head.headers.contains(name: "Content-Length"),
                !head.headers.contains(name: "Transfer-Encoding")
            {
                promise.fail(WebError.closed)
                return
            }
            promise.succeed(
                WebResponse(
                    status: Int(head.status.code), fields: head.headers.map { ($0.name, $0.value) }, body: body))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // An answer without a length ends with the connection: the decoder has told so before.
        promise.fail(WebError.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError, error.code == .truncated {
            isCutOff = true
            return
        }
        promise.fail(error)
        context.close(promise: nil)
    }
}
