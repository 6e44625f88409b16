import FilterAPI
import KafkaMessages
import KafkaWire
import Settings

extension WhenCondition {
    /// True if the condition may be met by requests of the client, of an API or, if there is none, of any. Conditions on
    /// topics are looked at for each topic.
    func covers(_ client: ClientIdentity, api key: APIKey?) -> Bool {
        if let clientID, !clientID.contains(where: { $0.matches(client.clientID ?? "") }) { return false }
        if let principal, !principal.contains(where: { $0.matches(client.principal) }) { return false }
        if let api, let key, !api.contains(where: { $0.matches(key.description) }) { return false }
        if let clientAddress {
            guard let address = IPAddress(client.address) else { return false }
            return clientAddress.contains { $0.matches(address) }
        }
        return true
    }
}
