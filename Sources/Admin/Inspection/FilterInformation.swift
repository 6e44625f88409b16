package import Settings

/// One filter of one listener.
package struct FilterInformation: Sendable {
    /// The listener that has it in its chain.
    package var listener: String
    /// What it is, such as `access_log`.
    package var type: String
    /// What the configuration calls it.
    package var name: String
    /// Whether it only counts what it would do.
    package var dryRun: Bool
    /// Which requests it is for, as the configuration says it; `nil` for all.
    package var when: JSONValue?
    /// What it says of itself; `nil` if it says nothing.
    package var status: JSONValue?

    /// Makes a description.
    package init(
        listener: String, type: String, name: String, dryRun: Bool, when: JSONValue? = nil, status: JSONValue? = nil
    ) {
        self.listener = listener
        self.type = type
        self.name = name
        self.dryRun = dryRun
        self.when = when
        self.status = status
    }
}

/// What is asked of one rule of a filter.
package struct RuleChange: Sendable, Equatable {
    /// The filter's name.
    package var filter: String
    /// The rule's name.
    package var rule: String
    /// The only listener that is meant; `nil` for all that have the filter.
    package var listener: String?
    /// What is asked for, in the order given.
    package var settings: [AdminParameter]

    /// Makes a change.
    package init(filter: String, rule: String, listener: String? = nil, settings: [AdminParameter]) {
        self.filter = filter
        self.rule = rule
        self.listener = listener
        self.settings = settings
    }
}

/// One parameter of a request.
package struct AdminParameter: Sendable, Equatable {
    /// Its name.
    package var name: String
    /// Its value; empty if it has none.
    package var value: String

    /// Makes a parameter.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What became of a change of a rule.
package enum RuleChangeResult: Sendable, Equatable {
    /// What the filter of one listener says of it.
    package struct Reply: Sendable, Equatable {
        /// The listener.
        package var listener: String
        /// A line.
        package var text: String

        /// Makes a reply.
        package init(listener: String, text: String) {
            self.listener = listener
            self.text = text
        }
    }

    /// It is made, on all listeners that were meant.
    case changed([Reply])
    /// Nothing is changed: there is no such filter, or no such listener. What there is instead.
    case unknownFilter(String)
    /// Nothing is changed: there is no such rule. What there is instead.
    case unknownRule([Reply])
    /// Nothing is changed: what is asked for makes no sense.
    case invalid([Reply])
    /// Nothing is changed: it must not be done now.
    case refused([Reply])
}
