import Synchronization

/// Decides, for all shards together, which client-chosen label values get series of their own.
///
/// First come, first served, up to the cap; what was admitted stays. The lock is taken only when a shard meets values for the first time, and
/// never again once the cap is reached: then the admitted values cannot change, and are read without it.
final class LabelAdmission: Sendable {
    /// The most UTF-8 bytes of a client-chosen label value; longer ones are cut, so that a series' size is bounded too.
    static let maxValueBytes = 256

    private final class AdmittedValues: Sendable {
        let values: Set<[String]>

        init(_ values: Set<[String]>) {
            self.values = values
        }
    }

    private let cap: Int
    private let open = Mutex<Set<[String]>>([])
    private let closed = AtomicLazyReference<AdmittedValues>()

    init(cap: Int) {
        self.cap = cap
    }

    /// Whether these values have, or now get, series of their own.
    func admits(_ values: [String]) -> Bool {
        if let closed = closed.load() {
            return closed.values.contains(values)
        }
        return open.withLock { open in
            if open.contains(values) { return true }
            guard open.count < cap else { return false }
            open.insert(values)
            if open.count == cap {
                _ = closed.storeIfNil(AdmittedValues(open))
            }
            return true
        }
    }

    /// A value cut to ``maxValueBytes`` at a whole Unicode scalar, with `…` at its end if it was longer.
    static func shortened(_ value: String) -> String {
        guard value.utf8.count > maxValueBytes else { return value }
        let ellipsis: Unicode.Scalar = "…"
        var kept = String.UnicodeScalarView()
        var bytes = ellipsis.utf8.count
        for scalar in value.unicodeScalars {
            bytes += scalar.utf8.count
            guard bytes <= maxValueBytes else { break }
            kept.append(scalar)
        }
        kept.append(ellipsis)
        return String(kept)
    }
}
