package import Settings

/// The settings of a shadow.
package struct ShadowConfiguration: Sendable, Hashable {
    /// When copies are sent.
    package enum Sending: String, Sendable, Hashable, CaseIterable {
        /// When the primary has acknowledged the batch; what it refuses is not copied.
        case acknowledged
        /// As soon as the request is there, whatever the primary will say.
        case atOnce = "at_once"
    }

    /// By what the share of the traffic is chosen.
    package enum StickyKey: String, Sendable, Hashable, CaseIterable {
        /// All batches of a partition, or none.
        case partition
        /// All requests of a client ID, or none.
        case clientID = "client_id"
    }

    /// The cluster that copies go to; nil for the listener's own.
    package var cluster: String?
    /// Which topics are copied, and under which names; the first that covers a topic decides.
    package var rules: [ShadowRule]
    /// How much of the traffic is copied.
    package var percentage: Percentage
    /// By what that share is chosen; nil for requests in turn.
    package var stickyBy: StickyKey?
    /// When copies are sent.
    package var sending: Sending
    /// How much may wait: for the primary's answer, and to be written.
    package var maxBuffered: ByteSize
    /// How long is tried to write a copy.
    package var deliveryTimeout: Duration

    /// Makes settings.
    package init(
        cluster: String? = nil, rules: [ShadowRule], percentage: Percentage = Percentage(100),
        stickyBy: StickyKey? = nil, sending: Sending = .acknowledged, maxBuffered: ByteSize = .mebibytes(32),
        deliveryTimeout: Duration = .seconds(30)
    ) {
        self.cluster = cluster
        self.rules = rules
        self.percentage = percentage
        self.stickyBy = stickyBy
        self.sending = sending
        self.maxBuffered = maxBuffered
        self.deliveryTimeout = deliveryTimeout
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> ShadowConfiguration? {
        let cluster = reader.optional(
            "cluster", .clusterName, "The cluster that copies go to, one of 'clusters'. By default the listener's own.")
        let rules = reader.required(
            "topics", .list(of: ShadowRule.settingType, count: 1...1000),
            "Which topics are copied, and under which names; the first that covers a topic decides.")
        var configuration = ShadowConfiguration(cluster: cluster, rules: rules?.map(\.value) ?? [])
        configuration.percentage = reader.value(
            "percentage", .percentage, default: configuration.percentage, "How much of the traffic is copied.")
        configuration.stickyBy = reader.optional(
            "sticky_by", .choice(),
            "What is copied as a whole or not at all: a partition, or what a client ID sends. By default requests are "
                + "chosen in turn.")
        configuration.sending = reader.value(
            "send", .choice(), default: configuration.sending,
            "'acknowledged': what the primary has acknowledged. 'at_once': whatever comes, as it comes.")
        configuration.maxBuffered = reader.value(
            "max_buffered", .byteSize(.kibibytes(256)...(.gibibytes(4))), default: configuration.maxBuffered,
            "How much may wait: for the primary's answer, and to be written. What is over it is dropped and counted.")
        configuration.deliveryTimeout = reader.value(
            "delivery_timeout", .duration(.seconds(1)...(.seconds(3600))), default: configuration.deliveryTimeout,
            "How long is tried to write a copy before it is given up and counted.")
        guard let rules else { return nil }
        // Of a cluster that is named, only the listener knows whether it is its own.
        if cluster == nil, !reader.contains("cluster"), let (index, message) = ShadowRule.loop(in: configuration.rules)
        {
            let rule = rules[index]
            reader.report(SettingsIssue(at: rule.mark, path: rule.path, message: message))
            return nil
        }
        return configuration
    }
}
