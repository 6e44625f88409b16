import Settings

/// What the rules for one client say of the resources of one type, by their names.
struct NameRights: Sendable {
    /// What rules give and take.
    struct Masks: Sendable, Hashable {
        var allowed: OperationSet = []
        var denied: OperationSet = []

        mutating func formUnion(_ other: Masks) {
            allowed.formUnion(other.allowed)
            denied.formUnion(other.denied)
        }

        /// What is left: what is denied stays denied, whatever allows it.
        var effective: OperationSet { allowed.withImplied.subtracting(denied) }
    }

    /// Of all names.
    private(set) var all = Masks()
    private var literal: [ExactName: Masks] = [:]
    private var prefixed: [ExactName: Masks] = [:]
    /// How long the prefixes are, in bytes, each length once.
    private var prefixLengths: [Int] = []
    private var described: [(matcher: StringMatcher, masks: Masks)] = []
    /// What is denied of any name.
    private var deniedSomewhere: OperationSet = []

    /// Takes a rule in.
    mutating func add(_ matcher: StringMatcher, _ permission: Rule.Permission, _ operations: OperationSet) {
        var masks = Masks()
        switch permission {
        case .allow: masks.allowed = operations
        case .deny:
            masks.denied = operations
            deniedSomewhere.formUnion(operations)
        }
        switch matcher {
        case .exact("*"): all.formUnion(masks)
        case .exact(let name): literal[ExactName(name), default: Masks()].formUnion(masks)
        case .prefix(let prefix):
            prefixed[ExactName(prefix), default: Masks()].formUnion(masks)
            let length = prefix.utf8.count
            if !prefixLengths.contains(length) { prefixLengths.append(length) }
        case .glob, .regex: described.append((matcher, masks))
        }
    }

    /// What may be done with a resource.
    func operations(on name: String) -> OperationSet {
        var masks = all
        if let own = literal[ExactName(name)] { masks.formUnion(own) }
        let utf8 = name.utf8
        for length in prefixLengths where length <= utf8.count {
            let prefix = ExactName(String(decoding: utf8.prefix(length), as: UTF8.self))
            if let own = prefixed[prefix] { masks.formUnion(own) }
        }
        for (matcher, own) in described where matcher.matches(name) { masks.formUnion(own) }
        return masks.effective
    }

    /// True if an operation may be done with every resource of the type.
    func allowsAll(_ operation: Operation) -> Bool {
        all.allowed.withImplied.contains(operation) && !deniedSomewhere.contains(operation)
    }

    /// True if there may be a resource that an operation may be done with: if a rule allows it for names that no rule
    /// denies as a whole.
    func allowsAny(_ operation: Operation) -> Bool {
        if all.denied.contains(operation) { return false }
        if all.allowed.withImplied.contains(operation) { return true }
        if literal.contains(where: { allowed($0.value, operation) && operations(on: $0.key.text).contains(operation) })
        {
            return true
        }
        if prefixed.contains(where: { allowed($0.value, operation) && !deniesPrefix($0.key.text, operation) }) {
            return true
        }
        return described.contains { own in
            allowed(own.masks, operation)
                && !described.contains { $0.matcher == own.matcher && $0.masks.denied.contains(operation) }
        }
    }

    private func allowed(_ masks: Masks, _ operation: Operation) -> Bool {
        masks.allowed.withImplied.contains(operation) && !masks.denied.contains(operation)
    }

    /// True if all names that begin so are denied, by a prefix that is as long or shorter.
    private func deniesPrefix(_ prefix: String, _ operation: Operation) -> Bool {
        prefixed.contains { $0.value.denied.contains(operation) && prefix.utf8.starts(with: $0.key.text.utf8) }
    }
}
