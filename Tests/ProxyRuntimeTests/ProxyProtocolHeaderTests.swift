import NIOCore
import Testing

@testable import ProxyRuntime

@Suite("The header of the PROXY protocol")
struct ProxyProtocolHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    static let headers: [(name: String, bytes: [UInt8], host: String?, port: Int?)] = [
        ("v1 of IPv4", Array("PROXY TCP4 10.1.2.3 10.9.9.9 4711 9092\r\n".utf8), "10.1.2.3", 4711),
        ("v1 of IPv6", Array("PROXY TCP6 2001:db8::1 ::1 65535 9092\r\n".utf8), "2001:db8::1", 65535),
        ("v1 unknown", Array("PROXY UNKNOWN\r\n".utf8), nil, nil),
        ("v1 unknown with addresses", Array("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".utf8), nil, nil),
        (
            "v2 of IPv4", signature + [0x21, 0x11, 0, 12, 10, 1, 2, 3, 10, 9, 9, 9, 0x12, 0x67, 0x23, 0x84], "10.1.2.3",
            4711
        ),
        (
            "v2 of IPv4 with more fields",
            signature + [0x21, 0x11, 0, 16, 10, 1, 2, 3, 10, 9, 9, 9, 0x12, 0x67, 0x23, 0x84, 4, 0, 1, 0], "10.1.2.3",
            4711
        ),
        (
            "v2 of IPv6",
            signature + [0x21, 0x21, 0, 36, 0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
                + [UInt8](repeating: 0, count: 16) + [0x12, 0x67, 0x23, 0x84], "2001:db8::1", 4711
        ),
        ("v2 of the balancer itself", signature + [0x20, 0, 0, 0], nil, nil),
        ("v2 unspecified", signature + [0x21, 0, 0, 4, 1, 2, 3, 4], nil, nil),
    ]

    @Test("It says who the client is, when its last byte has come, whatever follows it", arguments: headers.indices)
    func read(index: Int) {
        let (name, bytes, host, port) = Self.headers[index]
        for end in 0..<bytes.count {
            #expect(ProxyProtocolHeader.read(ByteBuffer(bytes: bytes[..<end])) == .needsMore, "\(name), \(end) bytes")
        }
        for tail in [[], [0, 0, 0, 9], Array("PROXY ".utf8)] as [[UInt8]] {
            guard case .header(let header, let length) = ProxyProtocolHeader.read(ByteBuffer(bytes: bytes + tail))
            else {
                Issue.record("\(name) is not read")
                continue
            }
            #expect(length == bytes.count)
            #expect(header.source?.ipAddress == host && header.source?.port == port, "\(name)")
        }
    }

    static let others: [[UInt8]] = [
        [0, 0, 0, 20], Array("GET / HTTP/1.1\r\n".utf8), Array("PROXY \r\n".utf8), Array("PROXY TCP4\r\n".utf8),
        Array("PROXY TCP4 10.1.2.3 10.9.9.9 4711\r\n".utf8), Array("PROXY TCP4 10.1.2.3 10.9.9.9 70000 1\r\n".utf8),
        Array("PROXY TCP4 2001:db8::1 ::1 4711 9092\r\n".utf8),
        Array("PROXY TCP6 10.1.2.3 10.9.9.9 4711 9092\r\n".utf8),
        Array("PROXY TCP4 10.1.2.3 10.9.9.9 4711 9092\n".utf8),
        Array("PROXY UDP4 10.1.2.3 10.9.9.9 4711 9092\r\n".utf8),
        Array("PROXY TCP4 ".utf8) + [UInt8](repeating: 0x31, count: 200), signature + [0x11, 0x11, 0, 12],
        signature + [0x22, 0x11, 0, 12], signature + [0x21, 0x11, 0xff, 0xff],
        signature + [0x21, 0x11, 0, 11] + [UInt8](repeating: 1, count: 11),
        signature + [0x21, 0x21, 0, 12] + [UInt8](repeating: 1, count: 12),
        signature + [0x21, 0x41, 0, 12] + [UInt8](repeating: 1, count: 12),
    ]

    @Test("What is no such header, or one with lengths that lie, is invalid", arguments: others)
    func invalid(bytes: [UInt8]) {
        #expect(ProxyProtocolHeader.read(ByteBuffer(bytes: bytes)) == .invalid)
    }
}
