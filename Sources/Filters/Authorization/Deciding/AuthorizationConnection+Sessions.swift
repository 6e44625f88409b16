import FilterAPI
import KafkaMessages
import KafkaWire

/// How sessions are kept from giving what a client may not have; see ``Sessions``.
extension AuthorizationConnection {
    /// Refuses to go on with a session that was not begun here, as a broker that has lost it; notes those that begin.
    func refuseSession(_ request: FilteredRequest, _ body: any RequestMessage) -> RequestAction? {
        if rights.allowsAll(.read, .topic) { return nil }
        switch body {
        case let fetch as FetchRequest where request.record.apiVersion >= 7: return refuseSession(request, fetch)
        case let fetch as ShareFetchRequest:
            guard isForeign(fetch.groupID, fetch.memberID, fetch.shareSessionEpoch) else { return nil }
        case let acknowledge as ShareAcknowledgeRequest:
            guard isForeign(acknowledge.groupID, acknowledge.memberID, acknowledge.shareSessionEpoch) else {
                return nil
            }
        default: return nil
        }
        return (try? request.refuseAll(Refusal(.shareSessionNotFound))) ?? .close(reason: "unreadable")
    }

    private func refuseSession(_ request: FilteredRequest, _ fetch: FetchRequest) -> RequestAction? {
        if fetch.sessionEpoch > 0 {
            guard !sessions.has(fetch: fetch.sessionID) else { return nil }
            var answer = FetchResponse()
            answer.errorCode = .fetchSessionIDNotFound
            return .answer(Answer(answer))
        }
        if fetch.sessionEpoch == 0 {
            request.note = AnswerNote.beginsFetchSession
            request.inspectResponse()
        }
        return nil
    }

    /// True if a share session was not begun here.
    private func isForeign(_ group: String?, _ member: String?, _ epoch: Int32) -> Bool {
        let member = Sessions.Member(group: ExactName(group ?? ""), id: ExactName(member ?? ""))
        if epoch == 0 { sessions.begin(share: member) }
        return epoch > 0 && !sessions.has(share: member)
    }
}
