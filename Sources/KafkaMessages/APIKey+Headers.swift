public import KafkaWire

extension APIKey {
    /// The version of a request's header: 2 with a flexible body, else 1; 0 for ControlledShutdown v0.
    ///
    /// A version newer than those known here gets the newest header, as newer versions of an API are flexible.
    ///
    /// - Returns: nil for a key that is not known here.
    public func requestHeaderVersion(_ version: Int16) -> Int16? {
        guard let type = requestType else { return nil }
        if self == .controlledShutdown, version == 0 { return 0 }
        return type.isFlexible(version) ? 2 : 1
    }

    /// The version of a response's header: 1 with a flexible body, else 0; always 0 for ApiVersions, so that a client
    /// which does not know the broker's versions can read it.
    ///
    /// - Returns: nil for a key that is not known here.
    public func responseHeaderVersion(_ version: Int16) -> Int16? {
        guard let type = responseType else { return nil }
        if self == .apiVersions { return 0 }
        return type.isFlexible(version) ? 1 : 0
    }

    /// The version of a frame's header.
    ///
    /// - Returns: nil for a key that is not known here.
    public func headerVersion(_ version: Int16, _ direction: Direction) -> Int16? {
        switch direction {
        case .request: requestHeaderVersion(version)
        case .response: responseHeaderVersion(version)
        }
    }

    /// The type of a message; nil for a key that is not known here.
    public func messageType(_ direction: Direction) -> (any APIMessage.Type)? {
        switch direction {
        case .request: requestType
        case .response: responseType
        }
    }
}

extension APIKey: CustomStringConvertible {
    /// Kafka's name, or the number for a key that is not known here.
    public var description: String {
        name ?? "\(rawValue)"
    }
}
