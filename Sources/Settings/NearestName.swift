/// Finds the name that somebody who mistyped probably meant.
public enum NearestName {
    /// The name of `names` nearest to `name`, if one is near enough to be worth suggesting.
    ///
    /// Near is: at most a third of its letters, rounded (and one at least), added, left out, exchanged or swapped with a
    /// neighbour, capitals and `-` for `_` not counted. Of names equally near the first one is taken.
    public static func of(_ name: String, among names: some Sequence<String>) -> String? {
        let wanted = normalized(name)
        guard !wanted.isEmpty, wanted.count <= 100 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in names {
            let letters = normalized(candidate)
            let allowed = max(1, (max(letters.count, wanted.count) + 1) / 3)
            let distance = distance(wanted, letters)
            if distance <= allowed, distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    private static func normalized(_ name: String) -> [UInt8] {
        name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }

    /// The number of edits between two words, a swap of neighbours counted as one (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 1...left.count {
            var row = [i]
            for j in 1...right.count {
                let substitution = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
                var best = min(substitution, last[j] + 1, row[j - 1] + 1)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    best = min(best, beforeLast[j - 2] + 1)
                }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
