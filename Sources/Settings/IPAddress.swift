#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IPv4 or IPv6 address, as bytes in network order.
public struct IPAddress: Sendable, Hashable {
    /// Four bytes or sixteen.
    public let bytes: [UInt8]

    /// Makes an address of 4 or 16 bytes in network order; `nil` for any other number.
    ///
    /// An IPv4 address in IPv6's clothes (`::ffff:a.b.c.d`, what a dual-stack socket shows) becomes the IPv4 address.
    public init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// Reads an address in its usual notation; a zone (`fe80::1%eth0`) is left out. `nil` when it is none.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(bytes: withUnsafeBytes(of: &four) { Array($0) })
            return
        }
        let withoutZone = text.prefix { $0 != "%" }
        guard withoutZone.contains(":") else { return nil }
        var six = in6_addr()
        guard inet_pton(AF_INET6, String(withoutZone), &six) == 1 else { return nil }
        self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
    }

    /// Whether this is an IPv6 address.
    public var isIPv6: Bool { bytes.count == 16 }

    /// Whether this is `0.0.0.0` or `::`.
    public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
}

extension IPAddress: CustomStringConvertible {
    /// The address in its usual notation.
    public var description: String {
        var text = [CChar](repeating: 0, count: 64)
        let family = isIPv6 ? AF_INET6 : AF_INET
        let written = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return written.map { String(cString: $0) } ?? ""
    }
}

/// All addresses that share their first bits: `10.0.0.0/8`, `fd00::/8`, or one address.
public struct NetworkPrefix: Sendable, Hashable {
    /// The first address.
    public let address: IPAddress
    /// How many bits are shared, from 0 to 32 or 128.
    public let length: Int

    /// Reads a prefix in CIDR notation, or a single address.
    ///
    /// - Throws: A problem that says what is wrong, bits behind the prefix among them.
    public init(parsing text: some StringProtocol) throws(SettingProblem) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let address = IPAddress(first) else {
            throw SettingProblem("'\(text)' is not an address or a network such as 10.0.0.0/8")
        }
        let bits = address.bytes.count * 8
        var length = bits
        if parts.count == 2 {
            guard let given = Quantity.integer(Substring(parts[1])), !parts[1].isEmpty, given <= bits else {
                throw SettingProblem("'\(parts[1])' is not a prefix length from 0 to \(bits)")
            }
            length = given
        }
        self.address = address
        self.length = length
        guard length == bits || hasOnlyPrefixBits else {
            throw SettingProblem("'\(text)' has bits set behind its first \(length)")
        }
    }

    /// Whether `other` lies in this network.
    public func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return zip(address.bytes, other.bytes).enumerated().allSatisfy { index, pair in
            (pair.0 ^ pair.1) & mask(ofByte: index) == 0
        }
    }

    private var hasOnlyPrefixBits: Bool {
        address.bytes.enumerated().allSatisfy { index, byte in byte & ~mask(ofByte: index) == 0 }
    }

    /// The bits of the byte at `index` that belong to the prefix.
    private func mask(ofByte index: Int) -> UInt8 {
        let bits = min(8, max(0, length - index * 8))
        return bits == 8 ? 0xFF : ~(0xFF >> UInt8(bits))
    }
}

extension NetworkPrefix: CustomStringConvertible {
    /// CIDR notation; a single address without a length.
    public var description: String {
        length == address.bytes.count * 8 ? "\(address)" : "\(address)/\(length)"
    }
}

extension SettingType where Value == NetworkPrefix {
    /// A network in CIDR notation, as `10.0.0.0/8`, or a single address.
    public static var network: SettingType {
        scalar(
            expected: "an address or a network such as 10.0.0.0/8",
            schema: ["type": "string", "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"],
            parse: { text throws(SettingProblem) in try NetworkPrefix(parsing: text) },
            render: { .string($0.description) }
        )
    }
}
