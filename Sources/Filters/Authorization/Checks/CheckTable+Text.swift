import FilterAPI
import KafkaMessages
import KafkaWire

extension CheckTable {
    /// The table as it stands in the documentation: a row for each check, in the order of the API keys.
    package var markdown: String {
        let head = "| API | versions | made on | one of these rights | without it |\n| --- | --- | --- | --- | --- |\n"
        return head + rows.keys.sorted().map(rows(of:)).joined()
    }

    /// The rows of an API.
    private func rows(of key: APIKey) -> String {
        let checks = rows[key] ?? []
        if checks.isEmpty { return "| \(key) | all | nothing | | |\n" }
        return checks.map {
            "| \(key) | \($0.versionText) | \($0.subjectText) | \($0.rightsText) | \($0.effectText) |\n"
        }
        .joined()
    }
}

extension Check {
    fileprivate var versionText: String {
        switch (versions.lowerBound, versions.upperBound) {
        case (0, Int16.max): "all"
        case (let first, Int16.max): "\(first)+"
        case (let first, let last): "\(first)–\(last)"
        }
    }

    fileprivate var subjectText: String {
        let made = condition == .always ? subject.rawValue : "\(subject.rawValue), \(condition.rawValue)"
        return isOnAnswer ? "\(made), in the answer" : made
    }

    fileprivate var rightsText: String {
        effect == .limits
            ? ""
            : rights.map { right in
                "\(right.operation.name) on \(right.isForAnyName ? "any " : "")\(right.resource.name)"
            }.joined(separator: ", or ")
    }

    fileprivate var effectText: String {
        switch effect {
        case .refuses: "\(refusal.error)"
        case .hides: "left out"
        case .limits: "the authorized operations are those that the broker names and that are allowed here, too"
        case .replaces(let text): text
        }
    }
}
