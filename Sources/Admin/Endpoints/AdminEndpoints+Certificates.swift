import Telemetry

/// What TLS is spoken with.
extension AdminEndpoints {
    @Sendable func certificates(_ request: AdminRequest) async -> AdminResponse {
        let all = await inspection.certificates()
        return page(request, usually: .json) {
            .json(all)
        } text: {
            .text(all.isEmpty ? "no certificates in use\n" : all.map(Self.text(of:)).joined(separator: "\n"))
        }
    }

    private static func text(of use: CertificateInformation) -> String {
        let owner = use.listener.map { "listener \($0)" } ?? "cluster \(use.cluster ?? "")"
        var text = VisibleText.escaped(owner) + "\n"
        if let error = use.lastError {
            text += "files cannot be used as they are now: \(VisibleText.escaped(error))\n"
        }
        guard !use.certificates.isEmpty else { return text + "no certificates of its own: the system's CAs\n" }
        var table = TextTable("ROLE", "SUBJECT", "NAMES", "ISSUER", "EXPIRES", "DAYS", "SERIAL", "FILE")
        for certificate in use.certificates {
            table.add(
                certificate.role, certificate.subject,
                certificate.alternativeNames.isEmpty ? nil : certificate.alternativeNames.joined(separator: " "),
                certificate.issuer, certificate.notAfter, "\(certificate.daysLeft)", certificate.serial,
                certificate.file)
        }
        return text + table.text
    }
}
