/// The schemas that are to be asked for once there is room: each asker has a line, and the lines take turns.
///
/// So who names many schemas waits for them itself, and others are behind one of them at most.
struct FetchQueue: Sendable {
    /// Who asks: a connection. All that say nothing are one.
    typealias Asker = ObjectIdentifier?

    private let capacity: Int
    private var lines: [Asker: [SchemaReference]] = [:]
    /// Whose turn it is, the next one first: all that have a line.
    private var turns: [Asker] = []
    private var count = 0

    /// An empty queue.
    ///
    /// - Parameter capacity: how many places all lines have together.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// True if a schema is in a line.
    func contains(_ reference: SchemaReference) -> Bool {
        lines.values.contains { $0.contains(reference) }
    }

    /// Puts a schema at the end of an asker's line. If there is no room, the longest line loses its end, unless it is not
    /// longer than the asker's would be.
    ///
    /// - Returns: false if there is no room; and a schema that is in no line any more.
    mutating func append(_ reference: SchemaReference, by asker: Asker) -> (isIn: Bool, dropped: SchemaReference?) {
        let own = lines[asker] ?? []
        if own.contains(reference) { return (true, nil) }
        var dropped: SchemaReference?
        if count >= capacity {
            guard let longest = lines.max(by: { $0.value.count < $1.value.count }),
                longest.value.count > own.count + 1, let last = lines[longest.key]?.popLast()
            else { return (false, nil) }
            count -= 1
            dropped = last
        }
        if own.isEmpty { turns.append(asker) }
        lines[asker, default: []].append(reference)
        count += 1
        return (true, dropped.flatMap { contains($0) ? nil : $0 })
    }

    /// Takes out what is to be asked for next; nil if nothing is.
    mutating func next() -> SchemaReference? {
        guard !turns.isEmpty else { return nil }
        let asker = turns.removeFirst()
        guard let reference = lines[asker]?.first else { return nil }
        lines[asker]?.removeFirst()
        if lines[asker]?.isEmpty == true { lines[asker] = nil } else { turns.append(asker) }
        count -= 1
        remove(reference)
        return reference
    }

    /// Takes a schema out of the lines of others that wait for it.
    private mutating func remove(_ reference: SchemaReference) {
        for (asker, line) in lines where line.contains(reference) {
            let left = line.filter { $0 != reference }
            count -= line.count - left.count
            lines[asker] = left.isEmpty ? nil : left
            if left.isEmpty { turns.removeAll { $0 == asker } }
        }
    }
}
