internal import Glibc

/// Reads pages from an admin server, which sends them whole and not in chunks. Its calls block.
struct SmallHTTP: Sendable {
    /// A status and a body.
    struct Answer: Sendable {
        let status: Int
        let body: String
    }

    /// A name or an IP address, without brackets.
    let host: String
    /// Where the server listens.
    let port: UInt16

    /// For one call of the system.
    private static let patienceSeconds = 10
    /// The largest answer, in bytes.
    private static let largestAnswer = 64 << 20

    /// A server.
    init(host: String = "127.0.0.1", port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Gets a page.
    ///
    /// - Throws: `Failure` if nobody answers within 10 seconds, or not in HTTP.
    func get(_ path: String) throws(Failure) -> Answer {
        try ask("GET", path, "")
    }

    /// Presses a button: a `POST` without a body.
    ///
    /// - Throws: as ``get(_:)``.
    func post(_ path: String) throws(Failure) -> Answer {
        try ask("POST", path, "Content-Length: 0\r\n")
    }

    private func ask(_ method: String, _ path: String, _ fields: String) throws(Failure) -> Answer {
        let descriptor = try connected()
        defer { close(descriptor) }
        // The server closes the connection at the end, which is then the end of the body.
        let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let head = "\(method) \(path) HTTP/1.1\r\nHost: \(authority)\r\n\(fields)Connection: close\r\n\r\n"
        let request = Array(head.utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure(call: "send", code: errno)
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(call: "recv", code: errno) }
            guard count > 0 else { break }
            bytes += chunk[..<count]
            guard bytes.count <= Self.largestAnswer else { throw Failure(call: "read an HTTP answer", code: EMSGSIZE) }
        }
        return try Self.answer(bytes)
    }

    private static func answer(_ bytes: [UInt8]) throws(Failure) -> Answer {
        let malformed = Failure(call: "read an HTTP answer", code: EPROTO)
        guard let separator = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw malformed }
        let lines = String(decoding: bytes[..<separator.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1."),
            let status = first.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap({ Int($0) })
        else { throw malformed }
        let body = bytes[separator.upperBound...]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            guard Int(parts[1].filter { $0 != " " }) == body.count else { throw malformed }
        }
        return Answer(status: status, body: String(decoding: body, as: UTF8.self))
    }

    /// A connection to the first address of the host that takes one.
    private func connected() throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let resolved = getaddrinfo(host, String(port), &hints, &found)
        guard resolved == 0 else {
            throw Failure(call: "look up \(host)", reason: String(cString: gai_strerror(resolved)))
        }
        defer { freeaddrinfo(found) }
        var failure = Failure(call: "connect", code: EHOSTUNREACH)
        var next = found
        while let address = next?.pointee {
            next = address.ai_next
            let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            guard descriptor >= 0 else {
                failure = Failure(call: "socket", code: errno)
                continue
            }
            var limit = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
            if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
            failure = Failure(call: "connect", code: errno)
            close(descriptor)
        }
        throw failure
    }

    /// A call that failed.
    struct Failure: Error, CustomStringConvertible {
        let call: String
        let reason: String

        init(call: String, reason: String) {
            self.call = call
            self.reason = reason
        }

        init(call: String, code: Int32) {
            self.init(call: call, reason: String(cString: strerror(code)))
        }

        var description: String { "\(call): \(reason)" }
    }
}
