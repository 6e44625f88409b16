import FilterAPI
import NIOCore

/// The header of the PROXY protocol, versions 1 and 2, by which a load balancer says who the client is.
///
/// Source: HAProxy, "The PROXY protocol", versions 1 and 2.
struct ProxyProtocolHeader: Equatable {
    /// The client's address; nil where the balancer speaks for itself (`LOCAL`, `UNKNOWN`).
    let source: SocketAddress?

    /// What came of reading a header.
    enum Outcome: Equatable {
        case needsMore
        /// The bytes are not such a header.
        case invalid
        /// The header, and how many bytes it took.
        case header(ProxyProtocolHeader, length: Int)
    }

    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]
    private static let prefix = Array("PROXY ".utf8)
    /// The longest line of version 1, its end included, in bytes.
    private static let longestLine = 107
    /// The most that a header of version 2 may hold behind its first 16 bytes: addresses and additional fields.
    private static let mostAdditional = 2048

    /// Reads the header at the beginning of a connection.
    static func read(_ buffer: ByteBuffer) -> Outcome {
        let bytes = buffer.readableBytesView
        if bytes.starts(with: signature.prefix(bytes.count)) {
            return bytes.count < 16 ? .needsMore : readBinary(buffer)
        }
        if bytes.starts(with: prefix.prefix(bytes.count)) { return readText(buffer) }
        return .invalid
    }

    private static func readBinary(_ buffer: ByteBuffer) -> Outcome {
        let start = buffer.readerIndex
        guard let command = buffer.getInteger(at: start + 12, as: UInt8.self),
            let family = buffer.getInteger(at: start + 13, as: UInt8.self),
            let length = buffer.getInteger(at: start + 14, as: UInt16.self)
        else { return .needsMore }
        guard command >> 4 == 2, command & 0x0f <= 1, Int(length) <= mostAdditional else { return .invalid }
        guard buffer.readableBytes >= 16 + Int(length) else { return .needsMore }
        let total = 16 + Int(length)
        guard command & 0x0f == 1 else { return .header(ProxyProtocolHeader(source: nil), length: total) }
        switch family {
        case 0x11 where length >= 12:
            return binary(buffer, addressBytes: 4, portAt: start + 24, total: total)
        case 0x21 where length >= 36:
            return binary(buffer, addressBytes: 16, portAt: start + 48, total: total)
        case 0x00:
            return .header(ProxyProtocolHeader(source: nil), length: total)
        default:
            return .invalid
        }
    }

    private static func binary(_ buffer: ByteBuffer, addressBytes: Int, portAt: Int, total: Int) -> Outcome {
        guard let packed = buffer.getSlice(at: buffer.readerIndex + 16, length: addressBytes),
            let port = buffer.getInteger(at: portAt, as: UInt16.self),
            let address = try? SocketAddress(packedIPAddress: packed, port: Int(port))
        else { return .invalid }
        return .header(ProxyProtocolHeader(source: address), length: total)
    }

    private static func readText(_ buffer: ByteBuffer) -> Outcome {
        let bytes = buffer.readableBytesView.prefix(longestLine)
        guard let end = bytes.firstIndex(of: 0x0a) else {
            return bytes.count < longestLine ? .needsMore : .invalid
        }
        let line = String(decoding: bytes[bytes.startIndex..<end], as: UTF8.self)
        let words = line.dropLast().split(separator: " ", omittingEmptySubsequences: false)
        let length = end - bytes.startIndex + 1
        guard line.last == "\r", words.count >= 2 else { return .invalid }
        if words[1] == "UNKNOWN" { return .header(ProxyProtocolHeader(source: nil), length: length) }
        guard words.count == 6, words[1] == "TCP4" || words[1] == "TCP6", let port = UInt16(words[4]),
            let address = try? SocketAddress(ipAddress: String(words[2]), port: Int(port)),
            (address.protocol == .inet) == (words[1] == "TCP4")
        else { return .invalid }
        return .header(ProxyProtocolHeader(source: address), length: length)
    }
}

/// Reads the PROXY header of a connection and then stands aside.
final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: DownstreamConnection
    private var received = ByteBuffer()
    private var isDone = false

    init(connection: DownstreamConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else {
            context.fireChannelRead(data)
            return
        }
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        switch ProxyProtocolHeader.read(received) {
        case .needsMore:
            return
        case .invalid:
            connection.malformed("no_proxy_protocol_header", nil)
        case .header(let header, let length):
            isDone = true
            if let source = header.source {
                connection.context.clientAddress = source.ipAddress ?? connection.context.clientAddress
                connection.context.clientPort = source.port ?? 0
            }
            connection.awaitsProxyHeader = false
            connection.admit()
            guard !connection.isClosed else { return }
            received.moveReaderIndex(forwardBy: length)
            let rest = received
            received = ByteBuffer()
            if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }
}
