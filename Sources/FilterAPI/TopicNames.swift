/// Names of topics in the order of their appearance, each once: mostly one, which takes no memory of its own.
public struct TopicNames: RandomAccessCollection, Sendable, Equatable {
    private var first: String?
    private var others: [String] = []

    /// No names.
    public init() {}

    /// The place of the first name.
    public var startIndex: Int { 0 }
    /// The place behind the last name.
    public var endIndex: Int { first == nil ? 0 : others.count + 1 }

    /// The name at a place.
    public subscript(index: Int) -> String {
        guard index == 0, let first else { return others[index - 1] }
        return first
    }

    /// Puts a name at the end, if it is not there already.
    mutating func insert(_ name: String) {
        guard let first else {
            self.first = name
            return
        }
        if first != name, others.last != name, !others.contains(name) { others.append(name) }
    }

    /// True if a name is there.
    public func contains(_ name: String) -> Bool {
        first == name || others.contains(name)
    }
}

extension TopicNames: ExpressibleByArrayLiteral {
    /// These names, each once.
    public init(arrayLiteral names: String...) {
        for name in names { insert(name) }
    }
}
