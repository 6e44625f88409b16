import SluiceConfiguration
package import TLS
import Telemetry

/// The certificates that a listener or a cluster has.
package struct CertificatesInUse: Sendable {
    /// The listener's name; nil for a cluster.
    package let listener: String?
    /// The cluster's name; nil for a listener.
    package let cluster: String?
    /// Own certificates, their chains, and CAs.
    package let certificates: [LoadedCertificate]
    /// Why the files as they are now are not used; nil when they are.
    package let lastError: String?
}

extension Proxy {
    /// The certificates of all listeners and clusters in force.
    package func certificatesInUse() -> [CertificatesInUse] {
        let running = state.running
        return running.listeners.compactMap { listener in
            listener.tls.map { tls in
                let state = tls.source.state
                return CertificatesInUse(
                    listener: listener.name, cluster: nil, certificates: state.certificates,
                    lastError: state.lastError?.description)
            }
        }
            + running.clusters.compactMap { cluster in
                cluster.tls.map { tls in
                    let state = tls.source.state
                    return CertificatesInUse(
                        listener: nil, cluster: cluster.name, certificates: state.certificates,
                        lastError: state.lastError?.description)
                }
            }
    }

    /// Declares when certificates expire: series of those in use, and of no others.
    func declareCertificateExpiry() {
        TLSMetrics.declareCertificateExpiry(in: registry) { [weak self] in
            guard let self else { return [] }
            // One that stands twice in a file is one series.
            var expiries: [[String]: Double] = [:]
            for use in self.certificatesInUse() {
                for certificate in use.certificates.prefix(Self.mostExpiries) {
                    let labels = [
                        use.listener ?? "", use.cluster ?? "", certificate.role.rawValue, certificate.file,
                        certificate.description.serial,
                    ]
                    expiries[labels] = Double(certificate.description.notAfter)
                }
            }
            return expiries.map { MetricSample($0.key, $0.value) }
        }
    }

    /// How many certificates of a listener or a cluster are shown in metrics: a bundle of CAs can have hundreds.
    private static let mostExpiries = 100
}
