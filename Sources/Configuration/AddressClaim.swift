import Settings

/// Ports that a part of the configuration wants to listen on, and where it says so.
struct AddressClaim: Sendable {
    var host: String
    /// `nil` for port 0, which clashes with nothing.
    var ports: PortRange?
    var mark: SettingsMark
    var path: String

    init(host: String, ports: PortRange, mark: SettingsMark, path: String) {
        self.host = host
        self.ports = ports
        self.mark = mark
        self.path = path
    }

    init(_ address: NetworkAddress, mark: SettingsMark, path: String) {
        host = address.host
        ports = PortRange(first: address.port, last: address.port)
        self.mark = mark
        self.path = path
    }

    /// An issue for each claim that overlaps with one before it.
    static func clashes(among claims: [AddressClaim]) -> [SettingsIssue] {
        var issues: [SettingsIssue] = []
        let ordered = claims.sorted {
            ($0.mark.line, $0.mark.column, $0.path) < ($1.mark.line, $1.mark.column, $1.path)
        }
        for (index, claim) in ordered.enumerated() {
            guard let other = ordered[..<index].first(where: { $0.overlaps(claim) }),
                let ports = claim.ports, let otherPorts = other.ports,
                let shared = PortRange(
                    first: max(ports.first, otherPorts.first),
                    last: min(ports.last, otherPorts.last)
                )
            else { continue }
            let noun = shared.count == 1 ? "port" : "ports"
            let hosts = claim.host == other.host ? claim.host : "\(claim.host) (there \(other.host))"
            let place = other.path.isEmpty ? "\(other.mark)" : "\(other.path) (\(other.mark))"
            let message = "\(noun) \(shared) of \(hosts) clash\(shared.count == 1 ? "es" : "") with \(place)"
            issues.append(SettingsIssue(at: claim.mark, path: claim.path, message: message))
        }
        return issues
    }

    private func overlaps(_ other: AddressClaim) -> Bool {
        guard let ports, let otherPorts = other.ports, ports.overlaps(otherPorts) else { return false }
        return NetworkAddress.overlap(host, other.host)
    }
}
