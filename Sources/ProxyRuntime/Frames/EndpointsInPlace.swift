import KafkaWire

/// Puts addresses of the virtual cluster over the endpoints of new leaders (KIP-951) where they stand, in a frame that
/// is on its way already and so cannot change its length.
///
/// It is done for all endpoints of a field or for none: hosts must have as many bytes as those
/// that clients are told.
enum EndpointsInPlace {
    private struct Endpoint {
        let broker: Broker
        let hostAt: Int
        let portAt: Int
        let local: VirtualCluster.Address
    }

    /// Rewrites the endpoints of a tagged field.
    ///
    /// - Parameters:
    ///   - field: the content of the field, which is in memory of this loop's own.
    ///   - virtual: the addresses that clients are told.
    ///   - learn: told of each broker that was found.
    /// - Returns: false, and nothing is changed, if one does not fit.
    static func rewrite(
        _ field: UnsafeRawBufferPointer, _ virtual: VirtualCluster, learn: (Broker) -> Void
    ) -> Bool {
        guard let endpoints = read(field, virtual), let base = field.baseAddress else { return false }
        // Safety: the field lies in a chunk that a channel of this loop has given away; see
        // ``ByteBuffer/patch(_:at:)``.
        let bytes = UnsafeMutableRawPointer(mutating: base)
        for endpoint in endpoints {
            endpoint.local.hostBytes.withUnsafeBytes {
                bytes.advanced(by: endpoint.hostAt).copyMemory(from: $0.baseAddress ?? base, byteCount: $0.count)
            }
            bytes.advanced(by: endpoint.portAt).storeBytes(
                of: Int32(clamping: endpoint.local.port).bigEndian, as: Int32.self)
            learn(endpoint.broker)
        }
        return true
    }

    /// The endpoints with where they stand; nil if one does not fit or cannot be read.
    private static func read(_ field: UnsafeRawBufferPointer, _ virtual: VirtualCluster) -> [Endpoint]? {
        var reader = Reader(bytes: field)
        guard let count = reader.varint(), count > 0, count <= field.count else { return nil }
        var endpoints: [Endpoint] = []
        for _ in 1..<max(1, count) {
            guard let id = reader.int32(), let hostLength = reader.varint(), hostLength > 0 else { return nil }
            let hostAt = reader.offset
            guard let host = reader.take(hostLength - 1), let port = reader.int32(), let rack = reader.varint(),
                reader.take(max(0, rack - 1)) != nil, reader.varint() == 0
            else { return nil }
            guard let local = virtual.address(of: id), host.count == local.hostBytes.count else { return nil }
            let portAt = hostAt + host.count
            let broker = Broker(id: id, host: String(decoding: host, as: UTF8.self), port: Int(port))
            endpoints.append(Endpoint(broker: broker, hostAt: hostAt, portAt: portAt, local: local))
        }
        return endpoints
    }

    /// Reads what endpoints are made of; nil where the bytes end first.
    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var offset = 0

        mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
            guard count >= 0, count <= bytes.count - offset else { return nil }
            defer { offset += count }
            return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        }

        mutating func int32() -> Int32? {
            take(4).map { Int32(bigEndian: $0.loadUnaligned(as: Int32.self)) }
        }

        mutating func varint() -> Int? {
            var value = 0
            for shift in stride(from: 0, to: 35, by: 7) {
                guard let byte = take(1)?.first else { return nil }
                value |= Int(byte & 0x7f) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }
    }
}
