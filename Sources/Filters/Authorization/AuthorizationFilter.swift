package import FilterAPI
import KafkaMessages
import KafkaWire

/// Lets clients do what rules allow, and answers the rest as a broker does that denies it.
package final class AuthorizationFilter: Filter {
    let configuration: AuthorizationConfiguration
    let book: RuleBook
    let audit: AuditLog
    let account: DecisionAccount
    let isDryRun: Bool

    init(_ configuration: AuthorizationConfiguration, context: FilterContext) {
        self.configuration = configuration
        book = RuleBook(configuration)
        // A filter that takes the place of another goes on counting where that one was.
        account = (context.predecessor as? AuthorizationFilter)?.account ?? DecisionAccount(context)
        audit = AuditLog(configuration, context: context, account: account)
        isDryRun = context.isDryRun
    }

    /// The header of every request. That some version is looked into more deeply, though there is none such, has versions
    /// refused that are not known: a new dialect must not be a way around the rules.
    package var interests: [Interest] {
        let answers = APIKey.known.filter { book.table.looksAtAnswers($0) }
        return [
            Interest(nil, .request, depth: .header),
            Interest(nil, versions: Int16.max...Int16.max, .request, depth: .fields),
            Interest(Set(answers), .response, depth: .header),
        ]
    }

    /// Whoever may do everything is not looked at, unless what is allowed is logged.
    package func concerns(_ client: ClientIdentity) -> Bool {
        configuration.log == .all
            || !book.rights(principal: client.principal, address: client.address).isUnlimited
    }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        AuthorizationConnection(self, connection)
    }
}
