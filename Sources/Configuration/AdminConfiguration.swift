package import Settings

/// The `admin:` block: where the admin server listens.
package struct AdminConfiguration: Sendable, Hashable {
    /// The address of everything; keep it on loopback.
    package var address: NetworkAddress
    /// An address at which only `GET /ready`, `/livez` and `/stats` are served, for probes and Prometheus; `nil` for none.
    package var publicAddress: NetworkAddress?

    /// Makes a configuration.
    package init(
        address: NetworkAddress = NetworkAddress(host: "127.0.0.1", port: 9901),
        publicAddress: NetworkAddress? = nil
    ) {
        self.address = address
        self.publicAddress = publicAddress
    }
}

/// What was read of `admin:`, with the places of its addresses.
struct AdminSettings: Sendable {
    var configuration: AdminConfiguration
    var claims: [AddressClaim]

    static func read(_ reader: inout SettingsReader) -> AdminSettings? {
        let address = reader.value(
            "address",
            .address(ports: 0...65_535),
            default: AdminConfiguration().address,
            "Where everything is served. Whoever reaches it can stop the proxy: keep it on loopback."
        )
        let publicAddress = reader.optional(
            "public_address",
            .address(ports: 0...65_535),
            "Where GET /ready, /livez and /stats are served, and nothing else: for probes and Prometheus."
        )
        var claims = [
            AddressClaim(address, mark: reader.mark(of: "address"), path: reader.path(of: "address"))
        ]
        if let publicAddress {
            let mark = reader.mark(of: "public_address")
            claims.append(AddressClaim(publicAddress, mark: mark, path: reader.path(of: "public_address")))
        }
        return AdminSettings(
            configuration: AdminConfiguration(address: address, publicAddress: publicAddress),
            claims: claims
        )
    }
}
