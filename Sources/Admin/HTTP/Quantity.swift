/// Numbers for people.
enum Quantity {
    /// Bytes in the largest binary unit that leaves at least one: `1.5 KiB`.
    static func bytes(_ count: some BinaryInteger) -> String {
        var value = Double(count)
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1_024 {
            value /= 1_024
            unit = next
        }
        guard unit != "B" else { return "\(count) B" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }

    /// Seconds in the two largest units: `2d 3h`.
    static func seconds(_ count: Int) -> String {
        switch count {
        case ..<60: "\(count)s"
        case ..<3_600: "\(count / 60)m \(count % 60)s"
        case ..<86_400: "\(count / 3_600)h \(count % 3_600 / 60)m"
        default: "\(count / 86_400)d \(count % 86_400 / 3_600)h"
        }
    }
}
