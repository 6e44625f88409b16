/// The series of one family in one shard.
struct SeriesTable<Cell> {
    private var positions: [[String]: Int] = [:]
    private(set) var labelValues: [[String]] = []
    private(set) var cells: [Cell] = []

    func cell(_ values: [String]) -> Cell? {
        positions[values].map { cells[$0] }
    }

    mutating func insert(_ cell: Cell, _ values: [String]) {
        positions[values] = cells.count
        labelValues.append(values)
        cells.append(cell)
    }

    mutating func remove(_ values: [String]) {
        guard let position = positions.removeValue(forKey: values) else { return }
        let last = cells.count - 1
        if position != last {
            cells[position] = cells[last]
            labelValues[position] = labelValues[last]
            positions[labelValues[position]] = position
        }
        cells.removeLast()
        labelValues.removeLast()
    }
}
