import Glibc

extension LoadedCertificate {
    /// The certificate of a file, and its chain.
    static func shown(_ files: TLSCertificateFiles, from reader: TLSFiles) throws(TLSError) -> [LoadedCertificate] {
        let path = files.certificateFile
        let all = CertificateDescription.all(in: try reader.contents(of: path)) ?? []
        return all.enumerated().map { index, description in
            let names = files.serverNames.isEmpty ? description.hostNames : files.serverNames.map { $0.lowercased() }
            return LoadedCertificate(
                role: index == 0 ? .certificate : .chain, file: path, serverNames: index == 0 ? names : [],
                description: description)
        }
    }

    /// The CA certificates of files.
    static func trusted(_ paths: [String], from reader: TLSFiles) throws(TLSError) -> [LoadedCertificate] {
        var result: [LoadedCertificate] = []
        for path in paths {
            for description in CertificateDescription.all(in: try reader.contents(of: path)) ?? [] {
                result.append(LoadedCertificate(role: .ca, file: path, serverNames: [], description: description))
            }
        }
        return result
    }

    /// What should be known of it; `nil` when there is nothing.
    func warning(at now: Int64) -> String? {
        let whose = "'\(file)': the \(role == .ca ? "CA " : "")certificate of \(description.subject)"
        if description.isExpired(at: now) { return "\(whose) has expired at \(Self.text(of: description.notAfter))" }
        if now < description.notBefore {
            return "\(whose) is not valid before \(Self.text(of: description.notBefore))"
        }
        return nil
    }

    private static func text(of time: Int64) -> String {
        var seconds = time_t(time)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "\(time)" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            guard let start = text.baseAddress else { return "" }
            let count = strftime(start, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
            return count > 0 ? String(cString: start) : "\(time)"
        }
    }
}
