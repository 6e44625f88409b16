import HTTPTypes
import Testing

@testable import Admin

@Suite("The page for people")
struct AdminPageTests {
    @Test("runs its own style and script only")
    func policy() throws {
        let first = AdminPage.response()
        let policy = try #require(first.extraHeaders[.contentSecurityPolicy])
        let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-z]{16,})'/)).1
        #expect(policy.hasPrefix("default-src 'none';"))
        #expect(!policy.contains("unsafe"))
        #expect(first.body.contains("<script nonce=\"\(nonce)\">"))
        #expect(first.body.contains("<style nonce=\"\(nonce)\">"))
        #expect(AdminPage.response().extraHeaders[.contentSecurityPolicy] != policy)
    }

    @Test("needs nothing from elsewhere, and writes no markup from data")
    func standsAlone() {
        let body = AdminPage.response().body.replacing("http://www.w3.org/2000/svg", with: "")
        #expect(!body.contains("http:") && !body.contains("https:") && !body.contains("src=\""))
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            #expect(!body.contains(sink))
        }
        #expect(body.matches(of: /<\/script>/).count == 1)
    }
}
