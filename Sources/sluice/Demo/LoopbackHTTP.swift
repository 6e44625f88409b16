internal import Glibc

/// Reads small pages from the admin server on 127.0.0.1, which sends them whole and not in chunks. Its calls block.
struct LoopbackHTTP: Sendable {
    /// A status and a body.
    struct Answer: Sendable {
        let status: Int
        let body: String
    }

    /// Where the server listens.
    let port: UInt16

    /// Gets a page.
    ///
    /// - Throws: `Failure` if nobody answers within 5 seconds, or not in HTTP.
    func get(_ path: String) throws(Failure) -> Answer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let connected = withLoopbackAddress(port: port) { address, length in connect(descriptor, address, length) }
        guard connected == 0 else { throw Failure(call: "connect", code: errno) }

        // The server closes the connection at the end, which is then the end of the body.
        let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure(call: "send", code: errno)
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count >= 0 else { throw Failure(call: "recv", code: errno) }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let separator = text.firstRange(of: "\r\n\r\n"),
            let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap({ Int($0) })
        else { throw Failure(call: "read an HTTP answer", code: EPROTO) }
        return Answer(status: status, body: String(text[separator.upperBound...]))
    }

    /// A system call that failed.
    struct Failure: Error, CustomStringConvertible {
        let call: String
        let code: Int32

        var description: String { "\(call): \(String(cString: strerror(code)))" }
    }
}

/// Calls `body` with the socket address of that port on 127.0.0.1.
func withLoopbackAddress<Value>(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            body(generic, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
