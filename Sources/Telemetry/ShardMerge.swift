/// Adds up the snapshots of all shards.
struct ShardMerge {
    private var values: [Int: [[String]: MetricsSnapshot.Value]] = [:]

    mutating func add(_ snapshot: ShardSnapshot) {
        for (id, series) in snapshot.counters {
            for (labels, value) in zip(series.labelValues, series.values) {
                guard case .counter(let sum) = values[id, default: [:]][labels, default: .counter(0)] else { continue }
                values[id, default: [:]][labels] = .counter(sum &+ value)
            }
        }
        for (id, series) in snapshot.gauges {
            for (labels, value) in zip(series.labelValues, series.values) {
                guard case .gauge(let sum) = values[id, default: [:]][labels, default: .gauge(0)] else { continue }
                values[id, default: [:]][labels] = .gauge(sum &+ value)
            }
        }
        for (id, series) in snapshot.histograms {
            for (labels, value) in zip(series.labelValues, series.values) {
                add(value, to: labels, of: id)
            }
        }
    }

    private mutating func add(_ value: ShardSnapshot.HistogramValue, to labels: [String], of id: Int) {
        guard case .histogram(let buckets, let sum)? = values[id, default: [:]][labels] else {
            values[id, default: [:]][labels] = .histogram(buckets: value.buckets, sum: value.sum)
            return
        }
        let merged = zip(buckets, value.buckets).map { $0 &+ $1 }
        values[id, default: [:]][labels] = .histogram(buckets: merged, sum: sum &+ value.sum)
    }

    /// The merged values by family name, with a zero for families without labels that nobody has counted in yet.
    func snapshot(of families: [MetricFamily], samples: [Int: [MetricSample]]) -> MetricsSnapshot {
        let merged = families.map { family -> MetricsSnapshot.Family in
            if let samples = samples[family.id] {
                let series = samples.map {
                    MetricsSnapshot.Series(labelValues: $0.labelValues, value: .sampled($0.value))
                }
                return .init(family: family, series: series.filter { $0.labelValues.count == family.labelNames.count })
            }
            var series = values[family.id] ?? [:]
            if series.isEmpty, family.labelNames.isEmpty {
                series[[]] = Self.zero(of: family)
            }
            let ordered = series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            return .init(family: family, series: ordered.map { .init(labelValues: $0.key, value: $0.value) })
        }
        return MetricsSnapshot(families: merged.sorted { $0.family.name < $1.family.name })
    }

    private static func zero(of family: MetricFamily) -> MetricsSnapshot.Value {
        switch family.kind {
        case .counter: .counter(0)
        case .gauge: .gauge(0)
        case .histogram: .histogram(buckets: .init(repeating: 0, count: family.upperBounds.count + 1), sum: 0)
        }
    }
}
