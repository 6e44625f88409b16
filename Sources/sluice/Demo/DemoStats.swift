/// Chooses from `/stats` what tells the demo's story.
enum DemoStats {
    /// The families shown, in this order.
    private static let families = [
        "sluice_requests_total", "sluice_topic_records_total", "sluice_topic_bytes_total",
        "sluice_client_requests_total", "sluice_client_bytes_total", "sluice_downstream_connections_total",
        "sluice_upstream_connections",
    ]

    /// The samples of those families that are not 0.
    static func interestingLines(of text: String) -> [Substring] {
        let lines = text.split(separator: "\n").filter { line in !line.hasPrefix("#") && !line.hasSuffix(" 0") }
        return families.flatMap { family in
            lines.filter { line in line.prefix { $0 != "{" && $0 != " " } == family }
        }
    }
}
