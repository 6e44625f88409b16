import CSimdjson

extension JSONTape {
    /// The most bytes of a path, and of one of its parts, that are shown.
    private static let maxPathBytes = 256
    private static let maxPartBytes = 64

    /// The place of a value in the document, as a JSON Pointer (RFC 6901). A name's place is its member's.
    /// If it is cut, long names and paths are, as is fit for what is not known to be short.
    func pointer(to target: UInt32, isCut: Bool = true) -> String {
        var path = ""
        var current: UInt32 = 0
        var arena = ScratchArena()
        defer { arena.free() }
        while current != target {
            guard !isCut || path.utf8.count < Self.maxPathBytes else { return path + "/…" }
            let isObject = self[current].kind == .object
            var position = 0
            var found: UInt32?
            for child in children(of: current) {
                let value = isObject ? child + 1 : child
                if target >= child, target < self[value].next {
                    path += "/"
                    path += isObject ? Self.part(string(self[child], &arena), isCut) : String(position)
                    found = target == child ? target : value
                    break
                }
                position += 1
            }
            guard let found else { return path }
            current = found
        }
        return path
    }

    /// A name as a part of a pointer that may stand in a line of a log.
    private static func part(_ name: UnsafeBufferPointer<UInt8>, _ isCut: Bool) -> String {
        var result = ""
        for scalar in String(decoding: name.prefix(isCut ? maxPartBytes * 4 : .max), as: UTF8.self).unicodeScalars {
            guard !isCut || result.utf8.count < maxPartBytes else { return result + "…" }
            switch scalar {
            case "~": result += "~0"
            case "/": result += "~1"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
