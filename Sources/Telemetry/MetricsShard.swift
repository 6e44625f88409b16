/// The metrics of one event loop.
///
/// Not `Sendable`: it and the handles it gives out are touched only on its loop, so counting needs neither a lock nor an atomic. Ask once for a
/// handle and keep it; asking is a dictionary lookup.
public final class MetricsShard {
    private let memory = CellMemory()
    private var counters: [Int: SeriesTable<Counter>] = [:]
    private var gauges: [Int: SeriesTable<Gauge>] = [:]
    private var histograms: [Int: SeriesTable<Histogram>] = [:]

    /// Makes a shard without series.
    public init() {}

    /// The counter of a family with these label values, made when first asked for.
    ///
    /// - Parameters:
    ///   - family: the family, from the registry that this shard is attached to.
    ///   - labelValues: as many as the family has labels, in their order.
    /// - Returns: the counter; that of `other` if the family is full.
    public func counter(_ family: CounterFamily, _ labelValues: [String] = []) -> Counter {
        Self.cell(in: &counters, family.family, labelValues) { [memory] in Counter(in: memory) }
    }

    /// The gauge of a family with these label values, made when first asked for.
    ///
    /// - Parameters:
    ///   - family: the family, from the registry that this shard is attached to.
    ///   - labelValues: as many as the family has labels, in their order.
    /// - Returns: the gauge; that of `other` if the family is full.
    public func gauge(_ family: GaugeFamily, _ labelValues: [String] = []) -> Gauge {
        Self.cell(in: &gauges, family.family, labelValues) { [memory] in Gauge(in: memory) }
    }

    /// The histogram of a family with these label values, made when first asked for.
    ///
    /// - Parameters:
    ///   - family: the family, from the registry that this shard is attached to.
    ///   - labelValues: as many as the family has labels, in their order.
    /// - Returns: the histogram; that of `other` if the family is full.
    public func histogram(_ family: HistogramFamily, _ labelValues: [String] = []) -> Histogram {
        Self.cell(in: &histograms, family.family, labelValues) { [memory] in
            Histogram(upperBounds: family.family.upperBounds, in: memory)
        }
    }

    private static func cell<Cell>(
        in tables: inout [Int: SeriesTable<Cell>], _ family: MetricFamily, _ labelValues: [String], make: () -> Cell
    ) -> Cell {
        precondition(labelValues.count == family.labelNames.count, "\(family.name) has \(family.labelNames)")
        if let known = tables[family.id]?.cell(labelValues) { return known }
        let admitted = family.admitted(labelValues)
        if admitted != labelValues, let known = tables[family.id]?.cell(admitted) { return known }
        let cell = make()
        tables[family.id, default: SeriesTable()].insert(cell, admitted)
        return cell
    }

    /// Does what the registry asks for; call it on the shard's loop.
    ///
    /// - Parameter visit: what the registry handed to the closure of ``MetricsRegistry/attach(_:)``.
    /// - Returns: the values, to be handed back to the registry.
    public func perform(_ visit: ShardVisit) -> ShardSnapshot {
        switch visit.action {
        case .snapshot:
            return snapshot()
        case .reset:
            reset()
        case .remove(let family, let labelValues):
            remove(family, labelValues)
        }
        return ShardSnapshot()
    }

    /// The values of all series now.
    ///
    /// - Returns: a copy that may leave the loop.
    public func snapshot() -> ShardSnapshot {
        var snapshot = ShardSnapshot()
        for (id, table) in counters {
            snapshot.counters[id] = .init(labelValues: table.labelValues, values: table.cells.map(\.value))
        }
        for (id, table) in gauges {
            snapshot.gauges[id] = .init(labelValues: table.labelValues, values: table.cells.map(\.value))
        }
        for (id, table) in histograms {
            let values = table.cells.map { ShardSnapshot.HistogramValue(buckets: $0.bucketCounts, sum: $0.sum) }
            snapshot.histograms[id] = .init(labelValues: table.labelValues, values: values)
        }
        return snapshot
    }

    /// Puts counters and histograms to zero; gauges stay, as they say what is, not what was.
    public func reset() {
        for table in counters.values {
            for counter in table.cells { counter.value = 0 }
        }
        for table in histograms.values {
            for histogram in table.cells { histogram.reset() }
        }
    }

    /// Forgets one series; handles to it that are still held count into nothing, which is why its memory stays.
    private func remove(_ family: MetricFamily, _ labelValues: [String]) {
        counters[family.id]?.remove(labelValues)
        gauges[family.id]?.remove(labelValues)
        histograms[family.id]?.remove(labelValues)
    }
}
