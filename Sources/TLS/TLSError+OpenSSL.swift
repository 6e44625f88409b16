import COpenSSL

extension TLSError {
    /// An error with what OpenSSL has to say of it, which is taken from the thread's queue.
    ///
    /// - Parameters:
    ///   - code: the kind, when OpenSSL's reason is none that has one of its own.
    ///   - message: what happened.
    ///   - file: the file it is about.
    /// - Returns: the error.
    static func openSSL(_ code: Code, _ message: String, file: String? = nil) -> TLSError {
        let queue = OpenSSLReasons.take()
        return TLSError(code, message, reasons: queue.texts, file: file)
    }
}

/// What was in a thread's queue of errors.
struct OpenSSLReasons {
    /// The reasons, the first cause first.
    var texts: [String] = []
    /// The kind, when one of the reasons has one.
    var code: TLSError.Code?
    /// Whether the peer has given up with an alert.
    var isAlert = false

    /// Takes the errors of this thread.
    static func take() -> OpenSSLReasons {
        var result = OpenSSLReasons()
        var isTLS: Int32 = 0
        var reason: Int32 = 0
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            guard let start = text.baseAddress else { return }
            while sluice_tls_error(start, text.count, &isTLS, &reason) == 1 {
                result.texts.append(String(cString: start))
                guard isTLS == 1, result.code == nil else { continue }
                let alert = reason - sluice_tls_alert_offset()
                if alert >= 0, let name = sluice_tls_alert_name(alert) {
                    result.code = .alert(String(cString: name))
                    result.isAlert = true
                } else if let code = sluice_tls_reason_code(reason) {
                    result.code = TLSError.Code(rawValue: String(cString: code))
                }
            }
        }
        return result
    }
}
